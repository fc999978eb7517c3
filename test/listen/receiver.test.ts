import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Failure } from '../../src/errors.ts';
import type { EventLine } from '../../src/listen/line.ts';
import { QUEUE_BOUNDS, Receiver, type ReceiverOptions } from '../../src/listen/receiver.ts';
import { replyInTurn } from '../../src/listen/reply.ts';
import { clock, KNOWN, NOW, OTHER, received, STANDARD, signed } from './deliveries.ts';

function receiver(options: Partial<ReceiverOptions> = {}): Receiver {
  return new Receiver({
    scheme: STANDARD,
    candidates: () => KNOWN,
    clock,
    policy: 'check',
    path: '/',
    reply: replyInTurn(clock),
    ...options,
  });
}

const delivery = (body: string, id = 'msg_1', secret = KNOWN[0]?.secret) =>
  received({ body: Buffer.from(body), headers: signed(body, id, secret) });

async function* eventsOf(from: Receiver): AsyncGenerator<EventLine, undefined> {
  for await (const line of from.lines()) if (line.type === 'event') yield line;
}

async function readAll(from: Receiver): Promise<readonly EventLine[]> {
  from.close();
  return collect(eventsOf(from));
}

async function collect<T>(from: AsyncIterable<T>): Promise<readonly T[]> {
  const all: T[] = [];
  for await (const one of from) all.push(one);
  return all;
}

describe('what is no delivery', () => {
  it.each([
    ['GET', '/', 200, undefined],
    ['GET', '/?x=1', 200, undefined],
    ['HEAD', '/', 200, undefined],
    ['OPTIONS', '/', 204, 'POST, GET, HEAD, OPTIONS'],
    ['PUT', '/', 405, 'POST, GET, HEAD, OPTIONS'],
    ['DELETE', '/', 405, 'POST, GET, HEAD, OPTIONS'],
    ['OPTIONS', '*', 404, undefined],
  ])('%s %s is answered %i, and is no event', async (method, target, status, allow) => {
    const one = receiver();
    const answer = await one.handler(received({ method, target }));
    expect(answer.status).toBe(status);
    expect(new Map(answer.headers ?? []).get('allow')).toBe(allow);
    expect(answer.body === undefined).toBe(method === 'HEAD' || status === 204);
    expect(await readAll(one)).toEqual([]);
  });

  it.each([
    ['/hooks', 200],
    ['/hooks/', 200],
    ['/hooks/kyc?a=1', 200],
    ['http://localhost:4242/hooks?a=1', 200],
    ['/hooksmith', 404],
    ['/', 404],
    ['//hooks', 404],
    ['http://localhost:4242', 404],
  ])('is told by its path: %s below /hooks is %i', async (target, status) => {
    for (const path of ['/hooks', '/hooks/']) {
      const answer = await receiver({ path, policy: 'ignore' }).handler(received({ target }));
      expect(answer.status).toBe(status);
    }
  });
});

