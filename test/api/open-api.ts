import { type Api, createApi } from '../../src/api/client.ts';
import type { ApiOptions } from '../../src/api/request.ts';
import type { TraceEvent } from '../../src/api/trace.ts';
import { Failure } from '../../src/errors.ts';
import { createSend } from '../../src/http.ts';
import { Secret } from '../../src/secret.ts';
import { type FaultyServer, startFaultyServer } from '../support/faulty-server.ts';

export const KEY = 'kycg_0123456789abcdef0123456789abcdef';
export const NOW = Date.parse('2026-06-12T14:30:00.000Z');

/** An API client on a real server that does as told, with a clock that only notes what it was asked to wait. */
export interface OpenApi {
  readonly server: FaultyServer;
  readonly api: Api;
  /** What was slept, in ms; no time passes. */
  readonly sleeps: number[];
  readonly traces: TraceEvent[];
  with(options: Partial<ApiOptions>): Api;
  close(): Promise<void>;
}

export async function openApi(version: 'v1' | 'v2' = 'v2'): Promise<OpenApi> {
  const server = await startFaultyServer();
  const sleeps: number[] = [];
  const traces: TraceEvent[] = [];
  const options: ApiOptions = {
    send: createSend({ env: {} }),
    baseUrl: server.url,
    version,
    key: new Secret(KEY),
    clock: {
      now: () => NOW,
      random: () => 1,
      sleep: async (ms, signal) => {
        signal?.throwIfAborted();
        sleeps.push(ms);
      },
    },
    timeoutMs: 10_000,
    maxRetries: 3,
    userAgent: 'kycgenie-cli/test',
    trace: (event) => traces.push(event),
  };
  return {
    server,
    sleeps,
    traces,
    api: createApi(options),
    with: (more) => createApi({ ...options, ...more }),
    close: () => server.close(),
  };
}

/** The failure that a call ends with. */
export async function failureOf(call: Promise<unknown>): Promise<Failure> {
  const error = await call.then(
    () => new Error('it went well'),
    (reason: unknown) => reason,
  );
  if (error instanceof Failure) return error;
  throw error;
}
