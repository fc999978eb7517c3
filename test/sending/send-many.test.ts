import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { Failure } from '../../src/errors.ts';
import { NetworkFailure } from '../../src/http/failure.ts';
import { createPooledSend, type HttpRequest, type HttpResponse, type Send } from '../../src/http.ts';
import type { Outcome, Outgoing } from '../../src/sending/attempt.ts';
import { type SendManyOptions, sendMany } from '../../src/sending/send-many.ts';
import { startReceiver } from '../support/sandbox.ts';

const outgoing = (id: string, url = 'http://127.0.0.1:9/'): Outgoing => ({
  id,
  method: 'POST',
  url: new URL(url),
  headers: [['x-id', id]],
  body: Buffer.from(id),
});

function* numbered(count: number, url?: string): Generator<Outgoing> {
  for (let index = 0; index < count; index++) yield outgoing(String(index), url);
}

const OK: HttpResponse = { status: 200, headers: {}, body: Buffer.from('fine') };
const nobody = new AbortController().signal;

const options = (more: Partial<SendManyOptions> & Pick<SendManyOptions, 'deliveries'>): SendManyOptions => ({
  send: async () => OK,
  clock: systemClock,
  timeoutMs: 5_000,
  concurrency: 4,
  signal: nobody,
  ...more,
});

async function all(more: Parameters<typeof options>[0]): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for await (const outcome of sendMany(options(more))) outcomes.push(outcome);
  return outcomes;
}

/** Answers each request when the test says so. */
function byHand() {
  const open: { readonly request: HttpRequest; readonly answer: (response: HttpResponse) => void }[] = [];
  let highest = 0;
  const send: Send = (request) =>
    new Promise((resolve, reject) => {
      const entry = {
        request,
        answer: (response: HttpResponse) => {
          open.splice(open.indexOf(entry), 1);
          resolve(response);
        },
      };
      request.signal?.addEventListener('abort', () => reject(request.signal?.reason));
      open.push(entry);
      highest = Math.max(highest, open.length);
    });
  return { send, open, highest: () => highest };
}

const turn = () => new Promise(setImmediate);