describe('the answer', () => {
  it('is 200 to a valid delivery', async () => {
    expect(await receiver().handler(delivery('{}'))).toEqual({
      status: 200,
      headers: [['content-type', 'application/json']],
      body: '{"received":true}',
    });
  });

  it('is 401 with the reason, and without the hint, to a bad signature', async () => {
    const answer = await receiver().handler(delivery('{}', 'msg_1', OTHER));
    expect(answer.status).toBe(401);
    expect(answer.body).toBe('{"error":"signature_invalid","reason":"wrong_secret"}');
  });

  it('is 200 where no secret is known, and 401 where a signature is required', async () => {
    const candidates = () => [];
    expect((await receiver({ candidates }).handler(delivery('{}'))).status).toBe(200);
    const refused = await receiver({ candidates, policy: 'require' }).handler(delivery('{}'));
    expect([refused.status, refused.body]).toEqual([
      401,
      '{"error":"signature_invalid","reason":"no_secret_known"}',
    ]);
    expect((await receiver({ policy: 'require' }).handler(delivery('{}'))).status).toBe(200);
  });

  it('is 200 to anything where signatures are not looked at', async () => {
    const one = receiver({ policy: 'ignore' });
    expect((await one.handler(delivery('{}', 'msg_1', OTHER))).status).toBe(200);
    expect((await readAll(one))[0]?.signature).toMatchObject({ status: 'unverified', scheme: null });
  });

  it('takes the given statuses in turn and stays at the last, for accepted deliveries', async () => {
    const one = receiver({ reply: replyInTurn(clock, { statuses: [500, 204] }) });
    const answers = [];
    for (const secret of [undefined, OTHER, undefined, undefined])
      answers.push(await one.handler(delivery('{}', 'm', secret)));
    expect(answers.map(({ status }) => status)).toEqual([500, 401, 204, 204]);
    expect(answers.at(-1)?.body).toBeUndefined();
    expect((await readAll(one)).map(({ response }) => response.status)).toEqual([500, 401, 204, 204]);
  });

  it('is 503 to every delivery beyond the last one wanted, which then has no line', async () => {
    const one = receiver({ maxDeliveries: 2 });
    const answers = await Promise.all(['a', 'b', 'c', 'd'].map((id) => one.handler(delivery('{}', id))));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 503, 503]);
    expect(await readAll(one)).toHaveLength(2);
  });

  it('is 503 once the receiver is closed', async () => {
    const one = receiver();
    one.close();
    expect((await one.handler(delivery('{}'))).status).toBe(503);
    expect(await readAll(one)).toEqual([]);
  });
});

describe('the line of a delivery', () => {
  it('holds all there is to know of it', async () => {
    const one = receiver();
    const body = '{"event_type":"screening.completed","n":1}';
    const headers = [['X-Twice', '1'], ['x-twice', '2'], ...signed(body)] as const;
    await one.handler(received({ target: '/kyc/in?a=%20&b', body: Buffer.from(body), headers }));
    const [event] = await readAll(one);
    expect(event).toEqual({
      type: 'event',
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      received_at: new Date(NOW).toISOString(),
      event_type: 'screening.completed',
      event_id: 'msg_1',
      duplicate_of: null,
      signature: {
        status: 'valid',
        reason: null,
        hint: null,
        scheme: 'standard-webhooks',
        webhook_id: 'wh_1',
        secret_age: 'current',
      },
      request: {
        method: 'POST',
        path: '/kyc/in',
        query: 'a=%20&b',
        headers,
        body: { event_type: 'screening.completed', n: 1 },
        body_base64: Buffer.from(body).toString('base64'),
      },
      response: { status: 200 },
      forward: null,
    });
  });

  it('holds the exact bytes of a body that is not text, also where they are part of a larger buffer', async () => {
    const one = receiver({ policy: 'ignore' });
    const body = Uint8Array.of(9, 0, 255, 128, 9).subarray(1, 4);
    await one.handler(received({ body }));
    const [event] = await readAll(one);
    expect(event?.request).toMatchObject({ body: null, query: null, body_base64: 'AP+A' });
  });

  it('says why a signature is bad, and what to do', async () => {
    const one = receiver();
    await one.handler(received({ body: Buffer.from('{}') }));
    expect((await readAll(one))[0]?.signature).toEqual({
      status: 'invalid',
      reason: 'missing_header',
      hint: expect.stringContaining('webhook-signature'),
      scheme: 'standard-webhooks',
      webhook_id: null,
      secret_age: null,
    });
  });

  it('measures the timestamp by the given tolerance', async () => {
    const late = { ...clock, now: () => NOW + 10_000 };
    const [lenient, strict] = [receiver({ clock: late }), receiver({ clock: late, toleranceMs: 9_999 })];
    await Promise.all([lenient.handler(delivery('{}')), strict.handler(delivery('{}'))]);
    expect((await readAll(lenient))[0]?.signature.reason).toBeNull();
    expect((await readAll(strict))[0]?.signature.reason).toBe('timestamp_too_old');
  });
});

