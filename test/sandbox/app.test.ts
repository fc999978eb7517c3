import { afterEach, describe, expect, test } from 'vitest';
import type { SandboxOptions } from '../../src/sandbox/sandbox.ts';
import { type Bench, SUBSCRIPTION, startBench } from './harness.ts';

const benches: Bench[] = [];
afterEach(() => Promise.all(benches.splice(0).map(({ sandbox }) => sandbox.close())));

async function bench(options: Partial<SandboxOptions> = {}): Promise<Bench> {
  const started = await startBench(options);
  benches.push(started);
  return started;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const VERSIONS = ['v1', 'v2'] as const;

describe('the key', () => {
  test.each([
    ['none', { Authorization: '' }],
    ['another', { Authorization: `Bearer kycg_${'f'.repeat(32)}` }],
    ['the right one under another scheme', { Authorization: 'Basic kycg_0123456789abcdef0123456789abcdef' }],
    ['an empty one', { Authorization: 'Bearer ' }],
  ])('%s is 401 authentication_failed', async (_name, headers) => {
    const { call } = await bench();
    for (const path of ['/api/v2/webhooks/', '/api/v1/nothing/', '/sandbox/events']) {
      const { status, json, headers: sent } = await call('GET', path, undefined, headers);
      expect([status, json.code]).toEqual([401, 'authentication_failed']);
      expect(sent['www-authenticate']).toBe('Bearer');
    }
  });

  test('is made up as the provider makes keys when none is given', async () => {
    expect((await bench({ apiKey: undefined })).key).toMatch(/^kycg_[0-9a-f]{32}$/);
  });

  test('goes under bearer in any case', async () => {
    const { call, key } = await bench();
    const { status } = await call('GET', '/api/v2/webhooks/', undefined, { Authorization: `bearer ${key}` });
    expect(status).toBe(200);
  });
});

describe('errors', () => {
  test('come in the documented envelope with the request id of the header', async () => {
    const { call } = await bench();
    const { status, json, headers } = await call('POST', '/api/v2/webhooks/', {});
    expect(status).toBe(400);
    expect(json).toEqual({
      error: expect.any(String),
      code: 'validation_error',
      request_id: headers['x-request-id'],
      errors: { event_type: ['This field is required.'], webhook_url: ['This field is required.'] },
    });
    expect(json.request_id).toMatch(UUID);
    expect(headers['content-type']).toBe('application/json');
  });

  test.each([
    ['no event type', { event_type: undefined }, { event_type: ['This field is required.'] }],
    ['a null', { event_type: null }, { event_type: ['This field may not be null.'] }],
    ['a number', { event_type: 1 }, { event_type: ['Not a valid string.'] }],
    ['an unknown type', { event_type: 'a.b' }, { event_type: ['Not a documented event type.'] }],
    ['a group', { event_type: 'screening.*' }, { event_type: ['Not a documented event type.'] }],
    [
      'http elsewhere',
      { webhook_url: 'http://a.example/' },
      { webhook_url: [expect.stringContaining('https')] },
    ],
    ['no URL', { webhook_url: 'receiver' }, { webhook_url: [expect.stringContaining('https')] }],
    [
      'a long URL',
      { webhook_url: `https://a.example/${'x'.repeat(2048)}` },
      { webhook_url: [expect.stringContaining('2048')] },
    ],
    ['a description that is no text', { description: {} }, { description: ['Not a valid string.'] }],
    ['filters that are a list', { filters: [] }, { filters: ['Must be an object.'] }],
  ])('%s is a validation_error of its field', async (_name, fields, errors) => {
    const { call } = await bench();
    const { status, json } = await call('POST', '/api/v2/webhooks/', { ...SUBSCRIPTION, ...fields });
    expect([status, json.code, json.errors]).toEqual([400, 'validation_error', errors]);
  });

  test.each([
    ['nothing', Buffer.from('')],
    ['no JSON', Buffer.from('{"event_type": ')],
    ['no UTF-8', Buffer.from([0x22, 0xff, 0x22])],
    ['a list', Buffer.from('[]')],
    ['a deep nest', Buffer.from(`{"filters":${'['.repeat(5000)}${']'.repeat(5000)}}`)],
  ])('a body of %s is invalid_request', async (_name, body) => {
    const { call } = await bench();
    const { status, json } = await call('POST', '/api/v2/webhooks/', body);
    expect([status, json.code]).toEqual([400, 'invalid_request']);
  });

  test('a body over the limit is 413', async () => {
    const { call } = await bench();
    const description = 'x'.repeat(256 * 1024);
    expect((await call('POST', '/api/v2/webhooks/', { ...SUBSCRIPTION, description })).status).toBe(413);
  });

  test.each([
    '/api/v2/webhooks/f67f165d-0d1e-4eb7-81e6-3494a260dcd4/',
    '/api/v2/webhooks/no-uuid/',
    '/api/v3/webhooks/',
    '/api/v2/webhooks//',
    '/',
    '//elsewhere/api/v2/webhooks/',
  ])('%s is 404 not_found', async (path) => {
    const { call } = await bench();
    const { status, json } = await call('GET', path);
    expect([status, json.code]).toEqual([404, 'not_found']);
  });

  test('a path without its last slash is 404 and says so', async () => {
    const { call } = await bench();
    const { status, json } = await call('GET', '/api/v2/webhooks');
    expect([status, json.error]).toEqual([404, expect.stringContaining('slash')]);
  });

  test.each([
    ['PUT', '/api/v1/webhooks/', 'GET, POST'],
    ['POST', '/api/v1/webhooks/x/', 'GET, PATCH, DELETE'],
    ['GET', '/api/v2/webhooks/test/', 'POST'],
    ['DELETE', '/api/v2/webhooks/logs/', 'GET'],
    ['GET', '/api/v2/webhooks/x/rotate-secret/', 'POST'],
    ['GET', '/api/v2/webhooks/logs/x/retry/', 'POST'],
    ['GET', '/sandbox/events', 'POST'],
  ])('%s %s is 405 and names the methods', async (method, path, allowed) => {
    const { call } = await bench();
    const { status, json, headers } = await call(method, path);
    expect([status, json.code, headers['allow']]).toEqual([405, 'method_not_allowed', allowed]);
  });

  test('a target or a method that HTTP clients cannot send is 400', async () => {
    const { call } = await bench();
    expect((await call('GET', 'http://[')).status).toBe(400);
    expect((await call('TRACE', '/api/v2/webhooks/')).status).toBe(400);
  });
});

describe.each(VERSIONS)('subscriptions in %s', (version) => {
  const all = `/api/${version}/webhooks/`;

  test('are created with a secret that is shown once', async () => {
    const { call } = await bench();
    const created = await call('POST', all, { ...SUBSCRIPTION, description: 'd', unknown: 'ignored' });
    expect([created.status, created.json]).toEqual([
      201,
      {
        webhook_id: expect.stringMatching(UUID),
        ...SUBSCRIPTION,
        secret_key: expect.stringMatching(/^whsec_[A-Za-z0-9+/]{43}=$/),
        message: 'Webhook created successfully',
      },
    ]);
    const list = await call('GET', all);
    const one = await call('GET', `${all}${created.json.webhook_id}/`);
    expect(list.text + one.text).not.toContain(created.json.secret_key);
  });

  test('may be delivered to this machine over http', async () => {
    const { call } = await bench();
    for (const host of ['127.0.0.1:1', 'localhost', '[::1]:80'])
      expect((await call('POST', all, { ...SUBSCRIPTION, webhook_url: `http://${host}/` })).status).toBe(201);
  });

  test('are shown with all their fields and precise times', async () => {
    const { call, clock } = await bench();
    const { json: created } = await call('POST', all, {
      ...SUBSCRIPTION,
      description: 'd',
      filters: { a: [1] },
    });
    clock.advance(1_500);
    await call('PATCH', `${all}${created.webhook_id}/`, { description: 'e' });
    const { status, json } = await call('GET', `${all}${created.webhook_id}/`);
    expect([status, json]).toEqual([
      200,
      {
        id: created.webhook_id,
        ...SUBSCRIPTION,
        is_active: true,
        description: 'e',
        filters: { a: [1] },
        created_at: '2026-01-19T10:30:00.000000+00:00',
        updated_at: '2026-01-19T10:30:01.500000+00:00',
        stats: { total_deliveries: 0, successful_deliveries: 0, failed_deliveries: 0 },
        last_triggered_at: null,
      },
    ]);
  });

  test('change in the fields that are sent, and keep the others', async () => {
    const { call, create } = await bench();
    const { webhook_id } = await create({ description: 'd', filters: { a: 1 } });
    const path = `${all}${webhook_id}/`;
    const patch = { webhook_url: 'https://other.example/', is_active: false, event_type: 'case.opened' };
    expect((await call('PATCH', path, patch)).json).toEqual({ message: 'Webhook updated', id: webhook_id });
    expect((await call('PATCH', path, {})).status).toBe(200);
    expect((await call('GET', path)).json).toMatchObject({
      event_type: 'screening.completed',
      webhook_url: 'https://other.example/',
      is_active: false,
      description: 'd',
      filters: { a: 1 },
    });
  });

  test.each([
    [{ is_active: 'yes' }, { is_active: ['Must be a valid boolean.'] }],
    [{ is_active: null }, { is_active: ['This field may not be null.'] }],
    [{ webhook_url: 'http://a.example' }, { webhook_url: [expect.any(String)] }],
    [{ webhook_url: '' }, { webhook_url: expect.arrayContaining(['This field may not be blank.']) }],
  ])('refuse the change %j', async (patch, errors) => {
    const { call, create } = await bench();
    const { webhook_id } = await create();
    const { status, json } = await call('PATCH', `${all}${webhook_id}/`, patch);
    expect([status, json.errors]).toEqual([400, errors]);
  });

  test('are gone once deleted', async () => {
    const { call, create } = await bench();
    const { webhook_id } = await create();
    const path = `${all}${webhook_id}/`;
    expect((await call('DELETE', path)).json).toEqual({ message: 'Webhook deleted successfully' });
    for (const [method, where] of [
      ['GET', path],
      ['DELETE', path],
      ['PATCH', path],
      ['POST', `${path}rotate-secret/`],
    ] as const)
      expect((await call(method, where, {})).status).toBe(404);
  });
});

describe('the list', () => {
  test('of v2 has a count and all fields but updated_at', async () => {
    const { call, create, clock } = await bench();
    const first = await create({ filters: { a: 1 } });
    clock.advance(1);
    const second = await create({ event_type: 'all' });
    const { json } = await call('GET', '/api/v2/webhooks/');
    expect(json.count).toBe(2);
    expect(json.results.map(({ id }: { id: string }) => id)).toEqual([first.webhook_id, second.webhook_id]);
    expect(json.results[0]).toEqual({
      id: first.webhook_id,
      ...SUBSCRIPTION,
      is_active: true,
      description: '',
      filters: { a: 1 },
      created_at: '2026-01-19T10:30:00.000Z',
      stats: { total_deliveries: 0, successful_deliveries: 0, failed_deliveries: 0 },
      last_triggered_at: null,
    });
  });

  test('of v1 has only the fields that v1 is known to have', async () => {
    const { call, create } = await bench();
    const { webhook_id } = await create();
    expect((await call('GET', '/api/v1/webhooks/')).json).toEqual({
      webhooks: [
        {
          id: webhook_id,
          ...SUBSCRIPTION,
          is_active: true,
          description: '',
          stats: { total_deliveries: 0, successful_deliveries: 0, failed_deliveries: 0 },
        },
      ],
    });
  });
});

test('more webhooks than the sandbox keeps are refused', async () => {
  const { call, create } = await bench();
  for (let count = 0; count < 10_000; count += 1) await create();
  const { status, json } = await call('POST', '/api/v2/webhooks/', SUBSCRIPTION);
  expect([status, json.code]).toEqual([400, 'invalid_request']);
});

describe('limits and failures on purpose', () => {
  test('calls over the rate are 429 with the time after which they are not', async () => {
    const { call, clock } = await bench({ rateLimitPerSecond: 2 });
    const statuses = async (): Promise<number[]> => {
      const replies = await Promise.all([1, 2, 3].map(() => call('GET', '/api/v2/webhooks/')));
      return replies.map(({ status }) => status);
    };
    expect(await statuses()).toEqual([200, 200, 429]);
    const { json, headers } = await call('GET', '/api/v2/webhooks/');
    expect([json.code, headers['retry-after']]).toEqual(['rate_limited', '1']);
    clock.advance(1_000);
    expect(await statuses()).toEqual([200, 200, 429]);
  });

  test('a rate below one a second says how long to wait', async () => {
    const { call, clock } = await bench({ rateLimitPerSecond: 0.1 });
    expect((await call('GET', '/api/v2/webhooks/')).status).toBe(200);
    expect((await call('GET', '/api/v2/webhooks/')).headers['retry-after']).toBe('10');
    clock.advance(10_000);
    expect((await call('GET', '/api/v2/webhooks/')).status).toBe(200);
  });

  test('the sandbox itself is neither limited nor failing', async () => {
    const { fire } = await bench({ rateLimitPerSecond: 1, failRate: 1 });
    for (let count = 0; count < 3; count += 1) await fire('case.opened');
  });

  test('a failure rate of 1 fails every call, in three ways', async () => {
    const { call, clock } = await bench({ failRate: 1, random: undefined });
    const seen = new Set<string>();
    for (let count = 0; count < 40; count += 1) {
      const { status, headers, text } = await call('GET', '/api/v2/webhooks/');
      const isCut = Number(headers['content-length'] ?? text.length) > text.length;
      seen.add(`${status} ${headers['retry-after'] ?? '-'} ${isCut}`);
      clock.advance(1);
    }
    expect([...seen].sort()).toEqual(['200 - true', '500 - false', '503 1 false']);
  });

  test('a refusal keeps the call from happening, a cut answer does not', async () => {
    const faulty = await bench({ failRate: 1 });
    for (let count = 0; count < 20; count += 1) await faulty.call('POST', '/api/v2/webhooks/', SUBSCRIPTION);
    const cut = faulty.notices.filter((notice) => notice.type === 'request' && notice.status === 201).length;
    expect(cut).toBeGreaterThan(0);
    expect(cut).toBeLessThan(20);
    const fired = await faulty.fire('screening.completed');
    expect(fired.deliveries).toBe(cut);
  });

  test('latency delays API calls', async () => {
    const { call, clock } = await bench({ latencyMs: 200 });
    let answered = false;
    const reply = call('GET', '/api/v2/webhooks/').finally(() => {
      answered = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect([answered, clock.sleeping]).toEqual([false, 1]);
    clock.advance(200);
    expect((await reply).status).toBe(200);
  });

  test('a call whose client left while it was delayed is given up', async () => {
    const { sandbox } = await bench({ latencyMs: 200 });
    const client = new AbortController();
    const target = '/api/v2/webhooks/';
    const request = { method: 'GET', target, headers: [], body: new Uint8Array(), remoteAddress: '' };
    const answer = sandbox.handler({ ...request, signal: client.signal });
    client.abort(new Error('gone'));
    await expect(answer).rejects.toThrow('gone');
  });
});

test('every call is told to the owner, without its key', async () => {
  const { call, notices, key } = await bench();
  const { headers } = await call('GET', '/api/v2/webhooks/?a=b');
  expect(notices).toEqual([
    {
      type: 'request',
      at: '2026-01-19T10:30:00.000Z',
      request_id: headers['x-request-id'],
      method: 'GET',
      path: '/api/v2/webhooks/?a=b',
      status: 200,
      duration_ms: 0,
    },
  ]);
  expect(JSON.stringify(notices)).not.toContain(key);
});
