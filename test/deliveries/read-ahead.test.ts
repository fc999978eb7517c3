import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Api, createApi } from '../../src/api/client.ts';
import type { LogEntry } from '../../src/api/wire.ts';
import { MAX_AHEAD_PAGES } from '../../src/deliveries/read/ahead.ts';
import { readLog } from '../../src/deliveries/read.ts';
import { createSend } from '../../src/http.ts';
import { Secret } from '../../src/secret.ts';
import { type Arrival, type FaultyServer, json, reset, startFaultyServer } from '../support/faulty-server.ts';
import { impatient } from '../support/sandbox.ts';

const START = Date.parse('2026-01-19T10:30:00Z');
const PAGE_SIZE = 10;

/** Entry number `n`: the higher, the newer, a second apart. */
const entry = (n: number): LogEntry => ({
  id: `log_${n}`,
  event_type: 'case.opened',
  webhook_url: 'https://hooks.example/kyc',
  status: 'delivered',
  http_status_code: 200,
  attempt_number: 1,
  error_message: null,
  created_at: new Date(START + n * 1000).toISOString(),
  next_retry_at: null,
});

const range = (from: number, to: number): readonly string[] =>
  Array.from({ length: from - to + 1 }, (_none, index) => `log_${from - index}`);

let server: FaultyServer;
let log: FakeLog;

/** A log of API v1 on a real socket. Answers wait until no further request comes, and go out last first. */
class FakeLog {
  newest: number;
  oldest = 1;
  mostAtOnce = 0;
  readonly asked: number[] = [];
  /** Called with the number of the page that is about to be read. */
  before: (page: number) => void = () => undefined;
  /** In place of the answer: true when it has answered. */
  instead: (page: number, response: ServerResponse, arrival: Arrival) => boolean = () => false;
  #waiting: (() => void)[] = [];
  #open = 0;

  constructor(entries: number) {
    this.newest = entries;
  }

  readonly answer = (response: ServerResponse, arrival: Arrival): void => {
    const page = Number(new URL(arrival.target, 'http://x').searchParams.get('page'));
    this.asked.push(page);
    this.#open += 1;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.#open);
    response.once('close', () => {
      this.#open -= 1;
    });
    this.#waiting.push(() => this.#read(page, response, arrival));
    this.#whenQuiet(this.#waiting.length, 0);
  };

  /** Some turns of the event loop without a new request: the client has asked for all that it will. */
  #whenQuiet(waiting: number, turns: number): void {
    setImmediate(() => {
      if (this.#waiting.length !== waiting) return;
      if (turns < QUIET_TURNS) this.#whenQuiet(waiting, turns + 1);
      else for (const answer of this.#waiting.splice(0).reverse()) answer();
    });
  }

  #read(page: number, response: ServerResponse, arrival: Arrival): void {
    this.before(page);
    if (this.instead(page, response, arrival)) return;
    const first = this.newest - (page - 1) * PAGE_SIZE;
    const length = Math.max(0, Math.min(PAGE_SIZE, first - this.oldest + 1));
    const logs = Array.from({ length }, (_none, index) => entry(first - index));
    json(200, { total: this.newest - this.oldest + 1, page, page_size: PAGE_SIZE, logs })(response, arrival);
  }
}

const QUIET_TURNS = 20;
/** Fewer than the pages that are remembered hold. */
const MOST_NEW = 50;

const openApi = (maxRetries = 3): Api =>
  createApi({
    send: createSend({ env: {} }),
    baseUrl: server.url,
    version: 'v1',
    key: new Secret('kycg_0123456789abcdef0123456789abcdef'),
    clock: impatient,
    timeoutMs: 10_000,
    maxRetries,
    userAgent: 'test',
  });

async function idsOf(api = openApi(), given: object = {}): Promise<readonly string[]> {
  const ids: string[] = [];
  const reading = { filter: {}, pageSize: PAGE_SIZE, signal: new AbortController().signal, ...given };
  for await (const { id } of readLog(api, reading)) ids.push(id);
  return ids;
}

