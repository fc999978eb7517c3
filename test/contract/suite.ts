import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Api, CreatedWebhook } from '../../src/api/client.ts';
import type { ApiVersion } from '../../src/api/wire.ts';
import { API_VERSIONS } from '../../src/api-versions.ts';

// biome-ignore lint/suspicious/noExplicitAny: what a test reads out of JSON
type Json = any;

export interface RawReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly json: Json;
}

/** One API under test, spoken to through the typed client and as plain HTTP. */
export interface Connection {
  readonly api: Api;
  /** With the key, unless `headers` has another authorization. A text body goes as it is. */
  raw(
    method: string,
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ): Promise<RawReply>;
  /** A URL that nobody answers at. */
  readonly unreachable: string;
  /** Where a receiver that answers `status` can be reached by the API; null where there is none. */
  receiver(status: number): string | null;
  close(): Promise<void>;
}

export type Connect = (version: ApiVersion) => Promise<Connection>;

/** Reserved never to exist: what is sent there reaches nobody. */
export const NOWHERE = 'https://kycgenie-cli-contract.invalid/';
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;
const ABSENT = '00000000-0000-4000-8000-000000000000';
const STATUSES = ['pending', 'delivered', 'failed', 'retrying'];

/**
 * What the reference says of the API, as tests: the sandbox has to pass them, and so has the provider. They
 * need no data in the account and leave none behind.
 */
