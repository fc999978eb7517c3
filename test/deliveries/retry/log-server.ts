import { type Api, createApi } from '../../../src/api/client.ts';
import type { Clock } from '../../../src/clock.ts';
import { systemClock } from '../../../src/clock.ts';
import type { RetryEntry } from '../../../src/deliveries/retry.ts';
import { createSend } from '../../../src/http.ts';
import { Secret } from '../../../src/secret.ts';
import { type Behaviour, json, reset, startFaultyServer } from '../../support/faulty-server.ts';

export const KEY = 'kycg_0123456789abcdef0123456789abcdef';
const START_MS = Date.parse('2026-01-19T10:30:00Z');

/** What a retry call does: whether it is carried out, and what is answered. */
export type RetryFault = 'none' | '429' | '500 before' | '500 after' | 'reset before' | 'reset after';

export const FAULTS: readonly RetryFault[] = [
  '429',
  '500 before',
  '500 after',
  'reset before',
  'reset after',
];

interface Kept {
  status: string;
  attempt: number;
  /** How often a retry was carried out. */
  retried: number;
}

/** A log of failed deliveries behind a real server that spoils retry calls as told. */
export interface LogServer {
  readonly url: URL;
  readonly api: Api;
  readonly entries: readonly RetryEntry[];
  /** Retry calls that arrived. */
  calls(): number;
  /** How often a retry of each entry was carried out, in the order of the entries. */
  retried(): readonly number[];
  /** Chooses the fault of each call; `isFirst` for the first call of an entry. */
  spoil(choose: (id: string, isFirst: boolean) => RetryFault): void;
  /** An answer of its own for every page. */
  spoilPages(behaviour: Behaviour | null): void;
  /** The statuses and attempts that the log shows do not tell of retries. */
  hideEffects(): void;
  close(): Promise<void>;
}

const idOf = (index: number): string => `log-${String(index).padStart(6, '0')}`;
const createdAt = (index: number): string => new Date(START_MS + index * 1_000).toISOString();

export async function startLogServer(count: number, clock: Clock = systemClock): Promise<LogServer> {
  const server = await startFaultyServer();
  const kept = Array.from({ length: count }, (): Kept => ({ status: 'failed', attempt: 3, retried: 0 }));
  const asked = new Set<string>();
  let calls = 0;
  let choose: (id: string, isFirst: boolean) => RetryFault = () => 'none';
  let pages: Behaviour | null = null;
  let isHiding = false;

  const carryOut = (one: Kept): void => {
    one.retried += 1;
    if (isHiding) return;
    one.attempt += 1;
    one.status = 'delivered';
  };
  const retry = (id: string): Behaviour => {
    calls += 1;
    const one = kept[Number(id.slice('log-'.length))];
    if (!one) return json(404, { error: 'Webhook log not found.', code: 'not_found' });
    const fault = choose(id, !asked.has(id));
    asked.add(id);
    if (fault === 'none' || fault.endsWith('after')) carryOut(one);
    if (fault === '429') return json(429, { error: 'Slow down.' });
    if (fault.startsWith('500')) return json(500, { error: 'Oops.' });
    return fault === 'none' ? json(200, { message: 'started' }) : reset;
  };
  const page = (target: URL): Behaviour => {
    if (pages) return pages;
    const from = Number(target.searchParams.get('after') ?? count);
    const size = Number(target.searchParams.get('page_size'));
    const to = Math.max(0, from - size);
    const results = kept
      .slice(to, from)
      .map((one, index) => ({
        id: idOf(to + index),
        event_type: 'screening.completed',
        webhook_url: 'https://hooks.example/kyc',
        status: one.status,
        http_status_code: 500,
        attempt_number: one.attempt,
        error_message: null,
        created_at: createdAt(to + index),
        next_retry_at: null,
      }))
      .reverse();
    return json(200, {
      has_more: to > 0,
      next_cursor: to > 0 ? String(to) : null,
      prev_cursor: null,
      results,
    });
  };
  server.otherwise((response, arrival) => {
    const target = new URL(arrival.target, server.url);
    const [, id] = /logs\/([^/]+)\/retry\/$/.exec(target.pathname) ?? [];
    (id === undefined ? page(target) : retry(decodeURIComponent(id)))(response, arrival);
  });
  const api = createApi({
    ...{ send: createSend({ env: {} }), baseUrl: server.url, version: 'v2', key: new Secret(KEY), clock },
    ...{ timeoutMs: 10_000, maxRetries: 0, userAgent: 'kycgenie-cli/test' },
  });
  return {
    url: server.url,
    api,
    entries: kept.map((_one, index) => ({
      ...{ id: idOf(index), status: 'failed', attempt_number: 3, created_at: createdAt(index) },
    })),
    calls: () => calls,
    retried: () => kept.map(({ retried }) => retried),
    spoil: (chosen) => {
      choose = chosen;
    },
    spoilPages: (behaviour) => {
      pages = behaviour;
    },
    hideEffects: () => {
      isHiding = true;
    },
    close: () => server.close(),
  };
}