describe('duplicates', () => {
  const typed = (type: string) => `{"event_type":"${type}","id":"one"}`;

  it('point to the first delivery of the same event', async () => {
    const one = receiver();
    for (const id of ['a', 'b', 'a', 'a']) await one.handler(delivery('{}', id));
    const events = await readAll(one);
    expect(events.map((event) => event.duplicate_of)).toEqual([null, null, events[0]?.id, events[0]?.id]);
    expect(one.summary()).toMatchObject({ received: 4, valid: 4, duplicates: 2 });
  });

  it('are told by the id in the body where no header has one', async () => {
    const one = receiver({ policy: 'ignore' });
    for (const type of ['x', 'y', 'x']) await one.handler(received({ body: Buffer.from(typed(type)) }));
    const events = await readAll(one);
    expect(events.map((event) => event.duplicate_of)).toEqual([null, null, events[0]?.id]);
  });

  it('are never made of refused deliveries', async () => {
    const one = receiver();
    for (const secret of [OTHER, undefined, OTHER]) await one.handler(delivery('{}', 'a', secret));
    expect((await readAll(one)).map((event) => event.duplicate_of)).toEqual([null, null, null]);
    expect(one.summary()).toMatchObject({ received: 3, valid: 1, invalid: 2, duplicates: 0 });
  });

  it('are not recognised by an id that is too long to be kept', async () => {
    const one = receiver({ policy: 'ignore' });
    const body = Buffer.from(JSON.stringify({ id: 'x'.repeat(600) }));
    await one.handler(received({ body }));
    await one.handler(received({ body }));
    expect((await readAll(one)).map((event) => event.duplicate_of)).toEqual([null, null]);
  });

  it('are recognised among the latest ten thousand', async () => {
    const one = receiver({ policy: 'ignore' });
    const events = eventsOf(one);
    const duplicateOf = async (id: number) => {
      void one.handler(received({ headers: [['webhook-id', `${id}`]] }));
      const { value } = await events.next();
      return value?.duplicate_of;
    };
    for (let id = 0; id < 10_000; id++) await duplicateOf(id);
    expect(await duplicateOf(0)).toEqual(expect.any(String));
    expect(await duplicateOf(10_000)).toBeNull();
    expect(await duplicateOf(0)).toBeNull();
  });
});

describe('secrets that cannot be read anew', () => {
  const gone = new Failure('not_found', 'No secret of webhook w-1 is stored here');
  const linesOf = async (one: Receiver) => {
    one.close();
    return collect(one.lines());
  };

  it('leave those known so far, and are a problem that is told once', async () => {
    const one = receiver({ renew: () => Promise.reject(gone), maxDeliveries: 4 });
    const statuses = [];
    for (const secret of [OTHER, undefined, OTHER, OTHER, undefined])
      statuses.push((await one.handler(delivery('{}', 'msg_1', secret))).status);
    expect(statuses).toEqual([401, 200, 401, 401, 503]);
    const lines = await linesOf(one);
    expect(lines.map(({ type }) => type)).toEqual(['problem', 'event', 'event', 'event', 'event']);
    expect(lines[0]).toEqual({ type: 'problem', message: gone.message });
  });

  it('are told of anew where it is for another reason, in no words but those of a Failure', async () => {
    const reasons = [gone, new TypeError('whsec_hush'), new Error('hush'), gone];
    const one = receiver({ renew: () => Promise.reject(reasons.shift()) });
    for (let count = 0; count < 4; count++) await one.handler(delivery('{}', 'msg_1', OTHER));
    const messages = (await linesOf(one)).flatMap((line) => (line.type === 'problem' ? [line.message] : []));
    expect(messages).toEqual([gone.message, 'The stored secrets could not be read anew']);
  });

  it('are told of a hundred times at most', async () => {
    let count = 0;
    const renew = async () => {
      count++;
      throw new Failure('internal', `Reason ${count}`);
    };
    const one = receiver({ renew });
    for (let sent = 0; sent < 120; sent++) await one.handler(delivery('{}', 'msg_1', OTHER));
    expect((await linesOf(one)).filter(({ type }) => type === 'problem')).toHaveLength(100);
  });
});

