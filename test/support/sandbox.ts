import { expect } from 'vitest';
import type { ApiVersion } from '../../src/api/wire.ts';
import { type Clock, systemClock } from '../../src/clock.ts';
import { Failure } from '../../src/errors.ts';
import { NetworkFailure } from '../../src/http/failure.ts';
import { createPooledSend, type HttpRequest, type HttpResponse, type Send } from '../../src/http.ts';
import { createSandbox, type SandboxOptions } from '../../src/sandbox/sandbox.ts';
import { type ReceivedRequest, serve } from '../../src/serve.ts';
import { PRESETS } from '../../src/signing/scheme.ts';
import { sendTo } from '../contract/connections.ts';
import { kycgenie, type Ran, temporaryHome, type World } from './cli.ts';

// biome-ignore lint/suspicious/noExplicitAny: what a test reads out of JSON
export type Json = any;

/** What happens to one API call in place of plain passing. */
export type Fault = (request: HttpRequest, pass: Send) => Promise<HttpResponse>;

export const passed: Fault = (request, pass) => pass(request);

const reset = (): NetworkFailure =>
  new NetworkFailure('reset', 'The connection was closed before the answer', { mayHaveHappened: true });

/** The sandbox did it, and the answer was lost. */
export const answerLost: Fault = async (request, pass) => {
  await pass(request);
  throw reset();
};

/** The connection broke before the sandbox had the call. */
export const requestLost: Fault = async () => {
  throw reset();
};

/** Ends the run while the API is at work. */
export const interruptedBy =
  (stop: AbortController, fault: Fault = passed): Fault =>
  async (request, pass) => {
    await fault(request, pass);
    stop.abort(new Failure('interrupted', 'Interrupted'));
    throw request.signal?.reason;
  };

export const refused: Fault = async () => {
  throw new NetworkFailure('refused', '127.0.0.1:9 refused the connection', { mayHaveHappened: false });
};

export const answered =
  (status: number, body: unknown = {}): Fault =>
  async () => ({ status, headers: {}, body: Buffer.from(JSON.stringify(body)) });

/** Sleeps not at all, so that retries come at once. */
export const impatient: Clock = {
  ...systemClock,
  sleep: async (_ms, signal) => signal?.throwIfAborted(),
};

/** A process that finds all others dead; by a number that no system gives to one. */
export const alone = (number: number) => {
  const pid = 900_000_000 + number;
  return { pid, isAlive: (other: number) => other === pid };
};

export interface TestSandbox {
  readonly key: string;
  readonly baseUrl: string;
  /** Where its files are. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  /** API calls so far, oldest first. */
  readonly calls: readonly HttpRequest[];
  readonly send: Send;
  /** Runs the program against this sandbox. */
  run(argv: readonly string[], world?: World): Promise<Ran>;
  /** Runs it with --json, expects exit 0, and gives what it printed. */
  json(argv: readonly string[], world?: World): Promise<Json>;
  /** The coming API calls go wrong like this, one after the other; those after pass. */
  next(...faults: readonly Fault[]): void;
  /** No more goes wrong. */
  forgive(): void;
  /** Fires an event and waits for its first attempts. */
  fire(eventType: string, data?: object): Promise<void>;
  close(): Promise<void>;
}

/** The sandbox inside the test, with real deliveries and a config folder of its own. */
export async function startSandbox(
  options: Partial<SandboxOptions> & { readonly version?: ApiVersion } = {},
): Promise<TestSandbox> {
  const home = temporaryHome();
  const pool = createPooledSend({ env: {}, connections: 4 });
  const sandbox = await createSandbox({
    ...{ clock: systemClock, send: pool.send, scheme: PRESETS['standard-webhooks'], retryScheduleMs: [] },
    random: seeded(),
    ...options,
  });
  const pass = sendTo(sandbox.handler);
  const calls: HttpRequest[] = [];
  const faults: Fault[] = [];
  const send: Send = async (request) => {
    request.signal?.throwIfAborted();
    calls.push(request);
    return (faults.shift() ?? passed)(request, pass);
  };
  const key = sandbox.apiKey.reveal();
  const baseUrl = 'http://127.0.0.1:4010';
  const env = {
    ...home.env,
    KYCGENIE_BASE_URL: baseUrl,
    KYCGENIE_API_KEY: key,
    KYCGENIE_API_VERSION: options.version ?? 'v2',
  };
  const run = (argv: readonly string[], world: World = {}): Promise<Ran> =>
    kycgenie(argv, { send, clock: impatient, ...world, env: { ...env, ...world.env } });
  return {
    ...{ key, baseUrl, folder: home.folder, env, calls, send, run },
    async json(argv, world) {
      const { code, stdout, stderr } = await run([...argv, '--json'], world);
      expect(code, stderr).toBe(0);
      return JSON.parse(stdout);
    },
    next: (...coming) => void faults.push(...coming),
    forgive: () => void faults.splice(0),
    async fire(eventType, data = {}) {
      const { status } = await pass({
        method: 'POST',
        url: new URL('/sandbox/events', baseUrl),
        headers: [['authorization', `Bearer ${key}`]],
        body: Buffer.from(JSON.stringify({ event_type: eventType, data })),
        timeoutMs: 0,
        maxBodyBytes: 0,
      });
      expect(status).toBe(202);
      await sandbox.idle();
    },
    async close() {
      await sandbox.close();
      await pool.close();
      home.remove();
    },
  };
}

/** The same chance in every run: made-up logs are the same, too. */
function seeded(): () => number {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** A receiver on a socket that answers with these statuses in turn, the last one again and again. */
export async function startReceiver(...statuses: readonly number[]) {
  const received: ReceivedRequest[] = [];
  const serving = await serve({
    host: '127.0.0.1',
    port: 0,
    handler: async (request) => {
      received.push(request);
      return { status: statuses[Math.min(received.length, statuses.length) - 1] ?? 200 };
    },
  });
  return { url: serving.url, received, close: () => serving.close(0) };
}