beforeEach(async () => {
  server = await startFaultyServer();
  log = new FakeLog(300);
  server.otherwise(log.answer);
});

afterEach(() => server.close());

describe('numbered pages', () => {
  test('are fetched at most so many at once, each once, and come in their order', async () => {
    expect(await idsOf()).toEqual(range(300, 1));
    expect(log.mostAtOnce).toBeGreaterThan(2);
    expect(log.mostAtOnce).toBeLessThanOrEqual(MAX_AHEAD_PAGES);
    expect([...log.asked].sort((a, b) => a - b)).toEqual(Array.from({ length: 30 }, (_none, n) => n + 1));
  });

  test.each([1, 3, 10, 25])('miss and double nothing while %d entries arrive between any two', async (by) => {
    log.before = () => {
      if (log.newest < 300 + MOST_NEW) log.newest += by;
    };
    const ids = await idsOf();
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.filter((id) => Number(id.slice(4)) <= 300 + by)).toEqual(range(300 + by, 1));
  });

  test('miss nothing while a log of bounded length loses an old entry for each new one', async () => {
    let left = 40;
    log.before = () => {
      if (left === 0) return;
      left -= 1;
      log.newest += 1;
      log.oldest += 1;
    };
    const ids = await idsOf();
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.filter((id) => Number(id.slice(4)) <= 301)).toEqual(range(301, 41));
  });

  test('that the API limits are asked for again, by fewer at a time', async () => {
    const limited: number[] = [];
    log.instead = (page, response, arrival) => {
      if (page < 8 || limited.includes(page) || limited.length >= 12) return false;
      limited.push(page);
      json(429, { error: 'Too many.', code: 'rate_limited' })(response, arrival);
      return true;
    };
    let last = 0;
    log.before = (page) => {
      if (page === 25) log.mostAtOnce = 0;
      last = Math.max(last, page);
    };
    expect(await idsOf()).toEqual(range(300, 1));
    expect(limited).toHaveLength(12);
    expect(log.mostAtOnce).toBeLessThan(3);
  });

  test('are read one by one where the API lets pass no more than one, and no retry is left', async () => {
    let alone = true;
    log.instead = (_page, response, arrival) => {
      const isAlone = alone;
      alone = false;
      setImmediate(() => {
        alone = true;
      });
      if (isAlone) return false;
      json(429, { error: 'Too many.' })(response, arrival);
      return true;
    };
    expect(await idsOf(openApi(0))).toEqual(range(300, 1));
  });

  test('of which one fails end with its failure after those before it, and let the rest go', async () => {
    log.instead = (page, response, arrival) => {
      if (page !== 12) return false;
      json(500, { error: 'Oops.', code: 'server_error' })(response, arrival);
      return true;
    };
    const ids: string[] = [];
    const reading = { filter: {}, pageSize: PAGE_SIZE, signal: new AbortController().signal };
    const read = async (): Promise<void> => {
      for await (const { id } of readLog(openApi(), reading)) ids.push(id);
    };
    await expect(read()).rejects.toMatchObject({ kind: 'api_unavailable', problem: { httpStatus: 500 } });
    expect(ids).toEqual(range(300, 191));
    expect(Math.max(...log.asked)).toBeLessThanOrEqual(12 + MAX_AHEAD_PAGES);
    await Promise.all(server.arrivals.map(({ over }) => over));
  });

  test('survive broken connections in the middle', async () => {
    const broken = new Set<number>();
    log.instead = (page, response, arrival) => {
      if (page % 7 !== 0 || broken.has(page)) return false;
      broken.add(page);
      reset(response, arrival);
      return true;
    };
    expect(await idsOf()).toEqual(range(300, 1));
    expect(broken.size).toBe(4);
  });

  test('are not fetched far beyond the first instant wanted', async () => {
    const since = START + 200 * 1000;
    expect(await idsOf(openApi(), { filter: { since } })).toEqual(range(300, 200));
    expect(Math.max(...log.asked)).toBeLessThanOrEqual(13);
  });
});
