import { setMaxListeners } from 'node:events';
// For the deadlines of sockets, not the program's clock.
import { clearTimeout, setTimeout } from 'node:timers';
import { MAX_TIMER_MS } from '../clock.ts';
import { describeDuration } from '../duration.ts';
import { hostAndPort } from './address.ts';
import { boundFailure, networkFailure } from './failure.ts';

/** The bounds of one exchange and where it goes. */
export interface Bounds {
  readonly url: URL;
  readonly timeoutMs: number;
  readonly maxBodyBytes: number;
  /** A longer body ends there and the answer is whole, instead of an error. */
  readonly cutsBody?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** There was more of the body than `maxBodyBytes`. */
  readonly isCut?: true;
}

/** Makes the client let go of the request. */
export type Stop = (why: Error) => void;

/**
 * Runs one exchange to its whole answer, within its bounds. `begin` starts the client, which reports to the
 * exchange it is given, and returns how to stop it. Rejects with NetworkFailure, or with the signal's reason.
 */
export function exchange(
  bounds: Bounds,
  proxy: string | null,
  begin: (exchange: Exchange) => Stop,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    bounds.signal?.throwIfAborted();
    const running = new Exchange(bounds, proxy, resolve, reject);
    try {
      running.stoppedBy(begin(running));
    } catch (error) {
      running.failed(error);
    }
  });
}

/** One exchange under way: the first of end, failure, deadline and abort settles it, the rest is ignored. */
export class Exchange {
  readonly #bounds: Bounds;
  readonly #proxy: string | null;
  readonly #resolve: (answer: Answer) => void;
  readonly #reject: (error: unknown) => void;
  readonly #deadline: NodeJS.Timeout;
  readonly #chunks: Uint8Array[] = [];
  #bytes = 0;
  #connected = false;
  #head: Pick<Answer, 'status' | 'headers'> | null = null;
  #stop: Stop | null = null;
  #isCut = false;
  #settled = false;

  constructor(
    bounds: Bounds,
    proxy: string | null,
    resolve: (answer: Answer) => void,
    reject: (error: unknown) => void,
  ) {
    this.#bounds = bounds;
    this.#proxy = proxy;
    this.#resolve = resolve;
    this.#reject = reject;
    // Not AbortSignal.timeout: one for every exchange costs a third of the throughput of a pool.
    this.#deadline = setTimeout(this.#onDeadline, Math.min(bounds.timeoutMs, MAX_TIMER_MS));
    if (!bounds.signal) return;
    // Any number of exchanges may share a run's signal; Node would warn of a leak at the eleventh.
    setMaxListeners(0, bounds.signal);
    bounds.signal.addEventListener('abort', this.#onAbort);
  }

  get settled(): boolean {
    return this.#settled;
  }

  stoppedBy(stop: Stop): void {
    this.#stop = stop;
  }

  /** The request may be on its way from here on. */
  connected(): void {
    this.#connected = true;
  }

  answered(status: number, headers: Readonly<Record<string, string>>): void {
    this.#head = { status, headers };
  }

  data(chunk: Uint8Array): void {
    this.#bytes += chunk.length;
    if (this.#bytes <= this.#bounds.maxBodyBytes) {
      this.#chunks.push(chunk);
      return;
    }
    if (this.#bounds.cutsBody) {
      this.#cut(chunk);
      return;
    }
    const limit = `more than ${this.#bounds.maxBodyBytes} bytes`;
    this.#giveUp(boundFailure('too_large', `The answer of ${hostAndPort(this.#bounds.url)} has ${limit}`));
  }

  ended(): void {
    const head = this.#head;
    if (head === null) this.failed(null);
    else this.#settle(() => this.#resolve(this.#whole(head)));
  }

  #whole(head: Pick<Answer, 'status' | 'headers'>): Answer {
    const answer = { ...head, body: Buffer.concat(this.#chunks) };
    return this.#isCut ? { ...answer, isCut: true } : answer;
  }

  /** The rest is not waited for: a body may be endless. */
  #cut(last: Uint8Array): void {
    this.#isCut = true;
    this.#chunks.push(last.subarray(0, last.length + this.#bounds.maxBodyBytes - this.#bytes));
    this.ended();
    this.#stop?.(new Error('stopped'));
  }

  /** Any error of the client, or null for a connection that closed without one. */
  failed(error: unknown): void {
    const place = {
      target: hostAndPort(this.#bounds.url),
      proxy: this.#proxy,
      connected: this.#connected,
      answered: this.#head !== null,
    };
    this.#settle(() => this.#reject(networkFailure(error ?? closed(), place)));
  }

  readonly #onDeadline = (): void => {
    const { url, timeoutMs } = this.#bounds;
    const part = this.#head === null ? 'did not answer' : 'did not finish its answer';
    const message = `${hostAndPort(url)} ${part} within ${describeDuration(timeoutMs)}`;
    this.#giveUp(boundFailure('timeout', message));
  };

  readonly #onAbort = (): void => this.#giveUp(this.#bounds.signal?.reason);

  #giveUp(why: unknown): void {
    this.#settle(() => this.#reject(why));
    this.#stop?.(new Error('stopped'));
  }

  #settle(how: () => void): void {
    if (this.#settled) return;
    this.#settled = true;
    clearTimeout(this.#deadline);
    this.#bounds.signal?.removeEventListener('abort', this.#onAbort);
    how();
  }
}

const closed = (): Error => Object.assign(new Error('the connection closed'), { code: 'ECONNRESET' });
