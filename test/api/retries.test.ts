import { createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ApiFailure } from '../../src/errors.ts';
import { NetworkFailure } from '../../src/http/failure.ts';
import { answer, type Behaviour, cut, cutChunks, hang, json, reset } from '../support/faulty-server.ts';
import { failureOf, NOW, type OpenApi, openApi } from './open-api.ts';

const idempotencyKey = '0123456789abcdef';
const webhook = { id: 'w1', event_type: 'a.b', webhook_url: 'https://x.test' };
const ok = json(200, { ...webhook, results: [], secret_key: 'whsec_A', webhook_id: 'w1', success: true });

let open: OpenApi;
beforeEach(async () => {
  open = await openApi();
});
afterEach(() => open.close());

const calls = {
  get: () => open.api.getWebhook('w1'),
  list: () => open.api.listWebhooks(),
  logs: () => open.api.logPage(),
  update: () => open.api.updateWebhook('w1', { is_active: false }),
  delete: () => open.api.deleteWebhook('w1'),
  create: () =>
    open.api.createWebhook({ event_type: 'a.b', webhook_url: 'https://x.test' }, { idempotencyKey }),
  rotate: () => open.api.rotateSecret('w1', { idempotencyKey }),
  test: () => open.api.testWebhook('https://x.test'),
  retry: () => open.api.retryDelivery('l1'),
} as const;

const repeatable = ['get', 'list', 'logs', 'update', 'delete', 'create', 'rotate'] as const;
const single = ['test', 'retry'] as const;

const lost: readonly (readonly [string, Behaviour])[] = [
  ['502', answer(502, 'bad gateway')],
  ['503', json(503, { error: 'unavailable' })],
  ['504', answer(504)],
  ['a reset', reset],
  ['a cut body', cut()],
  ['a cut chunked body', cutChunks],
];

describe('what is repeated', () => {
  test.each(repeatable.flatMap((call) => lost.map(([name, behaviour]) => ({ call, name, behaviour }))))(
    '$call after $name',
    async ({ call, behaviour }) => {
      open.server.next(behaviour, ok);
      await calls[call]();
      expect(open.server.arrivals).toHaveLength(2);
      expect(open.sleeps).toEqual([500]);
    },
  );

  test.each(single.flatMap((call) => lost.map(([name, behaviour]) => ({ call, name, behaviour }))))(
    'not $call after $name: it may have been carried out',
    async ({ call, behaviour }) => {
      open.server.next(behaviour, ok);
      const failure = await failureOf(calls[call]());
      expect(failure.mayHaveHappened).toBe(true);
      expect(open.server.arrivals).toHaveLength(1);
    },
  );

  test.each([...repeatable, ...single])('%s after 429: it was not accepted', async (call) => {
    open.server.next(json(429, {}), ok);
    await calls[call]();
    expect(open.server.arrivals).toHaveLength(2);
  });

  test('after a time-out', async () => {
    open.server.next(hang, ok);
    await open.with({ timeoutMs: 100 }).getWebhook('w1');
    expect(open.server.arrivals).toHaveLength(2);
  });

  test('with the same idempotency key and the same body', async () => {
    open.server.next(reset, cut(201), ok);
    await calls.create();
    const sent = open.server.arrivals.map(({ headers, body }) => [
      headers.find(([name]) => name === 'idempotency-key')?.[1],
      body.toString(),
    ]);
    expect(sent).toEqual(
      Array(3).fill([idempotencyKey, '{"event_type":"a.b","webhook_url":"https://x.test"}']),
    );
  });

  test.each([400, 401, 402, 403, 404, 408, 409, 410, 422, 500, 501])('not after %i', async (status) => {
    open.server.next(json(status, {}), ok);
    await failureOf(calls.get());
    expect(open.server.arrivals).toHaveLength(1);
  });

  test('not a connection that was refused: nobody is there', async () => {
    const port = await freePort();
    const api = open.with({ baseUrl: new URL(`http://127.0.0.1:${port}`) });
    const failure = await failureOf(api.getWebhook('w1'));
    expect(failure).toMatchObject({ kind: 'network', reason: 'refused', mayHaveHappened: false });
    expect(open.sleeps).toEqual([]);
  });

  test('not an answer that is whole but wrong', async () => {
    open.server.next(answer(200, '<html>'), ok);
    await failureOf(calls.get());
    expect(open.server.arrivals).toHaveLength(1);
  });
});

