import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ApiFailure } from '../../src/errors.ts';
import { answer, json } from '../support/faulty-server.ts';
import { failureOf, KEY, type OpenApi, openApi } from './open-api.ts';

const idempotencyKey = '0123456789abcdef';
const asked = { event_type: 'screening.completed', webhook_url: 'https://x.test/hook' };
const stats = { total_deliveries: 127, successful_deliveries: 125, failed_deliveries: 2 };
const bare = { id: 'w1', event_type: 'screening.completed', webhook_url: 'https://x.test', is_active: true };
const whole = {
  ...bare,
  description: 'Production',
  filters: { risk: ['high'] },
  created_at: '2026-01-19T10:30:00.123456+00:00',
  updated_at: '2026-01-19T12:30:00+02:00',
  stats,
  last_triggered_at: '2026-01-22T08:15:30.000Z',
};
const read = {
  ...whole,
  created_at: '2026-01-19T10:30:00.123456Z',
  updated_at: '2026-01-19T10:30:00Z',
};
const unsaid = {
  is_active: null,
  description: null,
  filters: null,
  created_at: null,
  updated_at: null,
  stats: null,
  last_triggered_at: null,
};

let open: OpenApi;
beforeEach(async () => {
  open = await openApi();
});
afterEach(() => open.close());

describe('reading', () => {
  test('v2 lists come as results, with times in UTC and their digits kept', async () => {
    open.server.next(json(200, { count: 1, results: [{ ...whole, extra: 1 }] }));
    expect(await open.api.listWebhooks()).toEqual([read]);
  });

  test('v1 lists come as webhooks, null where v1 says nothing', async () => {
    open.server.next(json(200, { webhooks: [{ ...bare, description: 'x', stats }] }));
    expect(await open.with({ version: 'v1' }).listWebhooks()).toEqual([
      { ...unsaid, ...bare, description: 'x', stats },
    ]);
  });

  test('one webhook', async () => {
    open.server.next(json(200, whole));
    expect(await open.api.getWebhook('w1')).toEqual(read);
  });

  test.each([
    ['null for all that may be missing', { ...unsaid, id: 'w', event_type: 'e', webhook_url: 'u' }],
    ['nothing for all that may be missing', { id: 'w', event_type: 'e', webhook_url: 'u' }],
    ['statistics without numbers', { id: 'w', event_type: 'e', webhook_url: 'u', stats: {} }],
  ])('%s reads as null', async (_, value) => {
    open.server.next(json(200, value));
    expect(await open.api.getWebhook('w')).toEqual({ ...unsaid, id: 'w', event_type: 'e', webhook_url: 'u' });
  });

  test('a byte order mark does no harm', async () => {
    open.server.next(answer(200, `\ufeff${JSON.stringify(whole)}`));
    expect(await open.api.getWebhook('w1')).toEqual(read);
  });
});

describe('creating', () => {
  const create = () => open.api.createWebhook(asked, { idempotencyKey });

  test.each(['webhook_id', 'id'])('takes the id from %s', async (field) => {
    open.server.next(json(201, { [field]: 'w1', ...asked, secret_key: 'whsec_A1', message: 'made' }));
    const { secret, ...rest } = await create();
    expect(rest).toEqual({ id: 'w1', ...asked, message: 'made' });
    expect(secret.reveal()).toBe('whsec_A1');
  });

  test('fills in what was asked where the answer does not repeat it', async () => {
    open.server.next(json(200, { webhook_id: 'w1', secret_key: 'whsec_A1', event_type: 7 }));
    expect(await create()).toMatchObject({ ...asked, message: null });
  });

  test.each<[string, unknown]>([
    ['no secret', { webhook_id: 'w1', message: 'made' }],
    ['a null secret', { webhook_id: 'w1', secret_key: null }],
    ['an empty secret', { webhook_id: 'w1', secret_key: '' }],
    ['a secret of another type', { webhook_id: 'w1', secret_key: { whsec: 1 } }],
    ['a secret with a control character', { webhook_id: 'w1', secret_key: 'whsec_\u0000' }],
    ['an endless secret', { webhook_id: 'w1', secret_key: 'x'.repeat(5000) }],
  ])('with %s says that the webhook exists and how to get a secret', async (_, body) => {
    open.server.next(json(201, body));
    const failure = await failureOf(create());
    expect(failure).toBeInstanceOf(ApiFailure);
    expect(failure).toMatchObject({
      kind: 'api_unavailable',
      mayHaveHappened: true,
      problem: { httpStatus: 201 },
    });
    expect(failure.message).toContain(
      'A webhook now exists (w1), but the answer has no readable signing secret',
    );
    expect(failure.hint).toContain('kycgenie webhooks rotate w1');
    expect(open.sleeps).toEqual([]);
  });

  test.each<[string, unknown]>([
    ['no id', { secret_key: 'whsec_HUSH' }],
    ['an id that is no text', { webhook_id: 7, secret_key: 'whsec_HUSH' }],
    ['a list', ['whsec_HUSH']],
    ['not JSON', undefined],
    ['a hostile id', { webhook_id: 'w1; rm -rf /', message: '' }],
  ])('a 201 with %s says so too, and shows nothing of the answer', async (_, body) => {
    open.server.next(body === undefined ? answer(201, '{"secret_key": "whsec_HUSH') : json(201, body));
    const failure = await failureOf(create());
    expect(failure.message).toContain('A webhook now exists,');
    expect(failure.hint).toContain('kycgenie webhooks list');
    expect(failure.hint).toContain('rotate <id>');
    expect(`${failure.message}${failure.hint}${String(failure.cause)}`).not.toMatch(/HUSH|rm -rf/);
  });

  test.each([
    ['HTML', answer(200, '<html>Log in</html>', { 'content-type': 'text/html; charset=utf-8' }), 'text/html'],
    ['other JSON', json(200, { hello: 'world' }), 'JSON that names no webhook'],
  ])('a 200 with %s is no webhook, but another server', async (_, behaviour, what) => {
    open.server.next(behaviour);
    const failure = await failureOf(create());
    expect(failure.message).toContain(what);
    expect(failure.message).not.toContain('exists');
    expect(failure.hint).toContain('--base-url');
    expect(failure.mayHaveHappened).toBe(true);
  });
});

