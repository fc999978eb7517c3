import type { ServerResponse } from 'node:http';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Forwarded } from '../../src/listen/forward.ts';
import type { KeptDelivery } from '../../src/listen/kept.ts';
import {
  MAX_OWED,
  MAX_OWED_BYTES,
  Redelivery,
  type RedeliveryAttempt,
  type RedeliveryOptions,
} from '../../src/listen/redelivery.ts';
import { FakeClock } from '../sandbox/fake-clock.ts';
import { answer, type Behaviour, hang } from '../support/faulty-server.ts';
import { app, forwarder, freePort, kept } from './forward-harness.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const AT_ONCE = 16;

/** An engine over real connections, its inbox a map, its time standing still. */
function bench(more: Partial<RedeliveryOptions> = {}) {
  const clock = new FakeClock();
  const inbox = new Map<string, KeptDelivery>();
  const loaded: string[] = [];
  const attempts: RedeliveryAttempt[] = [];
  const errors: unknown[] = [];
  const lost: string[] = [];
  const waiting: (() => void)[] = [];
  const note = (): void => {
    for (const wake of waiting.splice(0)) wake();
  };
  const until = async (isSo: () => boolean): Promise<void> => {
    while (!isSo()) await new Promise<void>((resolve) => waiting.push(resolve));
  };
  const { forward } = forwarder({ connections: 64 });
  /** Per target. */
  const running = new Map<string, number>();
  let mostAtOnce = 0;
  const redelivery = new Redelivery({
    forward: async (delivery, address, signal) => {
      const url = new URL(address).origin;
      const others = running.get(url) ?? 0;
      running.set(url, others + 1);
      mostAtOnce = Math.max(mostAtOnce, others + 1);
      const forwarded = await forward(delivery, address, signal);
      running.set(url, (running.get(url) ?? 0) - 1);
      return forwarded;
    },
    load: async (id) => {
      loaded.push(id);
      return inbox.get(id) ?? null;
    },
    onAttempt: (attempt) => {
      attempts.push(attempt);
      note();
    },
    onLost: (id) => {
      lost.push(id);
      note();
    },
    onError: (error) => {
      errors.push(error);
      note();
    },
    clock,
    ...more,
  });
  onTestFinished(async () => {
    const closing = redelivery.close(0);
    clock.advance(0);
    await closing;
    expect(clock.sleeping).toBe(0);
  });
  return {
    ...{ clock, redelivery, attempts, errors, lost, loaded, until },
    mostAtOnce: () => mostAtOnce,
    keep: (delivery: KeptDelivery): KeptDelivery => {
      inbox.set(delivery.id, delivery);
      return delivery;
    },
    attempt: async (index: number): Promise<RedeliveryAttempt> => {
      await until(() => attempts.length > index);
      const attempt = attempts[index];
      if (!attempt) throw new Error('no such attempt');
      return attempt;
    },
  };
}

