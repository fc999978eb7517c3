import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createApi } from '../../src/api/client.ts';
import type { ApiVersion } from '../../src/api/wire.ts';
import { NetworkFailure } from '../../src/http/failure.ts';
import { createPooledSend, createSend, type Send } from '../../src/http.ts';
import { Secret } from '../../src/secret.ts';
import { failureOf, KEY } from '../api/open-api.ts';
import { FULL } from '../support/full.ts';
import { impatient } from '../support/sandbox.ts';
import {
  type Answer,
  bytesOf,
  type CuttingServer,
  cutsOf,
  type Framing,
  startCuttingServer,
} from './cutting-server.ts';

const FRAMINGS: readonly Framing[] = ['length', 'chunks', 'close'];

/** As short as they may be: each byte is a case. */
const webhook = { id: '1', event_type: 'a', webhook_url: 'b' };
const entry = { ...webhook, status: 'c', created_at: '2026-01-02T03:04:05Z' };

const READS = {
  'webhooks of v1': { version: 'v1', body: { webhooks: [webhook] } },
  'webhooks of v2': { version: 'v2', body: { count: 1, results: [webhook] } },
  'logs of v1': { version: 'v1', body: { total: 1, page: 1, page_size: 50, logs: [entry] } },
  'logs of v2': { version: 'v2', body: { has_more: true, next_cursor: 'n', results: [entry] } },
} as const;

const keyOf = (after: number): string => `key-of-the-cut-${String(after).padStart(3, '0')}`;

const SENDERS: Readonly<Record<string, () => { send: Send; close(): Promise<void> }>> = {
  'short calls': () => ({ send: createSend({ env: {} }), close: async () => undefined }),
  pool: () => createPooledSend({ env: {}, connections: 2 }),
};

describe.each(Object.keys(SENDERS))('what %s make of an answer that breaks off after any byte', (sender) => {
  let cut: Partial<Answer> = {};
  let body: unknown;
  let framing: Framing = 'length';
  let requests = 0;
  const keys = new Set<string | null>();
  let server: CuttingServer;
  let client: ReturnType<(typeof SENDERS)[string]>;

  beforeAll(async () => {
    server = await startCuttingServer(({ idempotencyKey }) => {
      requests += 1;
      keys.add(idempotencyKey);
      return { status: 200, body, framing, ...(requests === 1 && cut) };
    });
    client = (SENDERS[sender] ?? (() => expect.fail(sender)))();
  });
  afterAll(async () => {
    await client.close();
    await server.close();
  });

  const api = (version: ApiVersion) =>
    createApi({
      ...{ send: client.send, baseUrl: new URL(server.url), version, key: new Secret(KEY), clock: impatient },
      ...{ timeoutMs: 10_000, maxRetries: 3, userAgent: 'test' },
    });

  /** What the two versions and the two senders have in common is looked at once, where time matters. */
  const reads = Object.entries(READS).filter(
    ([name, { version }]) => FULL || sender === 'short calls' || (version === 'v2' && name !== 'logs of v2'),
  );
  const framingsOf = (version: ApiVersion): readonly Framing[] => {
    if (FULL || (sender === 'short calls' && version === 'v2')) return FRAMINGS;
    return sender === 'short calls' ? ['length'] : ['length', 'chunks'];
  };

  test.each(reads)('%s are read again and are whole', async (name, read) => {
    const client = api(read.version);
    const ask = () => (name.startsWith('logs') ? client.logPage() : client.listWebhooks());
    body = read.body;
    for (framing of framingsOf(read.version)) {
      cut = {};
      const whole = await ask();
      const { length } = bytesOf({ status: 200, body, framing });
      for (const { after, resets } of cutsOf(length, FRAMINGS.indexOf(framing))) {
        cut = { cutAfter: after, resets };
        requests = 0;
        expect(await ask(), `${framing} ${after}`).toEqual(whole);
        expect(requests).toBeLessThanOrEqual(2);
      }
    }
  });

  test('a rotation is repeated with its key', async () => {
    body = { secret_key: 'whsec_kept' };
    for (framing of framingsOf('v2')) {
      const { length } = bytesOf({ status: 200, body, framing });
      for (const { after, resets } of cutsOf(length - 1, FRAMINGS.indexOf(framing))) {
        cut = { cutAfter: after, resets };
        requests = 0;
        keys.clear();
        const { secret } = await api('v2').rotateSecret('w1', { idempotencyKey: keyOf(after) });
        expect([secret.reveal(), requests], `${framing} ${after}`).toEqual(['whsec_kept', 2]);
        expect([...keys]).toEqual([keyOf(after)]);
      }
    }
  });

  test('a retry of a delivery is asked for once, and said to be uncertain', async () => {
    body = { message: 'Retry was queued' };
    for (framing of framingsOf('v2')) {
      const { length } = bytesOf({ status: 200, body, framing });
      for (const { after, resets } of cutsOf(length - 1, FRAMINGS.indexOf(framing))) {
        cut = { cutAfter: after, resets };
        requests = 0;
        const failure = await failureOf(api('v2').retryDelivery('l1'));
        expect(failure, `${framing} ${after}`).toMatchObject({ mayHaveHappened: true });
        expect(requests, `${framing} ${after}`).toBe(1);
        if (framing !== 'close') expect(failure).toBeInstanceOf(NetworkFailure);
      }
    }
  });
});
