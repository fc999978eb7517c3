import type {
  DeliveryDetail,
  DeliveryPage,
  Found,
  Problem,
  ReplayOutcome,
  ReplayRequest,
  RetryOutcome,
  State,
  Subscription,
} from '../inspector/protocol.ts';
import type { Browser } from './browser.ts';

/** The server said no, or nothing. */
export class Refused extends Error {
  /** Null: there was no answer. */
  readonly status: number | null;
  readonly hint: string | null;

  constructor({ message, hint }: Problem, status: number | null) {
    super(message);
    this.status = status;
    this.hint = hint;
  }
}

/** The server as functions; each throws `Refused`. */
export interface Server {
  state(): Promise<State>;
  deliveries(before: string | null, signal: AbortSignal): Promise<DeliveryPage>;
  delivery(id: string, signal: AbortSignal): Promise<DeliveryDetail>;
  search(text: string, signal: AbortSignal): Promise<Found>;
  replay(id: string, request: ReplayRequest): Promise<ReplayOutcome>;
  retry(id: string): Promise<RetryOutcome>;
  webhooks(signal: AbortSignal): Promise<readonly Subscription[]>;
}

/** Rows asked for at once. */
const PAGE_ROWS = 500;

export function createServer({ send }: Browser): Server {
  const get = <T>(path: string, signal?: AbortSignal): Promise<T> =>
    ask(send, path, signal ? { signal } : {});
  const post = <T>(path: string, body: object): Promise<T> =>
    ask(send, path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  const one = (id: string): string => `api/deliveries/${encodeURIComponent(id)}`;
  return {
    state: () => get('api/state'),
    deliveries: (before, signal) =>
      get(
        `api/deliveries?limit=${PAGE_ROWS}${before === null ? '' : `&before=${encodeURIComponent(before)}`}`,
        signal,
      ),
    delivery: (id, signal) => get(one(id), signal),
    search: (text, signal) => get(`api/search?text=${encodeURIComponent(text)}`, signal),
    replay: (id, request) => post(`${one(id)}/replay`, request),
    retry: (id) => post(`api/logs/${encodeURIComponent(id)}/retry`, {}),
    webhooks: (signal) => get('api/webhooks', signal),
  };
}

export const fixturePath = (id: string): string => `api/deliveries/${encodeURIComponent(id)}/fixture`;

const GONE: Problem = {
  message: 'kycgenie does not answer.',
  hint: 'Is it still running? Start it again and open the address that it prints.',
};
/** Each run has a token and a path of its own. */
export const RENEWED: Problem = {
  message: 'kycgenie was started anew, and does not know this page.',
  hint: 'Open the address that it has printed now.',
};
const NOT_LET_IN = 401;
const ODD: Problem = { message: 'kycgenie gave an answer that this page does not understand.', hint: null };

async function ask<T>(send: Browser['send'], path: string, options: RequestInit): Promise<T> {
  const response = await send(path, { ...options, cache: 'no-store', credentials: 'same-origin' }).catch(
    (error: unknown) => {
      throw isAbort(error) ? error : new Refused(GONE, null);
    },
  );
  if (response.status === NOT_LET_IN) throw new Refused(RENEWED, NOT_LET_IN);
  const body: unknown = await response.json().catch((error: unknown) => {
    throw isAbort(error) ? error : new Refused(ODD, response.status);
  });
  if (!response.ok) throw new Refused(problemIn(body), response.status);
  return trust(body);
}

/** The server is the other half of this program, of the same version. */
// biome-ignore lint/suspicious/noExplicitAny: the one place where an answer gets its type
const trust = (body: any) => body;

export const isAbort = (error: unknown): boolean => error instanceof Error && error.name === 'AbortError';

/** By another run than the one that this page is of. */
export const isNotLetIn = (error: unknown): boolean =>
  error instanceof Refused && error.status === NOT_LET_IN;

function problemIn(body: unknown): Problem {
  if (typeof body !== 'object' || body === null || !('error' in body)) return ODD;
  const { error } = body;
  if (typeof error !== 'object' || error === null || !('message' in error)) return ODD;
  const hint = 'hint' in error && typeof error.hint === 'string' ? error.hint : null;
  return { message: String(error.message), hint };
}

/** What went wrong, for people. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Refused) return { message: error.message, hint: error.hint };
  return { message: error instanceof Error ? error.message : String(error), hint: null };
}
