import { randomUUID } from 'node:crypto';
import type { Keeping } from './keeping.ts';
import { createKept } from './one-time.ts';
import { describeTemporary } from './temporary/description.ts';
import { CONCURRENT_CALLS, type NamedLease, type Removal, removeAll } from './temporary/remove.ts';
import { sideBySide } from './temporary/side-by-side.ts';

/** As long as deleting all of them may take. */
const CLOSE_MS = 15_000;
/** The same after Ctrl-C, which ends the process in any case 5 s later. */
const HURRIED_CLOSE_MS = 3_000;
/** How often a lease says that its owner is at work; far below the age at which one counts as abandoned. */
const RENEW_MS = 60_000;

/** Subscriptions that last as long as this process wants them. */
export interface Temporary {
  readonly webhookIds: readonly string[];
  /** Has all of them deliver to another URL. Throws the first error, after each was tried. */
  moveTo(url: string): Promise<void>;
  /** Deletes them, each tried within bounded time. What failed keeps its lease, for `prune`. Throws nothing. */
  close(): Promise<readonly Removal[]>;
}

interface Wish {
  /** Single types: groups are expanded already. */
  readonly eventTypes: readonly string[];
  readonly url: string;
  /** Of this machine, for the description that people read. */
  readonly hostname: string;
  /** Hears of what could not be deleted after creating another one failed. */
  readonly onLeftBehind: (left: readonly Removal[]) => void;
}

/** Subscribes to each type, or to none: where one fails, those before it are deleted, and its error is thrown. */
export async function openTemporary(keeping: Keeping, wish: Wish): Promise<Temporary> {
  const bounds = { atOnce: CONCURRENT_CALLS, stopAtFailure: true };
  const results = await sideBySide(wish.eventTypes, bounds, (type) => open(keeping, wish, type));
  const leases = results.flatMap((result) => ('value' in result ? [result.value] : []));
  const failed = results.find((result) => 'error' in result);
  if (!failed) return hold(keeping, leases);
  const removals = await removeAll(keeping, leases, closeBoundMs(keeping));
  wish.onLeftBehind(removals.filter(({ status }) => status === 'failed'));
  throw failed.error;
}

/** The lease is on disk before the call, and learns the id of the webhook before the intent of the call ends. */
async function open(keeping: Keeping, { url, hostname }: Wish, eventType: string): Promise<NamedLease> {
  const { journal, profile, baseUrl, account } = keeping;
  keeping.signal.throwIfAborted();
  const idempotencyKey = randomUUID();
  const lease = await journal.leases.begin({
    ...{ idempotencyKey, profile, baseUrl, account },
    ...{ eventType, webhookUrl: url },
  });
  const request = {
    event_type: eventType,
    webhook_url: url,
    description: describeTemporary(lease, hostname),
  };
  try {
    const { id } = await createKept(keeping, request, idempotencyKey, lease.id);
    return { ...lease, webhookId: id };
  } catch (error) {
    if (!journal.isOpen(lease.id)) await journal.leases.end(lease.id);
    throw error;
  }
}

function hold(keeping: Keeping, leases: readonly NamedLease[]): Temporary {
  const stop = new AbortController();
  const renewing = renew(keeping, leases, stop.signal);
  const bounds = { atOnce: CONCURRENT_CALLS, stopAtFailure: false };
  return {
    webhookIds: leases.map(({ webhookId }) => webhookId),
    async moveTo(url) {
      const results = await sideBySide(leases, bounds, (lease) => move(keeping, lease, url));
      for (const result of results) if ('error' in result) throw result.error;
    },
    async close() {
      stop.abort();
      await renewing;
      return removeAll(keeping, leases, closeBoundMs(keeping));
    },
  };
}

async function move({ api, journal, signal }: Keeping, lease: NamedLease, url: string): Promise<void> {
  await api.updateWebhook(lease.webhookId, { webhook_url: url }, { signal });
  await journal.leases.update(lease.id, { webhookUrl: url });
}

async function renew(
  { clock, journal }: Keeping,
  leases: readonly NamedLease[],
  signal: AbortSignal,
): Promise<void> {
  const ids = leases.map(({ id }) => id);
  const isOver = (): true => true;
  while (!(await clock.sleep(RENEW_MS, signal).then(() => signal.aborted, isOver))) {
    await journal.leases.renew(ids);
  }
}

const closeBoundMs = ({ signal }: Keeping): number => (signal.aborted ? HURRIED_CLOSE_MS : CLOSE_MS);
