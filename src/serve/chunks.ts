import { once } from 'node:events';
import type { ServerResponse } from 'node:http';

/** A body that is made while it is sent. Whoever makes it heeds the signal of its request. */
export type Chunks = AsyncIterable<Uint8Array | string>;

/**
 * Sends chunks no faster than the client takes them, until their end or until the signal aborts. Throws what making
 * them throws.
 */
export async function sendChunks(
  response: ServerResponse,
  chunks: Chunks,
  signal: AbortSignal,
): Promise<void> {
  const reading = chunks[Symbol.asyncIterator]();
  try {
    if (response.req.method !== 'HEAD') await pump(response, reading, signal);
    response.end();
  } finally {
    // Not awaited: what it is waiting for may never come.
    reading.return?.().catch(() => undefined);
  }
}

async function pump(
  response: ServerResponse,
  reading: AsyncIterator<Uint8Array | string>,
  signal: AbortSignal,
): Promise<void> {
  response.flushHeaders();
  while (!signal.aborted) {
    const step = await unlessAborted(reading.next(), signal);
    if (step === undefined || step.done) return;
    if (!response.write(step.value)) await unlessAborted(drained(response, signal), signal);
  }
}

/** Undefined once the signal aborts. */
function unlessAborted<T>(awaited: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const leave = (): void => resolve(undefined);
    signal.addEventListener('abort', leave, { once: true });
    awaited.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
  });
}

function drained(response: ServerResponse, signal: AbortSignal): Promise<unknown> {
  return once(response, 'drain', { signal }).catch(() => undefined);
}
