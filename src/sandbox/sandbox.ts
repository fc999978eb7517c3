import type { Clock } from '../clock.ts';
import type { Send } from '../http.ts';
import type { Secret } from '../secret.ts';
import type { Handler } from '../serve.ts';
import type { Scheme } from '../signing/scheme.ts';
import { sign } from '../signing/sign.ts';
import { createHandler } from './app.ts';
import { DELIVERY_TIMEOUT_MS, RETRY_SCHEDULE_MS } from './assumptions.ts';
import { type Disk, openDisk } from './disk.ts';
import { Dispatcher } from './dispatch.ts';
import type { Notify, SandboxNotice } from './notices.ts';
import { newApiKey, newSecret } from './secrets.ts';
import { seedDeliveries } from './seed.ts';
import { iso } from './shapes.ts';
import { Store } from './store.ts';

const SEEDS_A_COMMIT = 1_000;

export interface SandboxOptions {
  readonly clock: Clock;
  /** Carries the deliveries; a pooled one, closed by its owner after the sandbox. */
  readonly send: Send;
  readonly scheme: Scheme;
  /** Undefined: the one of the data folder, or a new one. */
  readonly apiKey?: Secret | undefined;
  /** Waits between attempts; the default is borrowed, see assumptions.ts. */
  readonly retryScheduleMs?: readonly number[] | undefined;
  readonly deliveryTimeoutMs?: number | undefined;
  readonly rateLimitPerSecond?: number | undefined;
  /** Share of API calls that fail, from 0 to 1. */
  readonly failRate?: number | undefined;
  /** Added to each API call. */
  readonly latencyMs?: number | undefined;
  /** Keeps everything there; without it all is forgotten at the end. */
  readonly dataDir?: string | undefined;
  /** Made-up log entries to begin with, where there are none yet. */
  readonly seedLogs?: number | undefined;
  /** For payloads, seeds and failures; keys, secrets and ids are always random. */
  readonly random?: (() => number) | undefined;
  readonly onNotice?: ((notice: SandboxNotice) => void) | undefined;
}

export interface Sandbox {
  readonly handler: Handler;
  readonly apiKey: Secret;
  /** Resolves when no delivery runs and none is due. */
  idle(): Promise<void>;
  /** Stops deliveries, which a data folder lets the next sandbox take up. */
  close(): Promise<void>;
}

/**
 * The Webhooks API on this machine, v1 and v2. Throws Failure `store_unwritable` for a data folder that cannot
 * be used, `usage` for a scheme that the sandbox's secrets are no keys of.
 */
export async function createSandbox(options: SandboxOptions): Promise<Sandbox> {
  const { clock, scheme } = options;
  sign(scheme, { id: 'probe', timestampMs: clock.now(), body: new Uint8Array() }, [newSecret()]);
  const store = new Store();
  const notify = options.onNotice ?? (() => undefined);
  const random = options.random ?? (() => clock.random());
  const disk = options.dataDir === undefined ? undefined : await openDisk(options.dataDir, store, clock);
  if (disk) reportDamage(disk, clock, notify);
  const apiKey = settleApiKey(store, options.apiKey);
  seed(store, options.seedLogs ?? 0, clock, random);
  const dispatcher = new Dispatcher({
    ...{ clock, send: options.send, scheme, store, random, notify },
    timeoutMs: options.deliveryTimeoutMs ?? DELIVERY_TIMEOUT_MS,
    retryScheduleMs: options.retryScheduleMs ?? RETRY_SCHEDULE_MS,
  });
  await store.synced();
  dispatcher.resume();
  return {
    apiKey,
    handler: createHandler({
      ...{ store, dispatcher, clock, random, notify },
      rateLimitPerSecond: options.rateLimitPerSecond,
      failRate: options.failRate ?? 0,
      latencyMs: options.latencyMs ?? 0,
    }),
    idle: () => dispatcher.timetable.idle(),
    close: async () => {
      await dispatcher.timetable.close();
      await disk?.close();
    },
  };
}

function reportDamage({ damage }: Disk, clock: Clock, notify: Notify): void {
  if (damage.damagedLines === 0) return;
  const message = `${damage.damagedLines} damaged lines were taken out of the data; the data as it was is in ${damage.setAsidePath}`;
  notify({ type: 'problem', at: iso(clock.now()), message });
}

function settleApiKey(store: Store, wanted: Secret | undefined): Secret {
  const apiKey = wanted ?? store.apiKey ?? newApiKey();
  if (store.apiKey?.equals(apiKey) !== true) store.commit({ kind: 'api_key', apiKey });
  return apiKey;
}

/** Only where there are no entries yet: a restart adds none. */
function seed(store: Store, count: number, clock: Clock, random: () => number): void {
  if (store.deliveries.total() > 0) return;
  const seeds = [...seedDeliveries(count, store.deliveries.nextSeq(), clock.now(), random)];
  for (let start = 0; start < seeds.length; start += SEEDS_A_COMMIT)
    store.commit(
      ...seeds
        .slice(start, start + SEEDS_A_COMMIT)
        .map((delivery) => ({ kind: 'delivery', delivery }) as const),
    );
}
