import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Clock, systemClock } from '../../src/clock.ts';
import { openRetries, type RetryRun } from '../../src/config/retries.ts';
import {
  type RetryAllOptions,
  type RetryJournal,
  type RetryOutcome,
  retryAll,
} from '../../src/deliveries/retry.ts';
import { Failure } from '../../src/errors.ts';
import { json } from '../support/faulty-server.ts';
import { FULL } from '../support/full.ts';
import { FAULTS, type LogServer, type RetryFault, startLogServer } from './retry/log-server.ts';

/** Its sleeps pass at once, and time with them. */
function leapingClock(): Clock {
  let leaptMs = 0;
  return {
    now: () => systemClock.now() + leaptMs,
    random: () => 0.5,
    sleep: async (ms, signal) => {
      signal?.throwIfAborted();
      leaptMs += ms;
    },
  };
}

let server: LogServer;
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kycgenie-retry-'));
});

afterEach(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A journal that only notes its steps. */
function notedJournal() {
  const steps: string[] = [];
  const journal: RetryJournal = {
    begin: async (id) => void steps.push(`begin ${id}`),
    done: async ({ id, outcome }) => void steps.push(`${outcome} ${id}`),
    back: async (id) => void steps.push(`back ${id}`),
  };
  return { steps, journal };
}

const optionsFor = (given: Partial<RetryAllOptions> = {}): RetryAllOptions => ({
  ...{ entries: server.entries, api: server.api, concurrency: 8, ratePerSecond: null, clock: leapingClock() },
  ...{ signal: new AbortController().signal, journal: notedJournal().journal },
  ...given,
});

async function collect(outcomes: AsyncIterable<RetryOutcome>): Promise<readonly RetryOutcome[]> {
  const all: RetryOutcome[] = [];
  for await (const outcome of outcomes) all.push(outcome);
  return all;
}

const summary = (outcomes: readonly RetryOutcome[]) =>
  outcomes.map(({ id, outcome, error }) => [id, outcome, ...(error ? [error.kind] : [])]);

const once = (fault: RetryFault) => (_id: string, isFirst: boolean) => (isFirst ? fault : 'none');

describe('retrying entries', () => {
  test('writes each step down before the next', async () => {
    server = await startLogServer(1);
    const { steps, journal } = notedJournal();
    expect(summary(await collect(retryAll(optionsFor({ journal }))))).toEqual([['log-000000', 'requested']]);
    expect(steps).toEqual(['begin log-000000', 'requested log-000000']);
  });

  test('does not send before the beginning is on disk, and stops where it cannot be', async () => {
    server = await startLogServer(20);
    const { journal } = notedJournal();
    const full = new Failure('store_unwritable', 'The disk is full');
    let begun = 0;
    const begin = async (): Promise<void> => {
      begun += 1;
      if (begun > 3) throw full;
    };
    const all = collect(retryAll(optionsFor({ journal: { ...journal, begin }, concurrency: 1 })));
    await expect(all).rejects.toBe(full);
    expect(server.calls()).toBe(3);
  });

  test.each(['500 after', 'reset after'] as const)(
    'with %s the effect finds in the log that it happened',
    async (fault) => {
      server = await startLogServer(1);
      server.spoil(once(fault));
      const { steps, journal } = notedJournal();
      expect(summary(await collect(retryAll(optionsFor({ journal }))))).toEqual([
        ['log-000000', 'requested'],
      ]);
      expect([server.retried(), server.calls()]).toEqual([[1], 1]);
      expect(steps).toEqual(['begin log-000000', 'requested log-000000']);
    },
  );

  test.each(['500 before', 'reset before'] as const)(
    'with %s the effect asks again once the log shows none',
    async (fault) => {
      server = await startLogServer(1);
      server.spoil(once(fault));
      const { steps, journal } = notedJournal();
      expect(summary(await collect(retryAll(optionsFor({ journal }))))).toEqual([
        ['log-000000', 'requested'],
      ]);
      expect([server.retried(), server.calls()]).toEqual([[1], 2]);
      expect(steps).toEqual([
        ...['begin log-000000', 'back log-000000'],
        ...['begin log-000000', 'requested log-000000'],
      ]);
    },
  );

  test('gives up after four rounds that came to nothing, and leaves it open', async () => {
    server = await startLogServer(1);
    server.spoil(() => '500 before');
    const { steps, journal } = notedJournal();
    const [outcome] = await collect(retryAll(optionsFor({ journal })));
    expect(outcome).toMatchObject({ outcome: 'failed', error: { kind: 'api_unavailable' } });
    expect(server.calls()).toBe(4);
    expect(steps.at(-1)).toBe('back log-000000');
  });

  const untellable = [
    ['has no attempt number', { attempt_number: null }],
    ['was not over', { status: 'retrying' }],
    ['was not found in the log', { status: null, attempt_number: null, created_at: null }],
  ] as const;
  test.each(untellable)('asks once, and never again, for one that %s', async (_why, unknown) => {
    server = await startLogServer(1);
    server.spoil(() => 'reset before');
    const entries = server.entries.map((entry) => ({ ...entry, ...unknown }));
    const { steps, journal } = notedJournal();
    const [outcome] = await collect(retryAll(optionsFor({ entries, journal })));
    expect(outcome).toMatchObject({ outcome: 'unknown', error: { kind: 'network', mayHaveHappened: true } });
    expect(outcome?.error?.message).toContain('cannot be told');
    expect(server.calls()).toBe(1);
    expect(steps).toEqual(['begin log-000000', 'unknown log-000000']);
  });

  test('leaves in doubt what is in doubt while the log cannot be read', async () => {
    server = await startLogServer(1);
    server.spoil(once('reset after'));
    server.spoilPages(json(500, { error: 'No log today.' }));
    const { steps, journal } = notedJournal();
    const [outcome] = await collect(retryAll(optionsFor({ journal })));
    expect(outcome).toMatchObject({ outcome: 'unknown' });
    expect(outcome?.error?.message).toContain('No log today.');
    expect(steps).toEqual(['begin log-000000']);
    // The next run looks again.
    server.spoilPages(null);
    const entries = server.entries.map((entry) => ({ ...entry, wasBegun: true }));
    expect(summary(await collect(retryAll(optionsFor({ entries }))))).toEqual([['log-000000', 'requested']]);
    expect([server.retried(), server.calls()]).toEqual([[1], 1]);
  });

  test('does not ask for an entry again that the API refuses', async () => {
    server = await startLogServer(1);
    const entries = [
      { id: 'log-9', status: 'failed', attempt_number: 1, created_at: '2026-01-19T10:30:00Z' },
    ];
    const { steps, journal } = notedJournal();
    expect(summary(await collect(retryAll(optionsFor({ entries, journal }))))).toEqual([
      ['log-9', 'failed', 'not_found'],
    ]);
    expect(steps).toEqual(['begin log-9', 'failed log-9']);
  });

  test('stops when nothing gets through any more, and skips the rest', async () => {
    server = await startLogServer(200);
    const refused = new Failure('network', 'refused');
    const api = { ...server.api, retryDelivery: () => Promise.reject(refused) };
    const outcomes = await collect(retryAll(optionsFor({ api, concurrency: 1 })));
    const skipped = outcomes.filter(({ outcome }) => outcome === 'skipped');
    expect([outcomes.length, skipped.length]).toEqual([200, 150]);
    expect(skipped[0]?.error).toMatchObject({ kind: 'network' });
  });

  test('skips what is left when it is interrupted, and lets answers come that are on their way', async () => {
    server = await startLogServer(50);
    const stop = new AbortController();
    const reason = new Failure('interrupted', 'Interrupted');
    const outcomes: RetryOutcome[] = [];
    for await (const outcome of retryAll(
      optionsFor({ clock: systemClock, signal: stop.signal, concurrency: 4 }),
    )) {
      outcomes.push(outcome);
      stop.abort(reason);
    }
    const requested = outcomes.filter(({ outcome }) => outcome === 'requested').map(({ id }) => id);
    expect(outcomes).toHaveLength(50);
    expect(requested).toHaveLength(server.retried().filter((times) => times === 1).length);
    expect(outcomes.filter(({ error }) => error === reason)).toHaveLength(50 - requested.length);
    expect(requested.length).toBeLessThan(20);
  });

  test('ends what is under way when its reader leaves', async () => {
    server = await startLogServer(10);
    let aborted = 0;
    const retryDelivery: RetryAllOptions['api']['retryDelivery'] = async (id, options) => {
      if (id === 'log-000000') return { message: null };
      return new Promise((_resolve, reject) => {
        options?.signal?.addEventListener('abort', () => {
          aborted += 1;
          reject(options.signal?.reason);
        });
      });
    };
    const api = { ...server.api, retryDelivery };
    for await (const { id } of retryAll(optionsFor({ api, concurrency: 4 }))) {
      expect(id).toBe('log-000000');
      break;
    }
    expect(aborted).toBeGreaterThan(0);
  });
});

/**
 * A process that dies after so many steps of its journal: from then on it neither writes nor asks. Its last writes
 * and requests, which a killed process may leave behind, too, are over when `death` resolves.
 */
function mortal(run: RetryRun, steps: number) {
  let left = steps;
  const underWay = new Set<Promise<unknown>>();
  let die: () => void = () => undefined;
  const dying = new Promise<void>((resolve) => {
    die = resolve;
  });
  const never = new Promise<never>(() => undefined);
  const live = async <T>(work: () => Promise<T>): Promise<T> => {
    if (left < 0) return never;
    const working = work();
    underWay.add(working);
    const done = await working.finally(() => underWay.delete(working));
    return left < 0 ? never : done;
  };
  const step = (write: () => Promise<void>): Promise<void> => {
    left -= 1;
    if (left < 0) die();
    return live(write);
  };
  const journal: RetryJournal = {
    begin: (id) => step(() => run.begin(id)),
    back: (id) => step(() => run.back(id)),
    done: ({ id, outcome, error }) =>
      step(() => run.done(id, { outcome: outcome === 'skipped' ? 'unknown' : outcome, error })),
  };
  const api: RetryAllOptions['api'] = {
    retryDelivery: (id, options) => live(() => server.api.retryDelivery(id, options)),
    logPage: (options) => live(() => server.api.logPage(options)),
  };
  const death = dying.then(async () => {
    while (underWay.size > 0) await Promise.allSettled(underWay);
    return 'dead' as const;
  });
  return { journal, api, death };
}

const COUNT = FULL ? 10_000 : 600;
const SPOILED_SHARE = 0.05;
const TARGET = { profile: 'default', baseUrl: 'https://api.kycgenie.com', account: '0123456789abcdef' };

/** Journals as a process of this number has them, which finds all others dead. */
const runsOf = (number: number) => {
  const pid = 900_000_000 + number;
  const processes = { pid, isAlive: (asked: number) => asked === pid };
  const onDamage = (message: string): void => expect.unreachable(message);
  return openRetries({
    ...{ dataDir: folder, hostname: 'here', clock: systemClock },
    processes,
    target: TARGET,
    onDamage,
  });
};

async function openRun(number: number): Promise<RetryRun> {
  const runs = runsOf(number);
  const [unfinished] = await runs.unfinished();
  if (unfinished) return (await runs.resume(unfinished.id)) ?? expect.unreachable('it is free');
  const unknown = { event_type: null, webhook_url: null };
  return runs.begin(server.entries.map(({ wasBegun: _, ...entry }) => ({ ...entry, ...unknown })));
}

/** Their files are closed after the test. */
const dead: RetryRun[] = [];

afterEach(async () => {
  for (const run of dead.splice(0)) await run.leave();
});

/** One process: what is left of the run, up to its death after so many steps. */
async function oneLife(number: number, steps: number): Promise<'dead' | readonly RetryOutcome[]> {
  const run = await openRun(number);
  dead.push(run);
  const { journal, api, death } = mortal(run, steps);
  const entries = run.planned.flatMap((entry) => {
    const standing = run.standingOf(entry.id);
    if (standing === 'open') return [entry];
    return standing === 'begun' ? [{ ...entry, wasBegun: true }] : [];
  });
  const ended = await Promise.race([collect(retryAll(optionsFor({ entries, journal, api }))), death]);
  if (ended !== 'dead') await run.finish();
  return ended;
}

describe('a bulk retry that is killed three times', () => {
  const draw = (seed: number) => {
    let state = seed;
    return () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state / 2 ** 32;
    };
  };

  test.each([1, 2])(
    `retries each of ${COUNT} entries exactly once in spite of faults (%i)`,
    async (seed) => {
      server = await startLogServer(COUNT);
      const random = draw(seed);
      server.spoil(() =>
        random() < SPOILED_SHARE ? (FAULTS[Math.floor(random() * FAULTS.length)] ?? 'none') : 'none',
      );
      const deaths = [0.7, 0.9, 0.3].map((share) => Math.floor(COUNT * share * (0.5 + random() / 2)));
      for (const [life, steps] of deaths.entries()) expect(await oneLife(life, steps)).toBe('dead');
      const last = await oneLife(deaths.length, Number.POSITIVE_INFINITY);
      expect(last).not.toBe('dead');
      expect(server.retried().filter((times) => times !== 1)).toEqual([]);
      expect(await runsOf(9).unfinished()).toEqual([]);
    },
    300_000,
  );

  test('asks at most once for each where the log tells nothing', async () => {
    server = await startLogServer(200);
    server.hideEffects();
    const entries = server.entries.map((entry) => ({ ...entry, attempt_number: null }));
    server.spoil(once('reset after'));
    const outcomes = await collect(retryAll(optionsFor({ entries: entries.slice(0, 20) })));
    expect(new Set(outcomes.map(({ outcome }) => outcome))).toEqual(new Set(['unknown']));
    expect(Math.max(...server.retried())).toBe(1);
  });
});
