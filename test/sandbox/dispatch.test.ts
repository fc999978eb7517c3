import { createHmac } from 'node:crypto';
import { afterEach, describe, expect, test } from 'vitest';
import type { HttpRequest, HttpResponse } from '../../src/http.ts';
import type { SandboxOptions } from '../../src/sandbox/sandbox.ts';
import { PRESETS } from '../../src/signing/scheme.ts';
import { type Bench, bodyOf, header, type Json, SUBSCRIPTION, startBench, unreachable } from './harness.ts';

const benches: Bench[] = [];
afterEach(() => Promise.all(benches.splice(0).map(({ sandbox }) => sandbox.close())));

async function bench(options: Partial<SandboxOptions> = {}): Promise<Bench> {
  const started = await startBench(options);
  benches.push(started);
  return started;
}

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const BORROWED_MS = [
  5_000,
  5 * MINUTE_MS,
  30 * MINUTE_MS,
  ...[2, 5, 10, 14, 20, 24].map((hours) => hours * HOUR_MS),
];

const failing = () => ({ status: 500 });
const stats = async ({ call }: Bench, id: string): Promise<Json> =>
  (await call('GET', `/api/v2/webhooks/${id}/`)).json;
const retry = async ({ call, sandbox }: Bench, id: string) => {
  const reply = await call('POST', `/api/v2/webhooks/logs/${id}/retry/`);
  await sandbox.idle();
  return reply;
};

/** What Standard Webhooks 1.0 says a signature is, written out here once more. */
function isSignedBy(request: HttpRequest | undefined, secret: string): boolean {
  const id = header(request, 'webhook-id');
  const timestamp = header(request, 'webhook-timestamp');
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
  const text = Buffer.concat([Buffer.from(`${id}.${timestamp}.`), Buffer.from(request?.body ?? [])]);
  const signature = `v1,${createHmac('sha256', key).update(text).digest('base64')}`;
  return header(request, 'webhook-signature').split(' ').includes(signature);
}

