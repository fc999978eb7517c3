import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Api } from '../../src/api/client.ts';
import { Secret } from '../../src/secret.ts';
import { json } from '../support/faulty-server.ts';
import { failureOf, KEY, type OpenApi, openApi } from './open-api.ts';

const idempotencyKey = '0123456789abcdef';
const created = { webhook_id: 'w1', event_type: 'a.b', webhook_url: 'https://x.test', secret_key: 'whsec_A' };
const webhook = { id: 'w1', event_type: 'a.b', webhook_url: 'https://x.test' };

type Asked = readonly [
  name: string,
  call: (api: Api) => Promise<unknown>,
  answer: unknown,
  line: string,
  body: unknown,
];

describe.each(['v1', 'v2'] as const)('%s', (version) => {
  let open: OpenApi;
  beforeEach(async () => {
    open = await openApi(version);
  });
  afterEach(() => open.close());

  const list = version === 'v1' ? { webhooks: [] } : { count: 0, results: [] };
  const logs =
    version === 'v1'
      ? { total: 0, page: 1, page_size: 50, logs: [] }
      : { has_more: false, next_cursor: null, results: [] };
  const firstPage = version === 'v1' ? '?page=1' : '';
  const asked: readonly Asked[] = [
    [
      'create',
      (api) => api.createWebhook({ event_type: 'a.b', webhook_url: 'https://x.test' }, { idempotencyKey }),
      created,
      'POST webhooks/',
      { event_type: 'a.b', webhook_url: 'https://x.test' },
    ],
    ['list', (api) => api.listWebhooks(), list, 'GET webhooks/', null],
    ['get', (api) => api.getWebhook('w 1/é'), webhook, 'GET webhooks/w%201%2F%C3%A9/', null],
    [
      'update',
      (api) => api.updateWebhook('w1', { is_active: false, filters: {} }),
      { message: 'Webhook updated', id: 'w1' },
      'PATCH webhooks/w1/',
      { is_active: false, filters: {} },
    ],
    ['delete', (api) => api.deleteWebhook('w1'), { message: 'gone' }, 'DELETE webhooks/w1/', null],
    [
      'test',
      (api) => api.testWebhook('https://x.test/?q=1'),
      { success: true, http_status_code: 200 },
      'POST webhooks/test/',
      { webhook_url: 'https://x.test/?q=1' },
    ],
    [
      'rotate',
      (api) => api.rotateSecret('w1', { idempotencyKey }),
      { secret_key: 'whsec_B' },
      'POST webhooks/w1/rotate-secret/',
      null,
    ],
    ['log page', (api) => api.logPage(), logs, `GET webhooks/logs/${firstPage}`, null],
    ['retry', (api) => api.retryDelivery('l1'), { message: 'queued' }, 'POST webhooks/logs/l1/retry/', null],
  ];

  test.each(asked)('%s asks for the documented path, with its body', async (_, call, answer, line, body) => {
    open.server.next(json(200, answer));
    await call(open.api);
    const [method, path] = line.split(' ');
    const arrival = open.server.arrivals[0];
    expect(`${arrival?.method} ${arrival?.target}`).toBe(`${method} /api/${version}/${path}`);
    expect(arrival?.body.length ? JSON.parse(arrival.body.toString()) : null).toEqual(body);
  });

  test.each(asked)('%s identifies itself and its content', async (_, call, answer, __, body) => {
    open.server.next(json(200, answer));
    await call(open.api);
    const headers = Object.fromEntries(open.server.arrivals[0]?.headers ?? []);
    expect(headers).toMatchObject({
      authorization: `Bearer ${KEY}`,
      accept: 'application/json',
      'accept-encoding': 'identity',
      'user-agent': 'kycgenie-cli/test',
      host: open.server.url.host,
    });
    expect(headers['content-type']).toBe(body === null ? undefined : 'application/json');
  });
});

describe('what is refused before anything is sent', () => {
  let open: OpenApi;
  beforeEach(async () => {
    open = await openApi();
  });
  afterEach(() => open.close());

  test.each(['', '.', '..', 'test', 'logs', '\ud800'])('the webhook id %j', async (id) => {
    const calls = [
      open.api.getWebhook(id),
      open.api.updateWebhook(id, { is_active: true }),
      open.api.deleteWebhook(id),
      open.api.rotateSecret(id, { idempotencyKey }),
    ];
    for (const call of calls) expect((await failureOf(call)).kind).toBe('usage');
    expect(open.server.arrivals).toEqual([]);
  });

  test('an empty log id', async () => {
    expect((await failureOf(open.api.retryDelivery('..'))).kind).toBe('usage');
  });

  test.each([
    ['too short', 'x'.repeat(15)],
    ['too long', 'x'.repeat(256)],
    ['with a space', `${'x'.repeat(20)} `],
    ['with a line feed', `${'x'.repeat(20)}\n`],
    ['beyond ASCII', 'é'.repeat(20)],
  ])('an idempotency key that is %s', async (_, key) => {
    const calls = [
      open.api.createWebhook({ event_type: 'a.b', webhook_url: 'https://x.test' }, { idempotencyKey: key }),
      open.api.rotateSecret('w1', { idempotencyKey: key }),
    ];
    for (const call of calls) expect((await failureOf(call)).kind).toBe('usage');
    expect(open.server.arrivals).toEqual([]);
  });

  test.each(['x'.repeat(16), '!~'.repeat(127)])('but not the key %s', async (key) => {
    open.server.next(json(201, created));
    await open.api.createWebhook(
      { event_type: 'a.b', webhook_url: 'https://x.test' },
      { idempotencyKey: key },
    );
    expect(open.server.arrivals[0]?.headers).toContainEqual(['idempotency-key', key]);
  });

  test.each([
    'http://api.kycgenie.com',
    'http://10.0.0.1',
    'http://localhost.example.com',
    'https://user:pass@api.kycgenie.com',
    'ftp://localhost',
  ])('the key, to %s', (baseUrl) => {
    expect(() => open.with({ baseUrl: new URL(baseUrl) })).toThrow(
      expect.objectContaining({ kind: 'usage', message: expect.not.stringContaining('pass@') }),
    );
  });

  test.each(['', 'two words', 'line\n', 'schlüssel', 'a\u007f'])(
    'the key %j, which is not one visible word',
    (key) => {
      expect(() => open.with({ key: new Secret(key) })).toThrow(
        expect.objectContaining({ kind: 'not_logged_in' }),
      );
    },
  );

  test.each(['https://api.kycgenie.com', 'http://localhost:1', 'http://127.0.0.1:1', 'http://[::1]:1'])(
    'not the key to %s',
    (baseUrl) => {
      expect(() => open.with({ baseUrl: new URL(baseUrl) })).not.toThrow();
    },
  );
});
