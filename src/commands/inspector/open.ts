import type { Context } from '../../cli/context.ts';
import type { Deliveries } from '../../inspector/deliveries.ts';
import type { State } from '../../inspector/protocol.ts';
import type { Sources } from '../../inspector/sources.ts';
import type { KeptDelivery } from '../../listen/kept.ts';
import type { Scheme } from '../../signing/scheme.ts';
import { VERSION } from '../../version.ts';
import { inboxPlace } from '../events/inbox-events.ts';
import { verifyingScheme } from '../scheme-name.ts';
import { openAccount } from './account.ts';
import { DEFAULT_UI_PORT, type InspectorLine } from './line.ts';
import { openReplaying } from './replaying.ts';

interface UiOptions {
  readonly port: number | undefined;
  /** By which a person names the port. */
  readonly portOption: string;
  readonly mode: State['mode'];
  /** What is only known while it runs. */
  readonly run: () => Pick<State, 'listening_url' | 'forward_to'>;
  /** Where this run forwards a delivery, or would have; null: nowhere. */
  readonly addressOf: (kept: KeptDelivery) => string | null;
  /** False: nothing is kept on disk, and the page shows the latest of this run alone. */
  readonly hasInbox: boolean;
  readonly scheme?: string | undefined;
  readonly forwardInsecure?: boolean | undefined;
}

export interface Ui {
  readonly line: InspectorLine;
  readonly deliveries: Deliveries;
  /** The scheme that was found meanwhile. */
  pin(scheme: Scheme): void;
  close(): Promise<void>;
}

/** Opens the inspector over what this machine has. Throws Failure. */
export async function openUi(context: Context, options: UiOptions): Promise<Ui> {
  const { Deliveries } = await import('../../inspector/deliveries.ts');
  const { openInspector } = await import('../../inspector/inspector.ts');
  const { serve } = await import('../../serve.ts');
  const { asset, clock, talk } = context;
  const deliveries = new Deliveries({ clock, dataDir: options.hasInbox ? await inboxPlace(context) : null });
  const schemes = await openSchemes(context, options.scheme);
  const addressOf: Sources['addressOf'] = (kept) => kept.sentTo ?? options.addressOf(kept);
  const replaying = await openReplaying(context, { addressOf, insecure: options.forwardInsecure === true });
  const account = await openAccount(context);
  const about = { ...(await aboutProfile(context)), mode: options.mode, has_account: account !== null };
  const sources: Sources = {
    state: () => ({ ...about, ...options.run() }),
    schemeOf: schemes.of,
    addressOf,
    replay: replaying.replay,
    account,
  };
  const { port = DEFAULT_UI_PORT, portOption } = options;
  // Its text was not written for people.
  const onError = (): void => talk.warn('Something failed in the inspector; what else runs here goes on');
  const inspector = await openInspector({
    ...{ serve, port, portOption, clock, deliveries, sources, asset, onError },
  });
  return {
    line: { type: 'inspector', url: inspector.url },
    deliveries,
    pin: schemes.pin,
    async close() {
      await Promise.all([inspector.close(), replaying.close()]);
    },
  };
}

async function aboutProfile(context: Context): Promise<Pick<State, 'version' | 'profile' | 'base_url'>> {
  const { profile, baseUrl } = await context.settings();
  return { version: VERSION, profile: profile.value, base_url: baseUrl.value.href };
}

/** A delivery names its scheme; one that is not a preset is that of the profile, or was found in this run. */
async function openSchemes(context: Context, typed: string | undefined) {
  const { findPreset } = await import('../../signing/scheme.ts');
  let pinned = await verifyingScheme(context, typed);
  return {
    pin: (scheme: Scheme): void => {
      pinned = scheme;
    },
    of: async (name: string | null): Promise<Scheme | null> =>
      pinned !== null && (name === null || pinned.name === name)
        ? pinned
        : (findPreset(name ?? '') ?? pinned),
  };
}