describe('a fired event', () => {
  test('goes to every active subscription that wants it, and to no other', async () => {
    const { create, fire, call, sent } = await bench();
    await create({ webhook_url: 'https://a.example/' });
    await create({ webhook_url: 'https://b.example/', event_type: 'all' });
    await create({ webhook_url: 'https://c.example/', event_type: 'case.opened' });
    const { webhook_id } = await create({ webhook_url: 'https://d.example/' });
    await call('PATCH', `/api/v2/webhooks/${webhook_id}/`, { is_active: false });
    const fired = await fire('screening.completed');
    expect(fired).toEqual({
      id: expect.stringMatching(/^evt_[0-9a-f]{32}$/),
      event_type: 'screening.completed',
      deliveries: 2,
      log_ids: [expect.any(String), expect.any(String)],
    });
    expect(sent.map(({ url }) => url.href)).toEqual(['https://a.example/', 'https://b.example/']);
  });

  test('is a signed POST of a JSON envelope', async () => {
    const { create, fire, sent, clock } = await bench();
    const { secret_key } = await create();
    const fired = await fire('screening.completed', { screening_id: 's', nested: [1] });
    expect(sent).toHaveLength(1);
    expect(sent[0]).toMatchObject({ method: 'POST', timeoutMs: 15_000 });
    expect(bodyOf(sent[0])).toEqual({
      id: fired.id,
      event_type: 'screening.completed',
      created_at: '2026-01-19T10:30:00.000Z',
      data: { screening_id: 's', nested: [1] },
      simulated: true,
    });
    expect(header(sent[0], 'content-type')).toBe('application/json');
    expect(header(sent[0], 'user-agent')).toMatch(/^kycgenie-cli\/\S+ \(sandbox\)$/);
    expect(header(sent[0], 'webhook-id')).toBe(fired.id);
    expect(header(sent[0], 'webhook-timestamp')).toBe(String(clock.now() / 1000));
    expect(isSignedBy(sent[0], secret_key)).toBe(true);
    expect(isSignedBy(sent[0], `${secret_key.slice(0, -4)}AAA=`)).toBe(false);
  });

  test('has believable data when none is given', async () => {
    const { create, fire, sent } = await bench();
    await create();
    await fire('screening.completed');
    expect(bodyOf(sent[0]).data).toMatchObject({
      screening_id: expect.any(String),
      screening_status: 'completed',
    });
  });

  test('leaves one entry a delivery, and counts on the subscription', async () => {
    const started = await bench();
    const { webhook_id } = await started.create();
    const { log_ids } = await started.fire('screening.completed');
    expect(await started.logs()).toEqual([
      {
        id: log_ids[0],
        event_type: 'screening.completed',
        webhook_url: SUBSCRIPTION.webhook_url,
        status: 'delivered',
        http_status_code: 200,
        attempt_number: 1,
        error_message: null,
        created_at: '2026-01-19T10:30:00.000Z',
        next_retry_at: null,
      },
    ]);
    expect(await stats(started, webhook_id)).toMatchObject({
      stats: { total_deliveries: 1, successful_deliveries: 1, failed_deliveries: 0 },
      last_triggered_at: '2026-01-19T10:30:00.000000+00:00',
    });
  });

  test('is pending while it is under way', async () => {
    const { create, call, logs, respond, sandbox } = await bench();
    await create();
    let answer = (_: Partial<HttpResponse>): void => undefined;
    const asked = new Promise<void>((resolve) => {
      respond(() => {
        resolve();
        return new Promise((settle) => {
          answer = settle;
        });
      });
    });
    await call('POST', '/sandbox/events', { event_type: 'screening.completed' });
    await asked;
    const [entry] = await logs();
    expect(entry).toMatchObject({ status: 'pending', attempt_number: 1, http_status_code: null });
    const again = await call('POST', `/api/v2/webhooks/logs/${entry.id}/retry/`);
    expect([again.status, again.json.code, again.json.details]).toEqual([
      409,
      'conflict',
      { status: 'pending' },
    ]);
    answer({ status: 204 });
    await sandbox.idle();
    expect((await logs())[0]).toMatchObject({ status: 'delivered', http_status_code: 204 });
  });

  test.each([
    [{ event_type: 'all' }, 'event_type'],
    [{ event_type: 'a.b' }, 'event_type'],
    [{}, 'event_type'],
    [{ event_type: 'case.opened', data: [] }, 'data'],
  ])('cannot be %j', async (body, field) => {
    const { call } = await bench();
    const { status, json } = await call('POST', '/sandbox/events', body);
    expect([status, Object.keys(json.errors)]).toEqual([400, [field]]);
  });

  test('reaches many receivers a bounded number at a time, and all of them', async () => {
    const { create, fire, sent, respond } = await bench();
    let open = 0;
    let most = 0;
    respond(async () => {
      open += 1;
      most = Math.max(most, open);
      await new Promise((resolve) => setImmediate(resolve));
      open -= 1;
      return {};
    });
    await Promise.all(Array.from({ length: 100 }, () => create()));
    await fire('screening.completed');
    expect([sent.length, most]).toEqual([100, 32]);
  });
});

