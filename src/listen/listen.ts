import { aborted, type Clock } from '../clock.ts';
import type { ServeOptions, Serving, serve } from '../serve.ts';
import type { ListenLine, SummaryLine } from './line.ts';
import type { Owed } from './owed.ts';
import { Receiver, type ReceiverOptions } from './receiver.ts';

/** How long open requests may take once it is time to stop; leaves time for the summary within five seconds. */
export const DRAIN_GRACE_MS = 4_000;

export interface ListenOptions extends Omit<ReceiverOptions, 'maxDeliveries'> {
  readonly serve: typeof serve;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly maxBodyBytes?: number | undefined;
  /** With it, https. */
  readonly tls?: ServeOptions['tls'];
  /** What is acknowledged before the app has it. */
  readonly owed?: Owed | undefined;
  /** Named in the ready line, so that a script can stop this process. */
  readonly pid: number;
  /** Stops after exactly this many deliveries; those that come later are answered 503. */
  readonly exitAfter?: number | undefined;
  readonly durationMs?: number | undefined;
  /** True for the line after which there is nothing more to wait for. */
  readonly isLast?: ((line: ListenLine) => boolean) | undefined;
  /** Hears how things stand after each delivery. */
  readonly onCount?: ((summary: SummaryLine) => void) | undefined;
  /** Stops listening: what is open is finished, and the summary still comes. */
  readonly signal: AbortSignal;
}

/**
 * Listens for deliveries: `ready` once the socket accepts, each delivery, each problem once, and `summary` once
 * all of them are read.
 * Throws Failure `usage` when the socket cannot be had.
 */
export async function* listen(options: ListenOptions): AsyncGenerator<ListenLine, void, undefined> {
  const { owed, isLast = () => false } = options;
  const receiver = new Receiver({ ...options, maxDeliveries: options.exitAfter });
  const serving = await open(options, receiver);
  const stop = new AbortController();
  const stopped = closeWhenDone(options, serving, receiver, AbortSignal.any([options.signal, stop.signal]));
  // Its failure is thrown below, after what is queued; until then it must not count as unhandled.
  stopped.catch(() => undefined);
  try {
    const url = options.path === '/' ? serving.url : serving.url + options.path;
    yield { type: 'ready', url, port: serving.port, pid: options.pid };
    owed?.start(receiver);
    let left = options.exitAfter ?? Number.POSITIVE_INFINITY;
    for await (const line of receiver.lines()) {
      yield line;
      if (line.type === 'event') left--;
      options.onCount?.(receiver.summary());
      if (left <= 0 || isLast(line)) stop.abort();
    }
    yield receiver.summary();
  } finally {
    // Also when the reader has left: nobody is to wait for a queue that is not read any more.
    receiver.close();
    stop.abort();
    await stopped;
  }
}

function open(options: ListenOptions, receiver: Receiver): Promise<Serving> {
  const { host, port, maxBodyBytes, tls } = options;
  const limits = maxBodyBytes === undefined ? {} : { maxBodyBytes };
  const onError = (error: unknown): void => receiver.report(error, 'A delivery could not be handled');
  const onRefused = (status: number): void => receiver.reportRefused(status);
  return options.serve({ host, port, tls, handler: receiver.handler, limits, onError, onRefused });
}

/** Waits for the signal or the end of the duration, then drains; never leaves the reader waiting. */
async function closeWhenDone(
  { clock, durationMs, owed }: Pick<ListenOptions, 'clock' | 'durationMs' | 'owed'>,
  serving: Serving,
  receiver: Receiver,
  signal: AbortSignal,
): Promise<void> {
  await Promise.race([
    aborted(signal),
    ...(durationMs === undefined ? [] : [pause(clock, durationMs, signal)]),
  ]);
  try {
    await Promise.all([serving.close(DRAIN_GRACE_MS), owed?.close(DRAIN_GRACE_MS)]);
  } finally {
    receiver.close();
  }
}

/** Rejects never: an abort ends the pause, too. */
function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return clock.sleep(ms, signal).catch(() => undefined);
}
