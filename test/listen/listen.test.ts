import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { Failure } from '../../src/errors.ts';
import type { EventLine, ListenLine, SummaryLine } from '../../src/listen/line.ts';
import { DRAIN_GRACE_MS, type ListenOptions, listen } from '../../src/listen/listen.ts';
import { replyInTurn } from '../../src/listen/reply.ts';
import { Secret } from '../../src/secret.ts';
import { serve } from '../../src/serve.ts';
import { clock, KNOWN, OTHER, type Sent, STANDARD, send, signed } from './deliveries.ts';

const started: AbortController[] = [];
afterEach(() => {
  for (const stop of started.splice(0)) stop.abort();
});

/** A listener that is ready, and the rest of its lines. */
async function listener(options: Partial<ListenOptions> = {}) {
  const stop = new AbortController();
  started.push(stop);
  const lines = listen({
    serve,
    host: '127.0.0.1',
    port: 0,
    pid: 4711,
    scheme: STANDARD,
    candidates: () => KNOWN,
    clock,
    policy: 'check',
    path: '/',
    reply: replyInTurn(clock),
    signal: stop.signal,
    ...options,
  });
  const ready = (await lines.next()).value;
  if (ready?.type !== 'ready') throw new Error('not ready');
  return { ready, lines, stop, url: ready.url };
}

async function rest(lines: AsyncIterable<ListenLine>) {
  const events: EventLine[] = [];
  const summaries: SummaryLine[] = [];
  for await (const line of lines) {
    if (line.type === 'event') events.push(line);
    if (line.type === 'summary') summaries.push(line);
  }
  return { events, summaries };
}

/** A server that tells when so many requests have arrived whole. */
function arrivals(count: number) {
  let left = count;
  let tell: () => void = () => undefined;
  const arrived = new Promise<void>((resolve) => {
    tell = resolve;
  });
  const counting: typeof serve = (options) =>
    serve({
      ...options,
      handler: (request) => {
        left--;
        if (left === 0) tell();
        return options.handler(request);
      },
    });
  return { arrived, counting };
}

const delivery = (body: string | Uint8Array, id = 'msg_1', secret?: Secret): Sent => ({
  body,
  headers: signed(body, id, secret),
});