describe('a delivery that fails', () => {
  test.each([
    ['500', failing, 500, 'Webhook endpoint returned HTTP 500'],
    [
      'a redirect',
      () => ({ status: 302, headers: { location: 'https://b.example/' } }),
      302,
      'Webhook endpoint returned HTTP 302: redirects are not followed',
    ],
    ['no answer', unreachable, null, 'receiver.example refused the connection'],
    [
      'a bug of ours',
      () => {
        throw new TypeError('oops');
      },
      null,
      'The delivery failed inside the sandbox',
    ],
  ])('with %s is retried', async (_name, respond, code, message) => {
    const started = await bench();
    await started.create();
    started.respond(respond);
    await started.fire('screening.completed');
    expect(await started.logs()).toMatchObject([
      {
        status: 'retrying',
        http_status_code: code,
        attempt_number: 1,
        error_message: message,
        next_retry_at: '2026-01-19T10:30:05.000Z',
      },
    ]);
  });

  test('is tried on the borrowed schedule with the same body and id, then it has failed', async () => {
    const started = await bench();
    const { webhook_id, secret_key } = await started.create();
    started.respond(failing);
    await started.fire('screening.completed');
    const times = [started.clock.now()];
    for (const waitMs of BORROWED_MS) {
      await started.pass(waitMs - 1);
      expect(started.sent).toHaveLength(times.length);
      await started.pass(1);
      times.push(started.clock.now());
      expect(started.sent).toHaveLength(times.length);
    }
    expect(await started.logs()).toMatchObject([
      { status: 'failed', attempt_number: 10, next_retry_at: null },
    ]);
    await started.pass(1000 * HOUR_MS);
    expect(started.sent).toHaveLength(10);
    expect(new Set(started.sent.map(({ body }) => Buffer.from(body ?? []).toString())).size).toBe(1);
    expect(new Set(started.sent.map((request) => header(request, 'webhook-id'))).size).toBe(1);
    expect(started.sent.map((request) => Number(header(request, 'webhook-timestamp')) * 1000)).toEqual(times);
    expect(started.sent.every((request) => isSignedBy(request, secret_key))).toBe(true);
    expect((await stats(started, webhook_id)).stats).toEqual({
      total_deliveries: 10,
      successful_deliveries: 0,
      failed_deliveries: 10,
    });
  });

  test('and then gets through is delivered', async () => {
    const started = await bench({ retryScheduleMs: [10, 10] });
    await started.create();
    started.respond(failing);
    await started.fire('screening.completed');
    started.respond(() => ({ status: 201 }));
    await started.pass(10);
    expect(await started.logs()).toMatchObject([
      {
        status: 'delivered',
        attempt_number: 2,
        http_status_code: 201,
        error_message: null,
        next_retry_at: null,
      },
    ]);
  });

  test('with an empty schedule is tried once', async () => {
    const started = await bench({ retryScheduleMs: [] });
    await started.create();
    started.respond(failing);
    await started.fire('screening.completed');
    expect(await started.logs()).toMatchObject([{ status: 'failed', attempt_number: 1 }]);
  });

  test.each([
    ['120', 120],
    ['Mon, 19 Jan 2026 10:32:00 GMT', 120],
    ['3', 5],
    ['Mon, 19 Jan 2026 10:00:00 GMT', 5],
    ['soon', 5],
    ['-7', 5],
    ['999999999', 24 * 3600],
  ])('with Retry-After %s is tried again after %i s', async (value, seconds) => {
    const started = await bench();
    await started.create();
    started.respond(() => ({ status: 503, headers: { 'retry-after': value } }));
    await started.fire('screening.completed');
    const [entry] = await started.logs();
    expect(Date.parse(entry.next_retry_at) - started.clock.now()).toBe(seconds * SECOND_MS);
  });

  test('with 410 disables its subscription and is not retried', async () => {
    const started = await bench();
    const { webhook_id } = await started.create();
    started.respond(() => ({ status: 410 }));
    await started.fire('screening.completed');
    expect(await started.logs()).toMatchObject([{ status: 'failed', http_status_code: 410 }]);
    expect(await stats(started, webhook_id)).toMatchObject({ is_active: false });
    expect(started.notices.filter(({ type }) => type === 'disabled')).toHaveLength(1);
    expect((await started.fire('screening.completed')).deliveries).toBe(0);
  });

  test.each([
    ['deleted', 'DELETE', undefined],
    ['disabled', 'PATCH', { is_active: false }],
  ])('ends when its subscription is %s meanwhile', async (word, method, body) => {
    const started = await bench();
    const { webhook_id } = await started.create();
    started.respond(failing);
    await started.fire('screening.completed');
    await started.call(method, `/api/v2/webhooks/${webhook_id}/`, body);
    await started.pass(5_000);
    expect(started.sent).toHaveLength(1);
    expect(await started.logs()).toMatchObject([
      {
        status: 'failed',
        error_message: `The webhook was ${word} before this delivery`,
        next_retry_at: null,
      },
    ]);
  });

  test('tells the owner of every attempt, without body or secret', async () => {
    const started = await bench({ retryScheduleMs: [10] });
    const { webhook_id, secret_key } = await started.create();
    started.respond(failing);
    const { id, log_ids } = await started.fire('screening.completed', { name: 'canary' });
    await started.pass(10);
    const attempts = started.notices.filter(({ type }) => type === 'attempt');
    expect(attempts).toMatchObject([
      {
        log_id: log_ids[0],
        event_id: id,
        webhook_id,
        attempt_number: 1,
        status: 'retrying',
        http_status_code: 500,
        next_retry_at: '2026-01-19T10:30:00.010Z',
      },
      { attempt_number: 2, status: 'failed', next_retry_at: null },
    ]);
    const told = JSON.stringify(started.notices);
    expect(told).not.toContain('canary');
    expect(told).not.toContain(secret_key.slice(6, 20));
  });
});

