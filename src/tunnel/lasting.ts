import type { Clock } from '../clock.ts';
import { Failure } from '../errors.ts';
import { openTunnel, type Tunnel, type TunnelOptions } from '../tunnel.ts';
import type { Ready } from './programs.ts';

/** A tunnel that ends so often without having stood for a while is given up. */
const MAX_RESTARTS = 5;
/** The first pause; each further one is twice the one before, up to the cap. */
const FIRST_PAUSE_MS = 1_000;
const MAX_PAUSE_MS = 10_000;
/** A tunnel that stood so long begins to count anew. */
const STABLE_MS = 60_000;

interface LastingOptions extends TunnelOptions {
  /** Hears that it ended, and when it is started again. */
  readonly onProblem: (message: string) => void;
  /** It stands again, perhaps elsewhere; a rejection counts as if it had not come up. */
  readonly onBack: (ready: Ready) => Promise<void>;
}

/** A tunnel whose program is started again when it ends. */
export interface LastingTunnel {
  readonly ready: Ready;
  /** Aborts, with a Failure as reason, when it was given up. */
  readonly lost: AbortSignal;
  close(): Promise<void>;
}

/** Throws what `openTunnel` throws where it does not come up the first time. */
export async function openLastingTunnel(options: LastingOptions): Promise<LastingTunnel> {
  const stop = new AbortController();
  const lost = new AbortController();
  const tunnel = await openTunnel(options);
  const keeper = new Keeper({ ...options, signal: AbortSignal.any([options.signal, stop.signal]) }, tunnel);
  const kept = keeper.keep().then((failure) => failure && lost.abort(failure));
  return {
    ready: tunnel.ready,
    lost: lost.signal,
    async close() {
      stop.abort();
      await kept;
      await keeper.close();
    },
  };
}

class Keeper {
  readonly #options: LastingOptions;
  #tunnel: Tunnel;
  #restarts = 0;

  constructor(options: LastingOptions, tunnel: Tunnel) {
    this.#options = options;
    this.#tunnel = tunnel;
  }

  /** Resolves to why it was given up; null when it was stopped. */
  async keep(): Promise<Failure | null> {
    const { clock, signal } = this.#options;
    for (;;) {
      const standsSince = clock.now();
      const how = await untilEnded(this.#tunnel, signal);
      if (how === null) return null;
      if (clock.now() - standsSince > STABLE_MS) this.#restarts = 0;
      const failure = await this.#bringBack(how);
      if (failure !== undefined) return failure;
    }
  }

  close(): Promise<void> {
    return this.#tunnel.close();
  }

  /** Undefined when it stands again, null when it was stopped. */
  async #bringBack(how: string): Promise<Failure | null | undefined> {
    const { clock, signal, onProblem } = this.#options;
    for (let reason = how; this.#restarts < MAX_RESTARTS; ) {
      const pauseMs = Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.#restarts++);
      onProblem(`The tunnel is down: ${reason}; again in ${pauseMs / 1000} s`);
      if (await isStopped(clock, pauseMs, signal)) return null;
      try {
        await this.#reopen();
        return undefined;
      } catch (error) {
        if (signal.aborted) return null;
        reason = error instanceof Failure ? error.message : 'it could not be started';
      }
    }
    return new Failure('network', `The tunnel is down: ${how}; starting it again did not help`, {
      hint: 'Deliveries cannot get here any more. Try another --tunnel, or a --public-url of your own.',
    });
  }

  async #reopen(): Promise<void> {
    const tunnel = await openTunnel(this.#options);
    try {
      await this.#options.onBack(tunnel.ready);
      this.#tunnel = tunnel;
    } catch (error) {
      await tunnel.close();
      throw error;
    }
  }
}

/** Null when the signal was first. */
function untilEnded({ ended }: Tunnel, signal: AbortSignal): Promise<string | null> {
  return new Promise((resolve) => {
    const stop = (): void => resolve(null);
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    ended.then((how) => {
      signal.removeEventListener('abort', stop);
      resolve(how);
    });
  });
}

const isStopped = (clock: Clock, ms: number, signal: AbortSignal): Promise<boolean> =>
  clock.sleep(ms, signal).then(
    () => signal.aborted,
    () => true,
  );
