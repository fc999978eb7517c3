import { afterEach, describe, expect, test } from 'vitest';
import { type Bench, type Json, type Reply, SUBSCRIPTION, startBench } from './harness.ts';

const benches: Bench[] = [];
afterEach(() => Promise.all(benches.splice(0).map(({ sandbox }) => sandbox.close())));

const HOUR_MS = 3_600_000;
const KEY = 'a-key-of-16-char';

async function creating() {
  const bench = await startBench();
  benches.push(bench);
  const post = (body: unknown, key: string, path = '/api/v2/webhooks/'): Promise<Reply> =>
    bench.call('POST', path, body, { 'Idempotency-Key': key });
  const count = async (): Promise<Json> => (await bench.call('GET', '/api/v2/webhooks/')).json.count;
  return { ...bench, post, count };
}

describe('a create call with an Idempotency-Key', () => {
  test('is answered the same to the byte when it is repeated, and happens once', async () => {
    const { post, count } = await creating();
    const first = await post(SUBSCRIPTION, KEY);
    const second = await post(SUBSCRIPTION, KEY);
    expect([first.status, second.status]).toEqual([201, 201]);
    expect(second.text).toBe(first.text);
    expect(second.headers['x-request-id']).not.toBe(first.headers['x-request-id']);
    expect(await count()).toBe(1);
  });

  test('happens once when it is sent many times at once', async () => {
    const { post, count } = await creating();
    const replies = await Promise.all(Array.from({ length: 20 }, () => post(SUBSCRIPTION, KEY)));
    expect(new Set(replies.map(({ text }) => text)).size).toBe(1);
    expect(await count()).toBe(1);
  });

  test('is the same call in another order of its fields', async () => {
    const { post } = await creating();
    const filters = { a: 1, b: { c: 2, d: [1, { e: 1, f: 2 }] } };
    const reordered = { b: { d: [1, { f: 2, e: 1 }], c: 2 }, a: 1 };
    const first = await post({ ...SUBSCRIPTION, filters }, KEY);
    const second = await post({ filters: reordered, ...SUBSCRIPTION }, KEY);
    expect(second.text).toBe(first.text);
  });

  test.each([
    ['another body', { ...SUBSCRIPTION, description: 'd' }, '/api/v2/webhooks/'],
    ['another order in a list', { ...SUBSCRIPTION, filters: { a: [2, 1] } }, '/api/v2/webhooks/'],
    ['another path', SUBSCRIPTION, '/api/v1/webhooks/'],
  ])('with %s is a conflict and changes nothing', async (_name, body, path) => {
    const { post, count } = await creating();
    await post('filters' in body ? { ...SUBSCRIPTION, filters: { a: [1, 2] } } : SUBSCRIPTION, KEY);
    const { status, json } = await post(body, KEY, path);
    expect([status, json.code]).toEqual([409, 'conflict']);
    expect(await count()).toBe(1);
  });

  test('is forgotten after 24 hours, and not before', async () => {
    const { post, count, clock } = await creating();
    const first = await post(SUBSCRIPTION, KEY);
    clock.advance(24 * HOUR_MS - 1);
    expect((await post(SUBSCRIPTION, KEY)).text).toBe(first.text);
    clock.advance(1);
    expect((await post(SUBSCRIPTION, KEY)).text).not.toBe(first.text);
    expect(await count()).toBe(2);
  });

  test('that was refused may be corrected under the same key', async () => {
    const { post } = await creating();
    expect((await post({ ...SUBSCRIPTION, event_type: 'a.b' }, KEY)).status).toBe(400);
    expect((await post(SUBSCRIPTION, KEY)).status).toBe(201);
  });

  test.each([
    [15, 400],
    [16, 201],
    [255, 201],
    [256, 400],
  ])('of %i characters is %i', async (length, status) => {
    const { post } = await creating();
    expect((await post(SUBSCRIPTION, 'k'.repeat(length))).status).toBe(status);
  });

  test('is answered with the secret even after the subscription was deleted', async () => {
    const { post, call } = await creating();
    const first = await post(SUBSCRIPTION, KEY);
    await call('DELETE', `/api/v2/webhooks/${first.json.webhook_id}/`);
    expect((await post(SUBSCRIPTION, KEY)).text).toBe(first.text);
  });
});

test('without a key every create call happens', async () => {
  const { call, count } = await creating();
  await call('POST', '/api/v2/webhooks/', SUBSCRIPTION);
  await call('POST', '/api/v2/webhooks/', SUBSCRIPTION);
  expect(await count()).toBe(2);
});

describe('a rotate call', () => {
  test('with a key gives one new secret however often it is repeated', async () => {
    const { post, create } = await creating();
    const { webhook_id, secret_key } = await create();
    const path = `/api/v2/webhooks/${webhook_id}/rotate-secret/`;
    const first = await post(undefined, KEY, path);
    expect(first.json).toEqual({
      secret_key: expect.stringMatching(/^whsec_/),
      message: 'Webhook secret rotated successfully',
    });
    expect(first.json.secret_key).not.toBe(secret_key);
    expect((await post(undefined, KEY, path)).text).toBe(first.text);
    expect((await post(undefined, `${KEY}-2`, path)).json.secret_key).not.toBe(first.json.secret_key);
  });

  test('of another webhook under the same key is a conflict', async () => {
    const { post, create } = await creating();
    const first = await create();
    const second = await create();
    await post(undefined, KEY, `/api/v2/webhooks/${first.webhook_id}/rotate-secret/`);
    const reply = await post(undefined, KEY, `/api/v2/webhooks/${second.webhook_id}/rotate-secret/`);
    expect(reply.status).toBe(409);
  });
});