/** Resolves once all that is ready to run has run. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a delivery that is owed', () => {
  test('is forwarded at once, exactly, and nothing is owed after 2xx', async () => {
    const { redelivery, attempt, clock, loaded } = bench();
    const server = await app();
    server.next(answer(201));
    const delivery = kept({ path: '/a%2F', query: 'x=1', body: Buffer.from([0, 255]) });
    expect(redelivery.add(delivery, `${server.url.origin}/in/a%2F?x=1`)).toBe(true);
    expect(redelivery.size).toBe(1);
    expect(await attempt(0)).toEqual({
      delivery,
      forward: {
        url: `${server.url.origin}/in/a%2F`,
        ...{ status: 201, duration_ms: 0, error: null, attempts: 1, body: null },
      },
      nextAttemptMs: null,
      isDone: true,
    });
    expect(server.arrivals[0]).toMatchObject({ target: '/in/a%2F?x=1', body: delivery.body });
    await settled();
    expect([redelivery.size, clock.sleeping, loaded]).toEqual([0, 0, []]);
  });

  test('is tried again after waits that double up to five minutes, twelve times in all', async () => {
    const { redelivery, attempt, attempts, clock, keep, loaded } = bench();
    const server = await app();
    server.otherwise(answer(500, 'no'));
    redelivery.add(keep(kept()), server.url.href);
    const waits: number[] = [];
    for (let index = 0; index < 12; index += 1) {
      const { forward, nextAttemptMs, isDone } = await attempt(index);
      expect(forward).toMatchObject({ status: 500, body: 'no', attempts: index + 1 });
      expect(isDone).toBe(index === 11);
      await settled();
      if (nextAttemptMs === null) break;
      const waitMs = nextAttemptMs - clock.now();
      waits.push(waitMs);
      clock.advance(waitMs - 1);
      expect([clock.sleeping, attempts.length]).toEqual([1, index + 1]);
      clock.advance(1);
    }
    const longest = [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300].map((seconds) => seconds * SECOND_MS);
    expect(waits).toHaveLength(longest.length);
    for (const [index, longestMs] of longest.entries()) {
      expect(waits[index]).toBeGreaterThanOrEqual(longestMs / 2);
      expect(waits[index]).toBeLessThanOrEqual(longestMs);
    }
    expect(new Set(waits.map((waitMs, index) => waitMs / (longest[index] ?? 1))).size).toBeGreaterThan(8);
    expect([redelivery.size, clock.sleeping, server.arrivals.length]).toEqual([0, 0, 12]);
    expect(loaded).toHaveLength(11);
  });

  test.each([301, 400, 401, 404, 410, 429])('is tried again after %i, too', async (status) => {
    const { redelivery, attempt, clock, keep } = bench();
    const server = await app();
    server.next(answer(status), answer(200));
    redelivery.add(keep(kept()), server.url.href);
    expect(await attempt(0)).toMatchObject({ isDone: false, forward: { status } });
    await settled();
    clock.advance(SECOND_MS);
    expect(await attempt(1)).toMatchObject({ isDone: true, forward: { status: 200, attempts: 2 } });
  });

  test('is tried again when nobody answered', async () => {
    const { redelivery, attempt } = bench();
    const place = `localhost:${await freePort()}`;
    redelivery.add(kept(), `http://${place}/`);
    const { forward, isDone, nextAttemptMs } = await attempt(0);
    expect(forward.error).toBe(`nothing answers on ${place}: is your server running there?`);
    expect([isDone, nextAttemptMs]).toEqual([false, expect.any(Number)]);
  });

  test('of an earlier run goes on counting, and is tried at least once more', async () => {
    const { redelivery, attempts, until } = bench();
    const server = await app();
    server.otherwise(answer(500));
    const tried = (id: string, times: number): KeptDelivery => {
      const forward = { url: '', status: 500, duration_ms: 0, error: null, attempts: times, body: null };
      return kept({ id, forward, owedTo: server.url.href });
    };
    for (const times of [3, 11, 12]) redelivery.add(tried(`after-${times}`, times), server.url.href);
    await until(() => attempts.length === 3);
    const outcomes = attempts.map(({ delivery, forward, isDone }) => [delivery.id, forward.attempts, isDone]);
    expect(outcomes.toSorted()).toEqual([
      ['after-11', 12, true],
      ['after-12', 13, true],
      ['after-3', 4, false],
    ]);
  });

  test('that is no longer in the inbox is let go, and that is said', async () => {
    const { redelivery, attempt, clock, errors, lost, until } = bench();
    const server = await app();
    server.otherwise(answer(500));
    redelivery.add(kept(), server.url.href);
    await attempt(0);
    await settled();
    clock.advance(SECOND_MS);
    await until(() => lost.length === 1);
    await settled();
    expect([redelivery.size, clock.sleeping, server.arrivals.length]).toEqual([0, 0, 1]);
    expect([lost, errors]).toEqual([['a-delivery'], []]);
  });

  test('that cannot be read is said, and read again later', async () => {
    const reads = [Promise.reject(new Error('EIO')), Promise.resolve(kept())];
    reads[0]?.catch(() => undefined);
    const { redelivery, attempt, clock, errors, until } = bench({
      load: () => reads.shift() ?? Promise.resolve(null),
    });
    const server = await app();
    server.next(answer(500), answer(200));
    redelivery.add(kept(), server.url.href);
    await attempt(0);
    await settled();
    clock.advance(SECOND_MS);
    await until(() => errors.length === 1);
    await settled();
    clock.advance(5 * MINUTE_MS);
    expect(await attempt(1)).toMatchObject({ isDone: true, forward: { attempts: 2 } });
  });

  test('stays owed when its attempt could not be noted', async () => {
    const attempts: number[] = [];
    const { redelivery, clock, errors, keep, until } = bench({
      onAttempt: async ({ forward }) => {
        attempts.push(forward.attempts);
        if (attempts.length === 1) throw new Error('disk full');
      },
    });
    const server = await app();
    server.otherwise(answer(500));
    redelivery.add(keep(kept()), server.url.href);
    await until(() => errors.length === 1);
    await settled();
    clock.advance(SECOND_MS);
    await server.arrival(1);
    expect(redelivery.size).toBe(1);
  });
});

describe('many deliveries', () => {
  /** Holds every request until it is told to answer. */
  function holding() {
    const open: ServerResponse[] = [];
    const behaviour: Behaviour = (response) => void open.push(response);
    const release = (): void => {
      for (const response of open.splice(0)) response.writeHead(200).end();
    };
    return { behaviour, release };
  }

  test('go a bounded number at once to one app, and a slow app holds up no other', async () => {
    const { redelivery, attempts, until, attempt, mostAtOnce } = bench();
    const [slow, quick] = [await app(), await app()];
    const { behaviour, release } = holding();
    slow.otherwise(behaviour);
    quick.otherwise(answer(200));
    for (let index = 0; index < 50; index += 1) redelivery.add(kept({ id: `slow-${index}` }), slow.url.href);
    redelivery.add(kept({ id: 'quick' }), quick.url.href);
    expect((await attempt(0)).delivery.id).toBe('quick');
    for (const from of [0, 16, 32]) {
      await slow.arrival(from + AT_ONCE - 1);
      release();
    }
    await slow.arrival(49);
    release();
    await until(() => attempts.length === 51);
    expect(mostAtOnce()).toBe(AT_ONCE);
    await settled();
    expect(redelivery.size).toBe(0);
  });

  test('hold a bounded number of bytes: the others are read from the inbox when it is their turn', async () => {
    const { redelivery, attempts, until, keep, loaded } = bench();
    const server = await app();
    server.otherwise(answer(200));
    const body = Buffer.alloc(1024 * 1024, 'x');
    for (let index = 0; index < 18; index += 1)
      redelivery.add(keep(kept({ id: `d-${index}`, body })), server.url.href);
    await until(() => attempts.length === 18);
    expect(loaded).toEqual(['d-16', 'd-17']);
    expect(new Set(server.arrivals.map(({ body: { length } }) => length))).toEqual(new Set([body.length]));
    await settled();
    redelivery.add(kept({ id: 'later', body }), server.url.href);
    await until(() => attempts.length === 19);
    expect(loaded).toHaveLength(2);
  });

  const never = (): Promise<never> => new Promise(() => undefined);

  test('are not to be acknowledged any more once so many are owed; what was acknowledged is taken', () => {
    const { redelivery } = bench({ forward: never });
    for (let index = 0; index < MAX_OWED; index += 1) {
      expect(redelivery.isFull).toBe(false);
      redelivery.add(kept({ id: `d-${index}` }), 'http://localhost:1/');
    }
    expect(redelivery.isFull).toBe(true);
    expect(redelivery.add(kept(), 'http://localhost:1/')).toBe(true);
    let more = 0;
    while (redelivery.add(kept(), 'http://localhost:1/')) more += 1;
    expect([MAX_OWED, redelivery.size, more]).toEqual([5_000, 20_000, 14_999]);
  });

  test('are not to be acknowledged any more once they are so long together, until some are done or lost', async () => {
    let taken: (forwarded: Forwarded) => void = () => undefined;
    const turn = new Promise<Forwarded>((resolve) => {
      taken = resolve;
    });
    const { redelivery, attempts, lost, until, keep } = bench({ forward: () => turn });
    const body = Buffer.alloc(MAX_OWED_BYTES / 20);
    for (let index = 0; index < 20; index += 1) {
      expect(redelivery.isFull).toBe(false);
      const delivery = kept({ id: `d-${index}`, body });
      // The last ones are gone when it is their turn.
      redelivery.add(index < 18 ? keep(delivery) : delivery, 'http://localhost:1/');
    }
    expect(redelivery.isFull).toBe(true);
    const forward = { url: '', status: 200, duration_ms: 0, error: null, attempts: 1, body: null };
    taken({ forward, answerStatus: 200 });
    await until(() => attempts.length === 18 && lost.length === 2);
    await settled();
    expect([redelivery.size, redelivery.isFull, lost]).toEqual([0, false, ['d-18', 'd-19']]);
  });
});

