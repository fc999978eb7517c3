import type { Secret } from '../secret.ts';
import type { serve } from '../serve.ts';
import { problemNotice, type SandboxNotice } from './notices.ts';
import { createSandbox, type SandboxOptions } from './sandbox.ts';

/** How long open calls may take once it is time to stop. */
const DRAIN_GRACE_MS = 2_000;
/** Notices that wait for a slow reader; older ones are dropped and counted, so that the API never waits for it. */
const MAX_WAITING_NOTICES = 10_000;

export type SandboxLine =
  | {
      readonly type: 'ready';
      readonly url: string;
      readonly port: number;
      readonly pid: number;
      /** In full: it is the sandbox's own, and of no use elsewhere. */
      readonly api_key: string;
    }
  | SandboxNotice
  | { readonly type: 'dropped'; readonly notices: number }
  | {
      readonly type: 'summary';
      readonly requests: number;
      readonly events: number;
      readonly attempts: number;
    };

export interface RunOptions extends Omit<SandboxOptions, 'onNotice'> {
  readonly serve: typeof serve;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly pid: number;
  readonly apiKey?: Secret | undefined;
  /** Stops the sandbox; the summary still comes. */
  readonly signal: AbortSignal;
}

/** Runs the sandbox on a socket: `ready` once it accepts, then what it does, then a summary. */
export async function* runSandbox(options: RunOptions): AsyncGenerator<SandboxLine, void, undefined> {
  const notices = new Notices(options.signal);
  const sandbox = await createSandbox({ ...options, onNotice: (notice) => notices.add(notice) });
  try {
    const { host, port, pid, signal, clock } = options;
    const onError = (error: unknown): void =>
      notices.add(problemNotice(error, 'A call failed inside the sandbox', clock.now()));
    const serving = await options.serve({ host, port, handler: sandbox.handler, onError });
    try {
      yield { type: 'ready', url: serving.url, port: serving.port, pid, api_key: sandbox.apiKey.reveal() };
      yield* notices.read();
    } finally {
      await serving.close(signal.aborted ? DRAIN_GRACE_MS : 0);
    }
    yield notices.summary();
  } finally {
    await sandbox.close();
  }
}

class Notices {
  readonly #signal: AbortSignal;
  readonly #waiting: SandboxNotice[] = [];
  readonly #counts = { request: 0, event: 0, attempt: 0, disabled: 0, problem: 0 };
  #dropped = 0;
  #wake: () => void = () => undefined;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener('abort', () => this.#wake(), { once: true });
  }

  add(notice: SandboxNotice): void {
    this.#counts[notice.type] += 1;
    this.#waiting.push(notice);
    if (this.#waiting.length > MAX_WAITING_NOTICES) {
      this.#waiting.shift();
      this.#dropped += 1;
    }
    this.#wake();
  }

  /** Until the signal aborts and nothing waits. */
  async *read(): AsyncGenerator<SandboxLine, void, undefined> {
    for (;;) {
      if (this.#dropped > 0) {
        const notices = this.#dropped;
        this.#dropped = 0;
        yield { type: 'dropped', notices };
      }
      const notice = this.#waiting.shift();
      if (notice) yield notice;
      else if (this.#signal.aborted) return;
      else
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
    }
  }

  summary(): SandboxLine {
    const { request, event, attempt } = this.#counts;
    return { type: 'summary', requests: request, events: event, attempts: attempt };
  }
}
