import { expect } from 'vitest';
import type { Clock } from '../../../src/clock.ts';
import { clock, NOW, type Sent, send, signed } from '../../listen/deliveries.ts';
import { kycgenie, type Ran, temporaryHome, type World } from '../../support/cli.ts';
import type { Json } from '../../support/sandbox.ts';
import { linesOf, open } from '../../support/stream.ts';

export const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

export const at = (ms: number): Clock => ({ ...clock, now: () => ms });

export const bodyOf = (type: string, id: string): string => `{"type": "${type}", "id": "${id}", "n": 1.0}`;

/** A home whose inbox is filled by `listen` itself. */
export function inboxHome() {
  const home = temporaryHome();
  let nowMs = NOW - 1000;
  const world: World = { env: home.env, clock: at(NOW + 60_000) };
  const run = (argv: readonly string[], more: World = {}): Promise<Ran> =>
    kycgenie(['events', ...argv], { ...world, ...more, env: { ...home.env, ...more.env } });
  return {
    home,
    world,
    run,
    async json(argv: readonly string[], more?: World): Promise<Json> {
      const { code, stdout, stderr } = await run([...argv, '--json'], more);
      expect(code, stderr).toBe(0);
      return JSON.parse(stdout);
    },
    store: (id = 'w-1', secret = SECRET) => kycgenie(['secrets', 'import', id], { ...world, stdin: secret }),
    /** Has `listen` take these in, a second apart from each other; resolves with its lines for them. */
    async keep(sent: readonly Sent[], argv: readonly string[] = []): Promise<readonly Json[]> {
      const ticking = { ...clock, now: () => nowMs };
      const bounds = ['--exit-after', String(sent.length)];
      const running = open(['listen', '--port', '0', '--json', ...bounds, ...argv], {
        ...world,
        clock: ticking,
      });
      const { url } = await running.line({ type: 'ready' });
      for (const one of sent) {
        nowMs += 1000;
        await send(url, one);
      }
      const { stdout } = await running.ended;
      return linesOf(stdout).filter(({ type }) => type === 'event');
    },
    remove: home.remove,
  };
}

/** A delivery of that type, signed under that id. */
export function delivery(type: string, id: string, more: Sent = {}): Sent {
  const body = bodyOf(type, id);
  return { body, ...more, headers: [...signed(body, id), ...(more.headers ?? [])] };
}