export function contractSuite(name: string, connect: Connect): void {
  describe.each(API_VERSIONS)(`${name}, %s`, (version) => {
    let connection: Connection;
    const created: string[] = [];
    const at = `/api/${version}/webhooks/`;

    beforeAll(async () => {
      connection = await connect(version);
      await removeLeftovers(connection.api);
    });
    afterEach(async () => {
      for (const id of created.splice(0)) await connection.api.deleteWebhook(id).catch(() => undefined);
    });
    afterAll(async () => {
      await removeLeftovers(connection.api);
      await connection.close();
    });

    const fields = (more: Readonly<Record<string, unknown>> = {}) => ({
      event_type: 'screening.completed',
      webhook_url: `${NOWHERE}${randomUUID()}`,
      description: 'contract test',
      ...more,
    });

    async function create(idempotencyKey: string = randomUUID(), wanted = fields()): Promise<CreatedWebhook> {
      const webhook = await connection.api.createWebhook(wanted, { idempotencyKey });
      created.push(webhook.id);
      return webhook;
    }

    describe('create', () => {
      test('answers 201 with the id and a secret that is shown once', async () => {
        const wanted = fields();
        const { status, json } = await connection.raw('POST', at, wanted, {
          'idempotency-key': randomUUID(),
        });
        const id = json.webhook_id ?? json.id;
        created.push(id);
        expect(status).toBe(201);
        expect(id).toMatch(UUID);
        expect(json).toMatchObject({ event_type: wanted.event_type, webhook_url: wanted.webhook_url });
        expect(json.secret_key).toMatch(/^whsec_.{8,}$/);
        const shown = await connection.raw('GET', `${at}${id}/`);
        expect(JSON.stringify(shown.json)).not.toContain(json.secret_key);
      });

      test('happens once for an Idempotency-Key that is sent twice', async () => {
        const key = randomUUID();
        const wanted = fields();
        const first = await create(key, wanted);
        const second = await create(key, wanted);
        expect(second.id).toBe(first.id);
        expect(second.secret.equals(first.secret)).toBe(true);
      });

      test('refuses a body without its required fields, field by field', async () => {
        const { status, json } = await connection.raw('POST', at, { description: 'x' });
        expect([status, json.code]).toEqual([400, 'validation_error']);
        expect(json.error).toEqual(expect.any(String));
        expect(json.errors).toMatchObject({
          event_type: [expect.any(String)],
          webhook_url: [expect.any(String)],
        });
      });

      test('refuses a receiver that is not https', async () => {
        const { status, json } = await connection.raw(
          'POST',
          at,
          fields({ webhook_url: 'http://receiver.invalid/' }),
        );
        if (status === 201) created.push(json.webhook_id ?? json.id);
        expect(status).toBe(400);
      });

      test('refuses what is no JSON', async () => {
        expect((await connection.raw('POST', at, '{"event_type": ')).status).toBe(400);
      });
    });

    describe('read', () => {
      test('the list has what was created, in the envelope of its version', async () => {
        const webhook = await create();
        const { status, json } = await connection.raw('GET', at);
        const entries = version === 'v1' ? json.webhooks : json.results;
        expect(status).toBe(200);
        if (version === 'v2') expect(json.count).toBe(entries.length);
        expect(entries.find(({ id }: Json) => id === webhook.id)).toMatchObject({
          event_type: webhook.event_type,
          webhook_url: webhook.webhook_url,
          is_active: true,
          description: 'contract test',
          stats: { total_deliveries: 0, successful_deliveries: 0, failed_deliveries: 0 },
        });
      });

      test('the client reads the list', async () => {
        const webhook = await create();
        const found = (await connection.api.listWebhooks()).find(({ id }) => id === webhook.id);
        expect(found).toMatchObject({ event_type: 'screening.completed', is_active: true });
      });

      test('a webhook has all documented fields', async () => {
        const webhook = await create();
        const { status, json } = await connection.raw('GET', `${at}${webhook.id}/`);
        expect(status).toBe(200);
        expect(json).toMatchObject({
          id: webhook.id,
          event_type: webhook.event_type,
          webhook_url: webhook.webhook_url,
          is_active: true,
          description: 'contract test',
          filters: expect.any(Object),
          created_at: expect.stringMatching(INSTANT),
          updated_at: expect.stringMatching(INSTANT),
          last_triggered_at: null,
        });
      });

      test('the client reads its times as UTC', async () => {
        const webhook = await connection.api.getWebhook((await create()).id);
        expect(webhook.created_at).toMatch(/Z$/);
        expect(webhook.updated_at).toMatch(/Z$/);
      });

      test('a webhook that is not there is not found', async () => {
        await expect(connection.api.getWebhook(ABSENT)).rejects.toMatchObject({ kind: 'not_found' });
      });
    });

    describe('update', () => {
      test('changes the fields that are sent, and keeps the others', async () => {
        const webhook = await create();
        const { status, json } = await connection.raw('PATCH', `${at}${webhook.id}/`, { is_active: false });
        expect([status, json.id]).toEqual([200, webhook.id]);
        expect(json.message).toEqual(expect.any(String));
        const url = `${NOWHERE}moved`;
        await connection.api.updateWebhook(webhook.id, { webhook_url: url, description: 'changed' });
        expect(await connection.api.getWebhook(webhook.id)).toMatchObject({
          event_type: 'screening.completed',
          webhook_url: url,
          is_active: false,
          description: 'changed',
        });
      });
    });

    describe('rotate', () => {
      test('gives another secret', async () => {
        const webhook = await create();
        const { secret } = await connection.api.rotateSecret(webhook.id, { idempotencyKey: randomUUID() });
        expect(secret.reveal()).toMatch(/^whsec_.{8,}$/);
        expect(secret.equals(webhook.secret)).toBe(false);
      });

      test('of a webhook that is not there is not found', async () => {
        const rotation = connection.api.rotateSecret(ABSENT, { idempotencyKey: randomUUID() });
        await expect(rotation).rejects.toMatchObject({ kind: 'not_found' });
      });
    });

    describe('delete', () => {
      test('answers 200, and the webhook is gone', async () => {
        const { id } = await create();
        const { status, json } = await connection.raw('DELETE', `${at}${id}/`);
        expect([status, json.message]).toEqual([200, expect.any(String)]);
        await expect(connection.api.getWebhook(id)).rejects.toMatchObject({ kind: 'not_found' });
        expect((await connection.api.listWebhooks()).map((webhook) => webhook.id)).not.toContain(id);
      });
    });

    describe('test call', () => {
      test('to a receiver that does not exist is 502 without its status', async () => {
        const { status, json } = await connection.raw('POST', `${at}test/`, {
          webhook_url: connection.unreachable,
        });
        expect([status, json.error]).toEqual([502, 'server_error']);
        expect(json.message).toEqual(expect.any(String));
        expect(json.details ?? {}).not.toHaveProperty('http_status_code');
        const outcome = await connection.api.testWebhook(connection.unreachable);
        expect(outcome).toMatchObject({ success: false, http_status_code: null });
      });

      test('is answered with what the receiver answered', async ({ skip }) => {
        const [willing, missing] = [connection.receiver(200), connection.receiver(404)];
        if (willing === null || missing === null) return skip();
        const good = await connection.raw('POST', `${at}test/`, { webhook_url: willing });
        expect([good.status, good.json]).toEqual([
          200,
          { success: true, message: expect.any(String), http_status_code: 200 },
        ]);
        const bad = await connection.raw('POST', `${at}test/`, { webhook_url: missing });
        expect([bad.status, bad.json.error, bad.json.details]).toEqual([
          502,
          'server_error',
          { http_status_code: 404 },
        ]);
        expect(await connection.api.testWebhook(willing)).toMatchObject({
          success: true,
          http_status_code: 200,
        });
        expect(await connection.api.testWebhook(missing)).toMatchObject({
          success: false,
          http_status_code: 404,
        });
      });
    });

    describe('logs', () => {
      test('come newest first with all documented fields', async () => {
        const { status, json } = await connection.raw('GET', `${at}logs/?page_size=20`);
        const entries: Json[] = version === 'v1' ? json.logs : json.results;
        expect(status).toBe(200);
        expect(entries.length).toBeLessThanOrEqual(20);
        for (const entry of entries) expectEntry(entry);
        const times = entries.map(({ created_at }) => Date.parse(created_at));
        expect(times).toEqual([...times].sort((a, b) => b - a));
      });

      test('come in the envelope of their version', async () => {
        const { json } = await connection.raw('GET', `${at}logs/?page_size=1`);
        if (version === 'v1')
          expect(json).toMatchObject({ total: expect.any(Number), page: 1, page_size: 1 });
        else expect(json.has_more).toBe(json.next_cursor !== null);
      });

      test('are read page by page, each entry once', async () => {
        const seen: string[] = [];
        let after: string | null = null;
        for (let page = 0; page < 3; page += 1) {
          const { entries, next } = await connection.api.logPage({ after, pageSize: 3 });
          seen.push(...entries.map(({ id }) => id));
          after = next;
          if (after === null) break;
        }
        expect(new Set(seen).size).toBe(seen.length);
      });

      test('that are not there cannot be retried', async () => {
        await expect(connection.api.retryDelivery(ABSENT)).rejects.toMatchObject({ kind: 'not_found' });
      });
    });

    test.each([
      ['none', ''],
      ['a wrong one', `Bearer kycg_${'0'.repeat(32)}`],
    ])('a call with a key of %s is 401 authentication_failed', async (_name, authorization) => {
      const { status, json } = await connection.raw('GET', at, undefined, { authorization });
      expect([status, json.code]).toEqual([401, 'authentication_failed']);
    });
  });
}

function expectEntry(entry: Json): void {
  expect(entry).toEqual({
    id: expect.stringMatching(UUID),
    event_type: expect.any(String),
    webhook_url: expect.any(String),
    status: expect.toBeOneOf(STATUSES),
    http_status_code: entry.http_status_code === null ? null : expect.any(Number),
    attempt_number: expect.any(Number),
    error_message: entry.error_message === null ? null : expect.any(String),
    created_at: expect.stringMatching(INSTANT),
    next_retry_at: entry.next_retry_at === null ? null : expect.stringMatching(INSTANT),
  });
}

/** Of this run and of runs that were killed: nobody else has subscriptions that lead nowhere. */
async function removeLeftovers(api: Api): Promise<void> {
  for (const { id, webhook_url } of await api.listWebhooks())
    if (webhook_url.startsWith(NOWHERE)) await api.deleteWebhook(id);
}