describe('listen', () => {
  it('accepts deliveries once it says ready, on the port it names', async () => {
    const { ready, url } = await listener();
    expect(ready).toEqual({
      type: 'ready',
      url: `http://127.0.0.1:${ready.port}`,
      port: expect.any(Number),
      pid: 4711,
    });
    expect((await send(url, delivery('{}'))).status).toBe(200);
  });

  it('yields each delivery with its verdict, and the summary at the end', async () => {
    const previous = { webhookId: 'wh_2', age: 'previous', secret: OTHER } as const;
    const { url, lines, stop } = await listener({ candidates: () => [...KNOWN, previous] });
    const forged = new Secret('whsec_BBBB');
    for (const one of [
      delivery('{"a":1}'),
      delivery('{}', 'msg_2', OTHER),
      delivery('{}', 'msg_3', forged),
      delivery('{}'),
    ]) {
      await send(url, one);
    }
    stop.abort();
    const { events, summaries } = await rest(lines);
    expect(
      events.map(({ signature }) => [
        signature.status,
        signature.webhook_id,
        signature.secret_age,
        signature.reason,
      ]),
    ).toEqual([
      ['valid', 'wh_1', 'current', null],
      ['valid', 'wh_2', 'previous', null],
      ['invalid', null, null, 'wrong_secret'],
      ['valid', 'wh_1', 'current', null],
    ]);
    expect(summaries).toEqual([
      {
        type: 'summary',
        received: 4,
        valid: 3,
        invalid: 1,
        unverified: 0,
        duplicates: 1,
        forwarded: 0,
        forward_failed: 0,
        forward_pending: 0,
      },
    ]);
  });

  it('keeps every byte of the body, and headers in order with their repeats', async () => {
    const { url, lines } = await listener();
    const body = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    const headers = [['X-Mixed-Case', 'é'], ['x-again', '1'], ['X-Again', '2'], ...signed(body)] as const;
    expect((await send(url, { body, headers, path: '/a/../b%20?q=%00&q' })).status).toBe(200);
    const { value } = await lines.next();
    expect(value).toMatchObject({
      type: 'event',
      signature: { status: 'valid' },
      request: {
        path: '/a/../b%20',
        query: 'q=%00&q',
        body: null,
        body_base64: Buffer.from(body).toString('base64'),
      },
    });
    expect(value?.type === 'event' && value.request.headers.slice(0, 3)).toEqual(headers.slice(0, 3));
  });

  it('survives hostile bodies and headers', async () => {
    const { url, lines, stop } = await listener({ maxBodyBytes: 10_000_001 });
    const bodies = [
      '['.repeat(10_000_000),
      '{"a":'.repeat(1_000_000),
      '{"__proto__":{"type":"x"}}',
      '"\ud800',
      '\0',
    ];
    for (const body of bodies) expect((await send(url, delivery(body))).status).toBe(200);
    const junk = [
      ['webhook-id', '\x80'],
      ['webhook-timestamp', '9'.repeat(400)],
      ['webhook-signature', 'v1,'.repeat(5_000)],
    ] as const;
    expect((await send(url, { headers: junk })).status).toBe(401);
    expect((await send(url, delivery('x'.repeat(10_000_002)))).status).toBe(413);
    stop.abort();
    const { events, summaries } = await rest(lines);
    expect(() => JSON.stringify(events)).not.toThrow();
    expect(summaries[0]).toMatchObject({ received: 6, valid: 5, invalid: 1 });
  });

  it('tells what its server met with, and counts on', async () => {
    let report: ((error: unknown) => void) | undefined;
    const hearing: typeof serve = (options) => {
      report = options.onError;
      return serve(options);
    };
    const { url, lines } = await listener({ serve: hearing, exitAfter: 1 });
    report?.(new Failure('internal', 'It broke'));
    report?.(new TypeError('whsec_hush is no function'));
    const problems = [(await lines.next()).value, (await lines.next()).value];
    expect(problems).toEqual([
      { type: 'problem', message: 'It broke' },
      { type: 'problem', message: 'A delivery could not be handled' },
    ]);
    const reading = rest(lines);
    expect((await send(url, delivery('{}'))).status).toBe(200);
    expect((await reading).summaries).toMatchObject([{ received: 1 }]);
  });

  it('answers what is no delivery without a line', async () => {
    const { url, lines, stop } = await listener({ path: '/hooks' });
    const probes = [
      { method: 'GET', path: '/hooks' },
      { method: 'HEAD', path: '/hooks' },
      { method: 'OPTIONS', path: '/hooks' },
      { method: 'PATCH', path: '/hooks' },
      {},
    ];
    const statuses = [];
    for (const probe of probes) statuses.push((await send(url, probe)).status);
    expect(statuses).toEqual([200, 200, 204, 405, 404]);
    stop.abort();
    expect((await rest(lines)).events).toEqual([]);
  });

  it('stops after the wanted number of deliveries, however many come at once', async () => {
    const { url, lines } = await listener({ exitAfter: 5 });
    const reading = rest(lines);
    const outcomes = await Promise.all(
      Array.from({ length: 30 }, (_, id) =>
        send(url, delivery('{}', `msg_${id}`)).then(
          ({ status }) => status,
          () => 0,
        ),
      ),
    );
    const { events, summaries } = await reading;
    expect(events).toHaveLength(5);
    expect(summaries[0]?.received).toBe(5);
    expect(outcomes.filter((status) => status === 200)).toHaveLength(5);
    await expect(send(url)).rejects.toThrow('ECONNREFUSED');
  });

  it('stops after its duration', async () => {
    const { lines } = await listener({ durationMs: 1 });
    expect((await rest(lines)).summaries).toHaveLength(1);
  });

  it('does not wait for its duration when it is told to stop', async () => {
    const { lines, stop } = await listener({ durationMs: 3_600_000 });
    stop.abort();
    expect((await rest(lines)).summaries).toHaveLength(1);
  });

  it('finishes a delivery that is under way when it is told to stop', async () => {
    const { url, lines, stop } = await listener();
    const body = '{"late":true}';
    const headers = [
      ['host', new URL(url).host],
      ['expect', '100-continue'],
      ['content-length', `${body.length}`],
      ...signed(body),
    ].flat();
    const request = httpRequest(url, { method: 'POST', agent: false, headers });
    request.flushHeaders();
    await once(request, 'continue');
    const reading = rest(lines);
    stop.abort();
    request.end(body);
    const [response] = await once(request, 'response');
    response.resume();
    expect(response.statusCode).toBe(200);
    const { events, summaries } = await reading;
    expect(events.map((event) => event.request.body)).toEqual([{ late: true }]);
    expect(summaries[0]?.received).toBe(1);
  });

  it('drains within a bound that leaves time for the summary', async () => {
    const graces: number[] = [];
    const close = async (graceMs: number) => void graces.push(graceMs);
    const { lines, stop } = await listener({
      serve: async () => ({ url: 'http://127.0.0.1:1', host: '127.0.0.1', port: 1, close }),
    });
    stop.abort();
    expect((await rest(lines)).summaries).toHaveLength(1);
    expect(graces).toEqual([DRAIN_GRACE_MS]);
    expect(DRAIN_GRACE_MS).toBeLessThan(5_000);
  });

  it('throws what closing the socket threw', async () => {
    const { lines, stop } = await listener({
      serve: async () => ({
        url: '',
        host: '',
        port: 1,
        close: () => Promise.reject(new Error('cannot close')),
      }),
    });
    stop.abort();
    await expect(rest(lines)).rejects.toThrow('cannot close');
  });

  it('closes its socket when the reader leaves, and sends away who waits for room', async () => {
    const { arrived, counting } = arrivals(24);
    const { url, lines } = await listener({ policy: 'ignore', serve: counting });
    const body = new Uint8Array(1024 * 1024);
    const sends = Array.from({ length: 24 }, () => send(url, { body }).then(({ status }) => status));
    await arrived;
    await lines.return();
    const statuses = await Promise.all(sends);
    expect(statuses.filter((status) => status === 200)).toHaveLength(15);
    expect(statuses.filter((status) => status === 503)).toHaveLength(9);
    await expect(send(url)).rejects.toThrow('ECONNREFUSED');
  });

  it('makes senders wait for a slow reader, and loses no line', async () => {
    const { url, lines, stop } = await listener({ policy: 'ignore' });
    const body = new Uint8Array(1024 * 1024);
    const sends = Array.from({ length: 40 }, (_, id) =>
      send(url, { body, headers: [['webhook-id', `${id}`]] }),
    );
    void Promise.all(sends).then(() => stop.abort());
    const { events } = await rest(lines);
    expect(new Set(events.map(({ event_id }) => event_id)).size).toBe(40);
  });

  it('fails with a usage failure when the port is taken', async () => {
    const { ready } = await listener();
    await expect(listener({ port: ready.port })).rejects.toThrow(Failure);
  });
});