describe('closing', () => {
  test('lets running attempts end, starts nothing more and leaves no timer', async () => {
    const { redelivery, attempts, attempt, clock, keep } = bench();
    const [failing, slow] = [await app(), await app()];
    failing.otherwise(answer(500));
    const open: ServerResponse[] = [];
    slow.otherwise((response) => void open.push(response));
    redelivery.add(keep(kept({ id: 'waiting' })), failing.url.href);
    await attempt(0);
    for (let index = 0; index <= AT_ONCE; index += 1)
      redelivery.add(kept({ id: `slow-${index}` }), slow.url.href);
    await slow.arrival(AT_ONCE - 1);
    const closing = redelivery.close(MINUTE_MS);
    expect([redelivery.add(kept(), slow.url.href), redelivery.isFull]).toEqual([false, true]);
    for (const response of open) response.writeHead(503).end();
    await closing;
    expect(attempts).toHaveLength(1 + AT_ONCE);
    expect(attempts[1]).toMatchObject({
      forward: { status: 503 },
      nextAttemptMs: null,
      isDone: false,
    });
    expect(clock.sleeping).toBe(0);
    clock.advance(10 * MINUTE_MS);
    await settled();
    expect([failing.arrivals.length, slow.arrivals.length]).toEqual([1, AT_ONCE]);
    expect(redelivery.size).toBe(2);
  });

  test('stops what does not end in time, which is no attempt', async () => {
    const { redelivery, attempts, errors, clock } = bench();
    const server = await app();
    server.otherwise(hang);
    redelivery.add(kept(), server.url.href);
    const arrival = await server.arrival(0);
    const closing = redelivery.close(4 * SECOND_MS);
    expect(clock.sleeping).toBe(1);
    clock.advance(4 * SECOND_MS);
    await closing;
    await arrival.over;
    await settled();
    expect([attempts, errors, clock.sleeping]).toEqual([[], [], 0]);
  });

  test('does not wait for a reader that has gone away', async () => {
    const { redelivery, clock } = bench({ onAttempt: () => new Promise<void>(() => undefined) });
    const server = await app();
    server.otherwise(answer(200));
    redelivery.add(kept(), server.url.href);
    await (await server.arrival(0)).over;
    const closing = redelivery.close(SECOND_MS);
    clock.advance(SECOND_MS);
    await closing;
    expect(clock.sleeping).toBe(0);
  });
});