describe('how long it waits', () => {
  test('doubles up to a cap, and gives up after the retries it was given', async () => {
    open.server.otherwise(answer(503));
    const failure = await failureOf(open.with({ maxRetries: 7 }).getWebhook('w1'));
    expect(open.sleeps).toEqual([500, 1000, 2000, 4000, 8000, 8000, 8000]);
    expect(open.server.arrivals).toHaveLength(8);
    expect(failure).toBeInstanceOf(ApiFailure);
    expect(failure.message).toContain('tried 8 times');
  });

  test('spreads over the whole pause', async () => {
    open.server.otherwise(answer(503));
    const draws = [0, 0.25, 0.5];
    const clock = {
      now: () => NOW,
      random: () => draws.shift() ?? 1,
      sleep: async (ms: number) => void open.sleeps.push(ms),
    };
    await failureOf(open.with({ clock }).getWebhook('w1'));
    expect(open.sleeps).toEqual([0, 250, 1000]);
  });

  test('does not wait at all without retries', async () => {
    open.server.otherwise(reset);
    const failure = await failureOf(open.with({ maxRetries: 0 }).getWebhook('w1'));
    expect(open.sleeps).toEqual([]);
    expect(failure.message).not.toContain('tried');
  });

  test('keeps the reason of a network failure, and says how often it was tried', async () => {
    open.server.otherwise(reset);
    const failure = await failureOf(calls.get());
    expect(failure).toBeInstanceOf(NetworkFailure);
    expect(failure).toMatchObject({ kind: 'network', reason: 'reset' });
    expect(failure.message).toContain('tried 4 times');
  });

  const date = (ms: number): string => new Date(ms).toUTCString();
  test.each<[string, Record<string, string>, number]>([
    ['seconds', { 'retry-after': '7' }, 7000],
    ['no less than the pause', { 'retry-after': '0' }, 500],
    [
      'a date, by the clock of the server',
      { 'retry-after': date(NOW + 3_609_000), date: date(NOW + 3_600_000) },
      9000,
    ],
    ['a date that has passed', { 'retry-after': date(NOW - 9000), date: date(NOW) }, 500],
    ['a minute, which is the most', { 'retry-after': '60' }, 60_000],
    ['words', { 'retry-after': 'soon' }, 500],
    ['a negative number', { 'retry-after': '-5' }, 500],
    ['a fraction', { 'retry-after': '1.5' }, 500],
    ['nothing', { 'retry-after': '' }, 500],
  ])('heeds Retry-After in %s', async (_, headers, expected) => {
    open.server.next(answer(429, '', headers), ok);
    await calls.get();
    expect(open.sleeps).toEqual([expected]);
  });

  test('takes its own clock for a date where the server names no time', async () => {
    const until = date(NOW + 9000);
    const raw = { status: 429, headers: { 'retry-after': until }, body: new Uint8Array() };
    const body = Buffer.from(JSON.stringify(webhook));
    const answers = [raw, { status: 200, headers: {}, body }];
    await open.with({ send: async () => answers.shift() ?? raw }).getWebhook('w1');
    expect(open.sleeps).toEqual([9000]);
  });

  test.each([
    ['429', 429, 'rate_limited'],
    ['503', 503, 'api_unavailable'],
  ])('gives up at once when a %s asks for too long, and says how long', async (_, status, kind) => {
    open.server.next(answer(status, '', { 'retry-after': '3600' }), ok);
    const failure = await failureOf(calls.get());
    expect(failure.kind).toBe(kind);
    expect(failure.message).toContain('the API asks to wait 3600 s');
    expect(open.sleeps).toEqual([]);
  });

  test('survives a Retry-After of a million digits', async () => {
    open.server.next(answer(429, '', { 'retry-after': '9'.repeat(8000) }), ok);
    await calls.get();
    expect(open.sleeps).toEqual([500]);
  });
});

describe('a lost answer', () => {
  test.each<[string, Behaviour]>([
    ['a reset', reset],
    ['a cut body', cut()],
    ['a gateway that lost it', answer(502)],
    ['a gateway that says 503 of it', answer(503)],
  ])('makes a 404 for the next delete mean done, after %s', async (_, behaviour) => {
    open.server.next(behaviour, json(404, { error: 'Not found' }));
    await calls.delete();
    expect(open.server.arrivals).toHaveLength(2);
  });

  test.each<[string, readonly Behaviour[]]>([
    ['at once', []],
    ['after a 429', [json(429, {})]],
  ])('is what it takes: a 404 for a delete %s is not found', async (_, before) => {
    open.server.next(...before, json(404, {}));
    expect((await failureOf(calls.delete())).kind).toBe('not_found');
  });

  test('is remembered when a later try is refused', async () => {
    open.server.next(cut(201), json(409, { error: 'conflict' }));
    const failure = await failureOf(calls.create());
    expect(failure).toMatchObject({ kind: 'rejected', mayHaveHappened: true, problem: { httpStatus: 409 } });
  });

  test('is what a 503 is, too, when no try is left', async () => {
    open.server.otherwise(answer(503));
    expect((await failureOf(calls.create())).mayHaveHappened).toBe(true);
    expect((await failureOf(calls.get())).mayHaveHappened).toBe(false);
  });

  test('leaves a plain refusal plain', async () => {
    open.server.next(json(409, { error: 'conflict' }));
    expect((await failureOf(calls.create())).mayHaveHappened).toBe(false);
  });
});

describe('the signal', () => {
  test('ends a call in the middle of a request, with its reason', async () => {
    open.server.next(hang);
    const abort = new AbortController();
    const call = open.api.listWebhooks({ signal: abort.signal });
    await open.server.arrival(0);
    const reason = new Error('enough');
    abort.abort(reason);
    await expect(call).rejects.toBe(reason);
    expect(open.sleeps).toEqual([]);
  });

  test('ends a call while it waits', async () => {
    open.server.next(json(503, {}));
    const abort = new AbortController();
    const reason = new Error('enough');
    const clock = {
      now: () => NOW,
      random: () => 1,
      sleep: async (_: number, signal?: AbortSignal) => {
        abort.abort(reason);
        signal?.throwIfAborted();
      },
    };
    const call = open.with({ clock }).listWebhooks({ signal: abort.signal });
    await expect(call).rejects.toBe(reason);
    expect(open.server.arrivals).toHaveLength(1);
  });
});

test('an error that nobody foresaw is not dressed up', async () => {
  const bug = new TypeError('a bug');
  const api = open.with({ send: () => Promise.reject(bug) });
  await expect(api.listWebhooks()).rejects.toBe(bug);
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return address !== null && typeof address === 'object' ? address.port : 0;
}
