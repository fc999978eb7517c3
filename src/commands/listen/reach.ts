import type { Context } from '../../cli/context.ts';
import type { TunnelChoice } from '../../tunnel/choice.ts';
import type { Ready } from '../../tunnel/programs.ts';

/** How deliveries get to this machine while it listens. */
export interface Reach {
  /** Where they are sent now. */
  url(): string;
  /** Aborts, with a Failure as reason, when nothing can get here any more. */
  readonly lost: AbortSignal;
  close(): Promise<void>;
}

interface Way {
  readonly tunnel: TunnelChoice | null;
  readonly publicUrl: string | null;
}

interface Ends {
  readonly origin: string;
  readonly path: string;
  readonly onProblem: (message: string) => void;
  /** The tunnel came back under another URL. */
  readonly onMoved: (url: string) => Promise<void>;
}

/** Opens the tunnel that is asked for; without one deliveries come to the public URL, or straight to the receiver. */
export async function openReach(context: Context, way: Way, ends: Ends): Promise<Reach> {
  const { origin, path, onProblem } = ends;
  const { tunnel: choice, publicUrl } = way;
  let url = publicUrl ?? atPath(origin, path);
  if (!choice) return { url: () => url, lost: new AbortController().signal, close: async () => undefined };
  const { openLastingTunnel } = await import('../../tunnel/lasting.ts');
  const { env, clock, signal, talk } = context;
  const tunnel = await openLastingTunnel({
    ...{ choice, env, clock, signal, onProblem },
    target: { origin: new URL(origin), isPublic: publicUrl !== null },
    onBack: async (ready) => {
      const before = url;
      url = urlOf(ready);
      if (url !== before) await ends.onMoved(url);
      onProblem(`The tunnel is up again: ${url}`);
    },
  });
  const { ready } = tunnel;
  url = urlOf(ready);
  if (ready.kind === 'port')
    talk.notice(`The tunnel ends at port ${ready.port} of the server: ${url} must lead there.`);
  return { url: () => url, lost: tunnel.lost, close: () => tunnel.close() };

  function urlOf(of: Ready): string {
    return of.kind === 'url' ? atPath(of.url, path) : (publicUrl ?? origin);
  }
}

const atPath = (origin: string, path: string): string => (path === '/' ? origin : origin + path);