describe('sendMany', () => {
  test('sends every delivery, its exact bytes and headers, to a real receiver', async () => {
    const receiver = await startReceiver(200);
    const pool = createPooledSend({ env: {}, connections: 8 });
    try {
      const deliveries = numbered(50, `${receiver.url}/kyc?team=a`);
      const outcomes = await all({ deliveries, send: pool.send, concurrency: 8 });
      expect(outcomes.map(({ id }) => Number(id)).sort((a, b) => a - b)).toEqual([...Array(50).keys()]);
      expect(outcomes.every(({ status, error, body }) => status === 200 && !error && !body)).toBe(true);
      expect(outcomes[0]?.url).toBe(`${receiver.url}/kyc?team=a`);
      expect(receiver.received).toHaveLength(50);
      for (const { target, headers, body } of receiver.received) {
        const id = Buffer.from(body).toString();
        expect(target).toBe('/kyc?team=a');
        expect(headers).toContainEqual(['x-id', id]);
      }
    } finally {
      await pool.close();
      await receiver.close();
    }
  });

  test('has at most so many under way at once, and takes no delivery before there is room for it', async () => {
    const hand = byHand();
    let taken = 0;
    function* counted(): Generator<Outgoing> {
      for (const delivery of numbered(10)) {
        taken++;
        yield delivery;
      }
    }
    const ended = all({ deliveries: counted(), send: hand.send, concurrency: 3 });
    for (let left = 10; left > 0; left--) {
      while (hand.open.length < Math.min(3, left)) await turn();
      await turn();
      expect(taken).toBe(Math.min(10, 13 - left));
      hand.open[0]?.answer(OK);
    }
    expect(await ended).toHaveLength(10);
    expect(hand.highest()).toBe(3);
  });

  test('waits for its reader: outcomes that nobody reads hold up the rest', async () => {
    let sent = 0;
    const send: Send = async () => {
      sent++;
      return OK;
    };
    const outcomes = sendMany(options({ deliveries: numbered(1_000), send, concurrency: 5 }));
    await outcomes.next();
    for (let turns = 0; turns < 50; turns++) await turn();
    expect(sent).toBeLessThanOrEqual(6);
    await outcomes.return();
  });

  test('one at a time keeps the order', async () => {
    const outcomes = await all({ deliveries: numbered(20), concurrency: 1 });
    expect(outcomes.map(({ id }) => id)).toEqual(Array.from({ length: 20 }, (_, index) => String(index)));
  });

  test('gives outcomes as they end, not as they began', async () => {
    const hand = byHand();
    const ended = all({ deliveries: numbered(2), send: hand.send });
    while (hand.open.length < 2) await turn();
    hand.open[1]?.answer(OK);
    await turn();
    hand.open[0]?.answer({ ...OK, status: 503, body: Buffer.from('busy\n') });
    const outcomes = await ended;
    expect(outcomes.map(({ id, status, body }) => [id, status, body])).toEqual([
      ['1', 200, null],
      ['0', 503, 'busy'],
    ]);
  });

  test('tells why there is no answer', async () => {
    const send: Send = async () => {
      throw new NetworkFailure('refused', '127.0.0.1:9 refused the connection', {});
    };
    expect(await all({ deliveries: numbered(1), send })).toEqual([
      {
        id: '0',
        url: 'http://127.0.0.1:9/',
        status: null,
        duration_ms: expect.any(Number),
        error: '127.0.0.1:9 refused the connection',
        reason: 'refused',
        body: null,
      },
    ]);
  });

  test('throws what the deliveries throw, after the outcomes before it', async () => {
    async function* failing(): AsyncGenerator<Outgoing> {
      yield outgoing('a');
      throw new Failure('not_found', 'No more');
    }
    const seen: string[] = [];
    const reading = async () => {
      for await (const { id } of sendMany(options({ deliveries: failing() }))) seen.push(id);
    };
    await expect(reading()).rejects.toThrow('No more');
    expect(seen).toEqual(['a']);
  });

  test('throws what makes sending impossible, and stops', async () => {
    let sent = 0;
    const send: Send = async () => {
      sent++;
      throw new Failure('usage', 'HTTPS_PROXY is unusable');
    };
    await expect(all({ deliveries: numbered(1_000), send })).rejects.toThrow('HTTPS_PROXY is unusable');
    expect(sent).toBeLessThanOrEqual(8);
  });

  test('an abort starts no more, lets those under way end, and stops what does not', async () => {
    const stop = new AbortController();
    const hand = byHand();
    let grace: () => void = () => undefined;
    const clock = { ...systemClock, sleep: () => new Promise<void>((resolve) => (grace = resolve)) };
    const ended = all({ deliveries: numbered(100), send: hand.send, clock, signal: stop.signal });
    while (hand.open.length < 4) await turn();
    stop.abort(new Failure('interrupted', 'Interrupted'));
    hand.open[0]?.answer(OK);
    await turn();
    grace();
    const outcomes = await ended;
    expect(outcomes.map(({ status, error }) => status ?? error).sort()).toEqual([
      200,
      ...Array(3).fill('Stopped before there was an answer'),
    ]);
  });

  test('what arrives after an abort is not sent', async () => {
    const stop = new AbortController();
    async function* late(): AsyncGenerator<Outgoing> {
      yield outgoing('a');
      await turn();
      stop.abort();
      yield outgoing('b');
    }
    const outcomes = await all({ deliveries: late(), signal: stop.signal });
    expect(outcomes.map(({ id }) => id)).toEqual(['a']);
  });

  test('sends nothing once aborted', async () => {
    const send: Send = () => Promise.reject(new Error('never'));
    expect(await all({ deliveries: numbered(3), send, signal: AbortSignal.abort() })).toEqual([]);
  });

  test('a reader that leaves stops what is under way, and closes the deliveries', async () => {
    const hand = byHand();
    let closed = false;
    function* deliveries(): Generator<Outgoing> {
      try {
        yield* numbered(100);
      } finally {
        closed = true;
      }
    }
    const outcomes = sendMany(options({ deliveries: deliveries(), send: hand.send }));
    const first = outcomes.next();
    while (hand.open.length < 4) await turn();
    hand.open[0]?.answer(OK);
    expect((await first).done).toBe(false);
    await outcomes.return();
    expect(closed).toBe(true);
    expect(hand.open.every(({ request }) => request.signal?.aborted)).toBe(true);
  });

  test('hangs nothing on the signal', async () => {
    const { signal } = new AbortController();
    const listeners = new Set<unknown>();
    const watched: AbortSignal = Object.assign(signal, {
      addEventListener: (_type: string, listener: unknown) => void listeners.add(listener),
      removeEventListener: (_type: string, listener: unknown) => void listeners.delete(listener),
    });
    await all({ deliveries: numbered(5), signal: watched });
    expect(listeners.size).toBe(0);
  });
});