describe('retrying an entry', () => {
  test('that failed is one attempt under the same id', async () => {
    const started = await bench({ retryScheduleMs: [] });
    await started.create();
    started.respond(failing);
    const { log_ids } = await started.fire('screening.completed');
    const reply = await retry(started, log_ids[0]);
    expect([reply.status, reply.json]).toEqual([200, { message: expect.any(String) }]);
    expect(await started.logs()).toMatchObject([{ id: log_ids[0], status: 'failed', attempt_number: 2 }]);
    started.respond(() => ({}));
    await retry(started, log_ids[0]);
    expect(await started.logs()).toMatchObject([{ id: log_ids[0], status: 'delivered', attempt_number: 3 }]);
    expect(started.sent[2]?.body).toEqual(started.sent[0]?.body);
  });

  test('that failed early is not taken back into the schedule', async () => {
    const started = await bench();
    await started.create();
    started.respond(() => ({ status: 410 }));
    const { log_ids } = await started.fire('screening.completed');
    started.respond(failing);
    await retry(started, log_ids[0]);
    expect(await started.logs()).toMatchObject([
      { status: 'failed', attempt_number: 2, next_retry_at: null },
    ]);
  });

  test('that still retries counts as an attempt of its schedule and replaces none twice', async () => {
    const started = await bench({ retryScheduleMs: [1_000, 5_000, 60_000] });
    await started.create();
    started.respond(failing);
    const { log_ids } = await started.fire('screening.completed');
    await retry(started, log_ids[0]);
    expect(await started.logs()).toMatchObject([
      { status: 'retrying', attempt_number: 2, next_retry_at: '2026-01-19T10:30:05.000Z' },
    ]);
    await started.pass(1_000);
    expect(started.sent).toHaveLength(2);
    await started.pass(4_000);
    expect(started.sent).toHaveLength(3);
  });

  test('that still retries is not sent twice at once when its own time comes meanwhile', async () => {
    const started = await bench({ retryScheduleMs: [1_000] });
    await started.create();
    started.respond(failing);
    const { log_ids } = await started.fire('screening.completed');
    let answer = (): void => undefined;
    const asked = new Promise<void>((resolve) => {
      started.respond(() => {
        resolve();
        return new Promise((settle) => {
          answer = () => settle({ status: 200 });
        });
      });
    });
    await started.call('POST', `/api/v2/webhooks/logs/${log_ids[0]}/retry/`);
    await asked;
    started.clock.advance(1_000);
    await new Promise((resolve) => setImmediate(resolve));
    expect(started.sent).toHaveLength(2);
    answer();
    await started.sandbox.idle();
    expect(started.sent).toHaveLength(2);
  });

  test('that was delivered delivers it again', async () => {
    const started = await bench();
    await started.create();
    const { log_ids } = await started.fire('screening.completed');
    await retry(started, log_ids[0]);
    expect(await started.logs()).toMatchObject([{ status: 'delivered', attempt_number: 2 }]);
  });

  test('works when its subscription is disabled or gone', async () => {
    const started = await bench();
    const { webhook_id } = await started.create();
    const { log_ids } = await started.fire('screening.completed');
    await started.call('PATCH', `/api/v2/webhooks/${webhook_id}/`, { is_active: false });
    await retry(started, log_ids[0]);
    await started.call('DELETE', `/api/v2/webhooks/${webhook_id}/`);
    await retry(started, log_ids[0]);
    expect(await started.logs()).toMatchObject([{ status: 'delivered', attempt_number: 3 }]);
  });

  test('that is not there is 404', async () => {
    const { call } = await bench();
    const { status, json } = await call('POST', '/api/v1/webhooks/logs/x/retry/');
    expect([status, json.code]).toEqual([404, 'not_found']);
  });
});

describe('after a rotation', () => {
  test('both secrets sign for a day, then the new one alone', async () => {
    const started = await bench();
    const { webhook_id, secret_key: old } = await started.create();
    const rotation = await started.call('POST', `/api/v2/webhooks/${webhook_id}/rotate-secret/`);
    const fresh = rotation.json.secret_key;
    await started.fire('screening.completed');
    await started.pass(24 * HOUR_MS - 1);
    await started.fire('screening.completed');
    await started.pass(1);
    await started.fire('screening.completed');
    expect(started.sent.map((request) => [isSignedBy(request, old), isSignedBy(request, fresh)])).toEqual([
      [true, true],
      [true, true],
      [false, true],
    ]);
  });

  test('many times over, no more than five secrets sign', async () => {
    const started = await bench();
    const { webhook_id } = await started.create();
    for (let count = 0; count < 8; count += 1)
      await started.call('POST', `/api/v2/webhooks/${webhook_id}/rotate-secret/`);
    await started.fire('screening.completed');
    expect(header(started.sent[0], 'webhook-signature').split(' ')).toHaveLength(5);
  });
});