describe('rotating', () => {
  const rotate = () => open.api.rotateSecret('w1', { idempotencyKey });

  test('gives the new secret', async () => {
    open.server.next(json(200, { secret_key: 'whsec_B', message: 'rotated' }));
    const { secret, message } = await rotate();
    expect([secret.reveal(), message]).toEqual(['whsec_B', 'rotated']);
  });

  test('says that the secret changed when the new one cannot be read', async () => {
    open.server.next(json(200, { message: 'rotated' }));
    const failure = await failureOf(rotate());
    expect(failure).toMatchObject({ kind: 'api_unavailable', mayHaveHappened: true });
    expect(failure.message).toContain('The secret of webhook w1 was rotated');
  });

  test('names what came instead of JSON', async () => {
    open.server.next(answer(200, 'hello', { 'content-type': 'text/plain' }));
    expect((await failureOf(rotate())).message).toMatch(/text\/plain instead of JSON \(HTTP 200\)$/);
  });
});

describe('updating and deleting', () => {
  const calls = [
    ['update', () => open.api.updateWebhook('w1', { is_active: false })],
    ['delete', () => open.api.deleteWebhook('w1')],
  ] as const;

  test.each(calls)('%s is done with a message, with another object, and without a body', async (_, call) => {
    open.server.next(json(200, { message: 'done' }), json(200, { message: 7 }), answer(204));
    await call();
    await call();
    await call();
    expect(open.server.arrivals).toHaveLength(3);
  });

  test.each(calls)('%s is not done by a page of something else', async (_, call) => {
    open.server.next(answer(200, '<html>', { 'content-type': 'text/html' }));
    expect(await failureOf(call())).toMatchObject({ kind: 'api_unavailable', mayHaveHappened: true });
  });
});

describe('testing a receiver', () => {
  const run = () => open.api.testWebhook('https://x.test');

  test.each<[string, number, unknown, unknown]>([
    [
      'delivered',
      200,
      { success: true, message: 'ok', http_status_code: 200 },
      { success: true, message: 'ok', http_status_code: 200 },
    ],
    [
      'delivered, without details',
      200,
      { success: true },
      { success: true, message: null, http_status_code: null },
    ],
    [
      'refused',
      502,
      { error: 'server_error', message: 'HTTP 404', details: { http_status_code: 404 } },
      { success: false, message: 'HTTP 404', http_status_code: 404 },
    ],
    [
      'unreachable',
      502,
      { error: 'server_error', message: 'Unreachable', details: {} },
      { success: false, message: 'Unreachable', http_status_code: null },
    ],
    [
      'unreachable, without details',
      502,
      { error: 'server_error', message: 'Unreachable' },
      { success: false, message: 'Unreachable', http_status_code: null },
    ],
    [
      'refused, in the other envelope',
      502,
      { error: 'It said 500', code: 'server_error', details: { http_status_code: 500 } },
      { success: false, message: 'It said 500', http_status_code: 500 },
    ],
  ])('%s is an outcome', async (_, status, body, outcome) => {
    open.server.next(json(status, body));
    expect(await run()).toEqual(outcome);
    expect(open.server.arrivals).toHaveLength(1);
  });

  test.each<[string, ReturnType<typeof json>]>([
    ['a gateway', answer(502, '<html>Bad Gateway</html>', { 'content-type': 'text/html' })],
    ['another code', json(502, { error: 'bad_gateway' })],
    ['a server error without a receiver', json(502, { error: 'It broke', code: 'server_error' })],
    ['another status', json(500, { error: 'server_error', details: { http_status_code: 404 } })],
    [
      'a receiver status that is no number',
      json(502, { error: 'server_error', details: { http_status_code: 'x' } }),
    ],
    ['a gateway that is busy', json(503, { error: 'unavailable' })],
  ])('%s is a failure, and is not repeated', async (_, behaviour) => {
    open.server.next(behaviour);
    expect((await failureOf(run())).kind).toBe('api_unavailable');
    expect(open.server.arrivals).toHaveLength(1);
  });

  test('a 429 is repeated: nothing was delivered yet', async () => {
    open.server.next(json(429, {}), json(200, { success: true }));
    expect((await run()).success).toBe(true);
  });
});

test('no secret of an answer is in a trace, and no key', async () => {
  open.server.next(
    json(201, { webhook_id: 'w1', secret_key: 'whsec_HUSH', odd: 'other-HUSH' }),
    json(200, { secret_key: 'whsec_HUSH' }),
    answer(201, 'secret=HUSH'),
  );
  await open.api.createWebhook(asked, { idempotencyKey });
  await open.api.rotateSecret('w1', { idempotencyKey });
  await failureOf(open.api.createWebhook(asked, { idempotencyKey }));
  const traced = JSON.stringify(open.traces);
  expect(traced).not.toContain('HUSH');
  expect(traced).not.toContain(KEY);
  expect(traced).toContain('[withheld: webhook_id, secret_key, odd]');
  expect(traced).toContain('[withheld: no fields]');
});
