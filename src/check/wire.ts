import type { Clock } from '../clock.ts';
import { Failure } from '../errors.ts';
import type { Connection, ConnectionAnswer } from '../http/connection.ts';
import { NetworkFailure } from '../http/failure.ts';
import type { HttpRequest, HttpResponse, Send } from '../http.ts';
import { MAX_REQUESTS } from './catalogue.ts';
import type { Delivery } from './deliveries.ts';
import { readSaid, type Said } from './said.ts';

/** Of an answer no more is read. */
export const MAX_ANSWER_KIB = 256;
const MAX_ANSWER_BYTES = MAX_ANSWER_KIB * 1024;
/** A receiver that limits the rate is asked again, so often in a whole run. */
export const MAX_REPEATS = 20;
const REPEATS_A_DELIVERY = 2;
/** Where it names no time to wait, and the longest that is waited. */
const REPEAT_AFTER_MS = 1_000;
const MAX_REPEAT_AFTER_MS = 5_000;
/** Of all these waits together. */
export const MAX_WAITED_MS = 60_000;
export const RATE_LIMITED = 429;

/** How one request ended. */
export interface Came {
  /** Null: no whole answer. */
  readonly status: number | null;
  readonly durationMs: number;
  /** Why there is no answer. */
  readonly failure: NetworkFailure | null;
  /** Null where nothing was. */
  readonly said: Said | null;
}

/** What came over a connection that is kept. */
export interface CameKept extends Came {
  readonly answer: ConnectionAnswer | null;
}

interface WireOptions {
  readonly url: URL;
  /** Of one request, answer included. */
  readonly timeoutMs: number;
  readonly send: Send;
  /** Null where a proxy stands between: then there is no connection of our own. */
  readonly connect: (() => Promise<Connection>) | null;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Called once, before the first wait for a receiver that limits the rate. */
  readonly onWait?: () => void;
}

/** What kinds of request there are beside a plain delivery. */
export interface Manner {
  readonly pieces?: AsyncIterable<Uint8Array>;
  readonly asksFirst?: boolean;
}

/** Makes requests to one receiver, counted and bounded. Rethrows the signal's reason when it aborts. */
export class Wire {
  readonly #options: WireOptions;
  #requests = 0;
  #refused = 0;
  #repeats = 0;
  #waitedMs = 0;

  constructor(options: WireOptions) {
    this.#options = options;
  }

  get requests(): number {
    return this.#requests;
  }

  /** How many came to something that listens. */
  get reached(): number {
    return this.#requests - this.#refused;
  }

  get hasConnections(): boolean {
    return this.#options.connect !== null;
  }

  /** Makes a delivery on a connection of its own; again, a little later, where the receiver limits the rate. */
  async deliver(delivery: Delivery): Promise<Came> {
    for (let left = REPEATS_A_DELIVERY; ; left -= 1) {
      const { came, response } = await this.#post(delivery);
      if (came.status !== RATE_LIMITED || left === 0 || !(await this.#waits(pauseOf(response)))) return came;
    }
  }

  /** False, at once, where the patience of the run is over. */
  async #waits(pauseMs: number): Promise<boolean> {
    const { clock, signal, onWait } = this.#options;
    if (this.#repeats >= MAX_REPEATS || this.#waitedMs + pauseMs > MAX_WAITED_MS) return false;
    if (this.#repeats === 0) onWait?.();
    this.#repeats += 1;
    this.#waitedMs += pauseMs;
    await clock.sleep(pauseMs, signal);
    return true;
  }

  /** Makes one without patience. */
  async deliverOnce(delivery: Delivery): Promise<Came> {
    return (await this.#post(delivery)).came;
  }

  /** Any request without a body. */
  async ask(method: string, headers: HttpRequest['headers']): Promise<Came> {
    return (await this.#time(() => this.#options.send({ ...this.#bounds(), method, headers }))).came;
  }

  /** Deliveries one after the other over one connection, each in its manner. */
  async deliverOn(
    connection: Connection,
    { headers, body }: Delivery,
    manner: Manner = {},
  ): Promise<CameKept> {
    const request = { ...this.#bounds(), method: 'POST', headers, body, ...manner };
    const { came, response } = await this.#time(() => connection.send(request));
    return { ...came, answer: response };
  }

  /** Lends a connection that is closed afterwards. */
  async withConnection<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    const connection = await this.#options.connect?.();
    if (connection === undefined) throw new Failure('internal', 'There are no connections through a proxy');
    try {
      return await work(connection);
    } finally {
      connection.close();
    }
  }

  #post({ headers, body }: Delivery) {
    return this.#time(() => this.#options.send({ ...this.#bounds(), method: 'POST', headers, body }));
  }

  #bounds() {
    const { url, timeoutMs, signal } = this.#options;
    return { url, timeoutMs, maxBodyBytes: MAX_ANSWER_BYTES, cutsBody: true, signal };
  }

  async #time<T extends HttpResponse>(
    work: () => Promise<T>,
  ): Promise<{ readonly came: Came; readonly response: T | null }> {
    const { clock, signal } = this.#options;
    signal.throwIfAborted();
    if (this.#requests >= MAX_REQUESTS) throw new Failure('internal', `More than ${MAX_REQUESTS} requests`);
    this.#requests += 1;
    const startedMs = clock.now();
    const durationMs = () => Math.max(0, clock.now() - startedMs);
    try {
      const response = await work();
      const came = { status: response.status, durationMs: durationMs(), failure: null };
      return { came: { ...came, said: readSaid(response) }, response };
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof NetworkFailure)) throw error;
      if (error.reason === 'refused') this.#refused += 1;
      return { came: { status: null, durationMs: durationMs(), failure: error, said: null }, response: null };
    }
  }
}

/** As the receiver asks for, within bounds. */
function pauseOf(response: HttpResponse | null): number {
  const text = response?.headers['retry-after'] ?? '';
  const ms = /^\d{1,9}$/.test(text) ? Number(text) * 1000 : REPEAT_AFTER_MS;
  return Math.min(ms, MAX_REPEAT_AFTER_MS);
}