it('a delivery that could not be handled makes room for another', async () => {
  const broken = { ...clock };
  const one = receiver({ clock: broken, maxDeliveries: 1 });
  broken.now = () => {
    throw new Error('no time');
  };
  await expect(one.handler(delivery('{}'))).rejects.toThrow('no time');
  broken.now = clock.now;
  expect((await one.handler(delivery('{}'))).status).toBe(200);
});

describe('a reader that lags', () => {
  it('makes senders wait for their answers, and loses no line', async () => {
    const one = receiver({ policy: 'ignore' });
    let answered = 0;
    const count = QUEUE_BOUNDS.maxItems + 50;
    const sends = Array.from({ length: count }, async (_, id) => {
      await one.handler(received({ headers: [['webhook-id', `${id}`]] }));
      answered++;
    });
    await turn();
    expect(answered).toBe(QUEUE_BOUNDS.maxItems);
    const events = eventsOf(one);
    for (let id = 0; id < count; id++) expect((await events.next()).value?.event_id).toBe(`${id}`);
    await Promise.all(sends);
    expect(answered).toBe(count);
  });

  it('is not handed more bytes than the bound either', async () => {
    const one = receiver({ policy: 'ignore' });
    let answered = 0;
    const body = new Uint8Array(1024 * 1024);
    const sends = Array.from({ length: 20 }, () => one.handler(received({ body })).then(() => answered++));
    await turn();
    expect(answered).toBe(15);
    const events = eventsOf(one);
    for (let index = 0; index < 20; index++) await events.next();
    await Promise.all(sends);
  });

  it('never sees the delivery of a sender that went away before its answer', async () => {
    const one = receiver({ policy: 'ignore', maxDeliveries: QUEUE_BOUNDS.maxItems + 1 });
    for (let id = 0; id < QUEUE_BOUNDS.maxItems; id++) await one.handler(received());
    const gone = new AbortController();
    const waiting = one.handler(received({ signal: gone.signal, headers: [['webhook-id', 'gone']] }));
    gone.abort();
    expect((await waiting).status).toBe(503);
    const again = one.handler(received({ headers: [['webhook-id', 'again']] }));
    const events = eventsOf(one);
    await events.next();
    expect((await again).status).toBe(200);
    one.close();
    const ids: (string | null)[] = [];
    for await (const { event_id } of events) ids.push(event_id);
    expect(ids.filter((id) => id !== null)).toEqual(['again']);
  });
});

describe('a reader that does not read', () => {
  it('holds up deliveries before anything is kept of them, and those whose sender leaves take no room', async () => {
    let kept = 0;
    const keep = async (): Promise<void> => {
      kept++;
    };
    const one = receiver({ keep });
    const full = Array.from({ length: QUEUE_BOUNDS.maxItems }, (_none, n) =>
      one.handler(delivery('{}', `msg_${n}`)),
    );
    expect((await Promise.all(full)).every(({ status }) => status === 200)).toBe(true);
    const leaving = new AbortController();
    const waiting = one.handler({ ...delivery('{}', 'late'), signal: leaving.signal });
    await turn();
    expect(kept).toBe(QUEUE_BOUNDS.maxItems);
    leaving.abort();
    expect((await waiting).status).toBe(503);
    expect(kept).toBe(QUEUE_BOUNDS.maxItems);
    expect(await readAll(one)).toHaveLength(QUEUE_BOUNDS.maxItems);
  });
});