describe.each(['v1', 'v2'])('the test call of %s', (version) => {
  const post = (started: Bench, webhook_url: unknown) =>
    started.call('POST', `/api/${version}/webhooks/test/`, { webhook_url });

  test('delivers a signed test event and answers with the outcome', async () => {
    const started = await bench();
    const { secret_key, webhook_id } = await started.create();
    started.respond(() => ({ status: 202 }));
    const { status, json } = await post(started, SUBSCRIPTION.webhook_url);
    expect([status, json]).toEqual([
      200,
      { success: true, message: 'Test webhook delivered successfully', http_status_code: 202 },
    ]);
    expect(bodyOf(started.sent[0])).toMatchObject({ event_type: 'test', simulated: true });
    expect(isSignedBy(started.sent[0], secret_key)).toBe(true);
    expect((await stats(started, webhook_id)).stats.total_deliveries).toBe(0);
  });

  test('answers 502 with the status of a receiver that refuses', async () => {
    const started = await bench();
    started.respond(() => ({ status: 404 }));
    const { status, json } = await post(started, 'https://nobody.example/');
    expect([status, json]).toEqual([
      502,
      {
        error: 'server_error',
        message: 'Webhook endpoint returned HTTP 404',
        details: { http_status_code: 404 },
      },
    ]);
    expect(await started.logs()).toMatchObject([{ event_type: 'test', status: 'failed', attempt_number: 1 }]);
    await started.pass(HOUR_MS);
    expect(started.sent).toHaveLength(1);
  });

  test('answers 502 without a status when nobody is there', async () => {
    const started = await bench();
    started.respond(unreachable);
    const { status, json } = await post(started, 'https://nobody.example/');
    expect([status, json.error, json.details]).toEqual([502, 'server_error', {}]);
    expect(json.message).toContain('refused the connection');
  });

  test.each(['http://a.example/', 'x', 1, undefined])('refuses the URL %s', async (url) => {
    const { status, json } = await post(await bench(), url);
    expect([status, Object.keys(json.errors)]).toEqual([400, ['webhook_url']]);
  });

  test('prefers the secret of an active subscription', async () => {
    const started = await bench();
    const first = await started.create();
    const second = await started.create();
    await started.call('PATCH', `/api/v2/webhooks/${first.webhook_id}/`, { is_active: false });
    await post(started, SUBSCRIPTION.webhook_url);
    expect(isSignedBy(started.sent[0], second.secret_key)).toBe(true);
  });
});

describe('closing', () => {
  test('stops what is under way and what is waiting', async () => {
    const started = await startBench();
    await started.create();
    started.respond(failing);
    await started.fire('screening.completed');
    let aborted = false;
    const asked = new Promise<void>((resolve) => {
      started.respond(
        ({ signal }) =>
          new Promise((_, reject) => {
            signal?.addEventListener('abort', () => {
              aborted = true;
              reject(signal.reason);
            });
            resolve();
          }),
      );
    });
    await started.call('POST', '/sandbox/events', { event_type: 'screening.completed' });
    await asked;
    await started.sandbox.close();
    expect(aborted).toBe(true);
    expect(started.clock.sleeping).toBe(0);
    await started.sandbox.idle();
  });
});

test('another scheme signs in its own way', async () => {
  const { create, fire, sent } = await bench({ scheme: PRESETS.github });
  const { secret_key } = await create();
  await fire('screening.completed');
  const digest = createHmac('sha256', secret_key)
    .update(sent[0]?.body ?? '')
    .digest('hex');
  expect(header(sent[0], 'x-hub-signature-256')).toBe(`sha256=${digest}`);
});

test('a scheme that the secrets are no keys of is refused at the start', async () => {
  const scheme = { ...PRESETS.github, key: { kind: 'hex' } } as const;
  await expect(startBench({ scheme })).rejects.toMatchObject({ kind: 'usage' });
});
