import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createApi } from '../../src/api/client.ts';
import type { ApiVersion } from '../../src/api/wire.ts';
import { NetworkFailure } from '../../src/http/failure.ts';
import { createPooledSend, createSend, type Send } from '../../src/http.ts';
import { Secret } from '../../src/secret.ts';
import { failureOf, KEY } from '../api/open-api.ts';
import { kycgenie, type Ran } from '../support/cli.ts';
import { FULL } from '../support/full.ts';
import { impatient } from '../support/sandbox.ts';
import {
  type Answer,
  bytesOf,
  type CuttingServer,
  type Framing,
  startCuttingServer,
} from './cutting-server.ts';
import { quickHome } from './quick-home.ts';

const FRAMINGS: readonly Framing[] = ['length', 'chunks', 'close'];
const AT_ONCE = 5;

/** Every offset, by an end of the connection or a reset in turn; by both where time does not matter. */
function cutsOf(length: number, more = 0): readonly { readonly after: number; readonly resets: boolean }[] {
  return Array.from({ length: length + 1 }, (_none, after) => after).flatMap((after) => {
    const isOdd = (after + more) % 2 === 1;
    return FULL
      ? [
          { after, resets: false },
          { after, resets: true },
        ]
      : [{ after, resets: isOdd }];
  });
}

async function sideBySide<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const left = [...items];
  const worker = async (): Promise<void> => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

describe.each(FRAMINGS)(
  'an API whose answer breaks off after any byte, its end told by its %s',
  (framing) => {
    /** By what was asked for: the keys it came with. */
    const asked = new Map<string, (string | null)[]>();
    const home = quickHome();
    const send = createSend({ env: {} });
    let server: CuttingServer;

    beforeAll(async () => {
      server = await startCuttingServer(({ target, body, idempotencyKey }) => {
        const name = /\d{3}-(?:end|reset)/.exec(target + body)?.[0] ?? '';
        const calls = asked.get(`${target} ${name}`) ?? [];
        asked.set(`${target} ${name}`, [...calls, idempotencyKey]);
        return { ...answerFor(name, target), framing, ...(calls.length === 0 && cutOf(name)) };
      });
    });
    afterAll(async () => {
      await server.close();
      home.remove();
    });

    const answerFor = (name: string, target = '') => ({
      status: 201,
      body: { webhook_id: `w-${name}`, secret_key: secretOf(name, target) },
    });
    const secretOf = (name: string, target: string): string =>
      `whsec_${target.endsWith('rotate-secret/') ? 'r' : 'c'}${name}`;
    const cutOf = (name: string) => ({ cutAfter: Number(name.slice(0, 3)), resets: name.endsWith('reset') });
    const length = bytesOf({ ...answerFor('000-reset'), framing }).length;
    const cuts = cutsOf(length).map(
      ({ after, resets }) => `${String(after).padStart(3, '0')}-${resets ? 'reset' : 'end'}`,
    );

    const run = (...argv: readonly string[]): Promise<Ran> =>
      kycgenie([...argv, '--json'], {
        clock: impatient,
        send,
        env: { ...home.env, KYCGENIE_BASE_URL: server.url, KYCGENIE_API_KEY: KEY },
      });

    /** Each went well, by one key, and left its secret in the store and nothing in the journal. */
    function expectKept(ran: ReadonlyMap<string, Ran>, target: (name: string) => string): void {
      const failed = [...ran].filter(([, { code }]) => code !== 0);
      expect(failed.map(([name, { stderr }]) => [name, stderr])).toEqual([]);
      const keys = cuts.map((name) => asked.get(`${target(name)} ${name}`) ?? []);
      expect(keys.filter((all) => new Set(all).size !== 1 || all[0] === null || all.length > 2)).toEqual([]);
      expect(keys.filter((all) => all.length === 2).length).toBeGreaterThanOrEqual(length - 10);
      const stored = storedIn(home.folder);
      expect(cuts.filter((name) => !stored.includes(secretOf(name, target(name))))).toEqual([]);
      expect(journalOf(home.folder)).toEqual([]);
    }

    test('a create is repeated with its key, and its secret is kept', async () => {
      const ran = new Map<string, Ran>();
      await sideBySide(cuts, async (name) => {
        const url = `http://127.0.0.1:9/${name}`;
        ran.set(name, await run('webhooks', 'create', '--event', 'case.opened', '--url', url));
      });
      expectKept(ran, () => '/api/v2/webhooks/');
    });

    test('a rotation is repeated with its key, and its secret is kept', async () => {
      const ran = new Map<string, Ran>();
      await sideBySide(cuts, async (name) => {
        ran.set(name, await run('webhooks', 'rotate', `w-${name}`, '--yes'));
      });
      expectKept(ran, (name) => `/api/v2/webhooks/w-${name}/rotate-secret/`);
    });
  },
);

const storedIn = (folder: string): string =>
  readdirSync(join(folder, 'secrets'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
    .join('\n');

const journalOf = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) =>
    /journal\/.*\.json$/.test(path),
  );

/** As short as they may be: each byte is a case. */
const webhook = { id: '1', event_type: 'a', webhook_url: 'b' };
const entry = { ...webhook, status: 'c', created_at: '2026-01-02T03:04:05Z' };

const READS = {
  'webhooks of v1': { version: 'v1', body: { webhooks: [webhook] } },
  'webhooks of v2': { version: 'v2', body: { count: 1, results: [webhook] } },
  'logs of v1': { version: 'v1', body: { total: 1, page: 1, page_size: 50, logs: [entry] } },
  'logs of v2': { version: 'v2', body: { has_more: true, next_cursor: 'n', results: [entry] } },
} as const;

const SENDERS: Readonly<Record<string, () => { send: Send; close(): Promise<void> }>> = {
  'short calls': () => ({ send: createSend({ env: {} }), close: async () => undefined }),
  pool: () => createPooledSend({ env: {}, connections: AT_ONCE }),
};

describe.each(Object.keys(SENDERS))('what %s make of an answer that breaks off after any byte', (sender) => {
  let cut: Partial<Answer> = {};
  let body: unknown;
  let framing: Framing = 'length';
  let requests = 0;
  let server: CuttingServer;
  let client: ReturnType<(typeof SENDERS)[string]>;

  beforeAll(async () => {
    server = await startCuttingServer(() => {
      requests += 1;
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

  /** Both read a page of either version the same way. */
  const reads = Object.entries(READS).filter(
    ([, { version }]) => sender === 'short calls' || version === 'v2',
  );
  const framings = sender === 'short calls' || FULL ? FRAMINGS : FRAMINGS.slice(0, 2);

  test.each(reads)('%s are read again and are whole', async (name, read) => {
    const client = api(read.version);
    const ask = () => (name.startsWith('logs') ? client.logPage() : client.listWebhooks());
    body = read.body;
    for (framing of framings) {
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

  test('a retry of a delivery is asked for once, and said to be uncertain', async () => {
    body = { message: 'Retry was queued' };
    for (framing of framings) {
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
