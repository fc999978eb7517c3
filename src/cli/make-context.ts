import { closeSync, openSync, readSync } from 'node:fs';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import type { Api } from '../api/client.ts';
import type { Trace, TraceEvent } from '../api/trace.ts';
import type { Settings } from '../config/settings.ts';
import { Failure } from '../errors.ts';
import type { Secret } from '../secret.ts';
import { systemReason } from '../system-error.ts';
import type { Look, Paint } from '../terminal/style.ts';
import { createTalk } from '../terminal/talk.ts';
import { plain } from '../terminal/text.ts';
import { USER_AGENT } from '../version.ts';
import type { ApiChoice, Context } from './context.ts';
import type { Edge } from './edge.ts';
import type { GlobalOptions } from './globals.ts';

/** Standard input and files that an option names are read whole up to this. */
const MAX_INPUT_BYTES = 1024 * 1024;
/** What is read as bytes: bodies. */
const MAX_BODY_BYTES = 16 * 1024 * 1024;
const CHUNK_BYTES = 64 * 1024;

interface Shared {
  /** The look of stderr. */
  readonly look: Look;
  readonly paint: Paint;
  readonly invoke: Context['invoke'];
  readonly flush: Context['flush'];
  readonly afterwards: Context['afterwards'];
}

/** Makes the context of one run. Nothing is opened before it is asked for, and then once. */
export function makeContext(
  edge: Edge,
  globals: GlobalOptions,
  { look, paint, invoke, flush, afterwards }: Shared,
): Context {
  const { env, clock, signal, processes } = edge;
  const talk = makeTalk(edge, globals, look, paint);
  const stdinBytes = once(() => readStdin(edge));
  const stdin = async (): Promise<string> => toText(await stdinBytes(), STDIN);
  const readInput = async (path: string): Promise<string> =>
    path === '-' ? stdin() : toText(readFile(path, MAX_INPUT_BYTES), path);
  const environment = { clock, signals: edge.signals, onDamage: talk.warn };
  const places = once(async () => {
    const { resolvePlaces } = await import('../config/settings.ts');
    return resolvePlaces({ flags: globals, env, platform: edge.platform, homedir: edge.homedir });
  });
  const stores = once(async () => {
    const { makeVault } = await import('../config/vault.ts');
    const { store, configDir: folder } = await places();
    const configDir = folder.value;
    const options = { program: edge.keychain, env, clock, configDir, onTrouble: talk.warn };
    return { ...environment, configDir, vault: makeVault(store.value === 'keychain', options) };
  });
  const profiles = once(async () => {
    const { openProfiles } = await import('../config/profiles.ts');
    return openProfiles(await stores());
  });
  const settings = once(async () => {
    const { resolveSettings } = await import('../config/settings.ts');
    const { platform, homedir } = edge;
    const readProfile = async (name: string) => (await profiles()).read(name);
    return resolveSettings({ flags: globals, env, platform, homedir, readInput, readProfile });
  });
  const apiKey = once(async () => {
    const { apiKey: kept, profile } = await settings();
    return kept.value && (await profiles()).reveal(profile.value, kept.value);
  });
  return {
    env,
    clock,
    signal,
    processes,
    system: { platform: edge.platform, nodeVersion: edge.nodeVersion },
    quiet: globals.quiet === true,
    asset: edge.asset,
    talk,
    places,
    settings,
    apiKey,
    vault: async () => (await stores()).vault,
    profiles,
    stdin,
    readInput,
    readBytes: async (path) => (path === '-' ? stdinBytes() : readFile(path, MAX_BODY_BYTES)),
    invoke,
    flush,
    afterwards,
    ask: once(async () => {
      const { createQuestions } = await import('../terminal/prompt.ts');
      const noInput = (await places()).noInput.value;
      return createQuestions({ stdin: edge.stdin(), stderr: edge.stderrStream(), look, noInput, signal });
    }),
    api: async ({ key, ...choice } = {}) =>
      openApi(edge, await settings(), key ?? (await apiKey()), choice, makeTrace(globals, talk)),
    secrets: once(async () => {
      const { openSecrets } = await import('../config/secrets.ts');
      return openSecrets({ ...(await stores()), profile: (await places()).profile.value });
    }),
    journal: once(async () => {
      const { openJournal } = await import('../config/journal.ts');
      const { dataDir } = await places();
      return openJournal({ ...environment, dataDir: dataDir.value, hostname: hostname(), processes });
    }),
  };
}

/** Lines to stderr, in order; a stderr that nobody reads is no reason to stop. */
function makeTalk(edge: Edge, { quiet }: GlobalOptions, look: Look, paint: Paint): Context['talk'] {
  const write = (text: string): void => {
    edge.stderr.write(text).catch(() => undefined);
  };
  const live = (): boolean => edge.stderr.isTerminal && edge.env['TERM'] !== 'dumb';
  return createTalk({ write, look, paint, clock: edge.clock, quiet: quiet === true, live });
}

async function openApi(
  edge: Edge,
  settings: Settings,
  key: Secret | null,
  choice: Omit<ApiChoice, 'key'>,
  trace: Trace | undefined,
): Promise<Api> {
  if (key === null) {
    throw new Failure('not_logged_in', `No API key in profile ${settings.profile.value}`, {
      hint: 'Run kycgenie login, or set KYCGENIE_API_KEY. Without an account: kycgenie sandbox.',
    });
  }
  const { createApi } = await import('../api/client.ts');
  const send = edge.send ?? (await import('../http.ts')).createSend({ env: edge.env });
  return createApi({
    send,
    key,
    baseUrl: settings.baseUrl.value,
    version: settings.apiVersion.value,
    timeoutMs: choice.timeoutMs ?? settings.timeoutMs.value,
    maxRetries: choice.maxRetries ?? settings.maxRetries.value,
    clock: edge.clock,
    userAgent: USER_AGENT,
    ...(trace && { trace }),
  });
}

/** One line on stderr for each step of a call, under --debug. */
function makeTrace({ debug }: GlobalOptions, talk: Context['talk']): Trace | undefined {
  if (!debug) return undefined;
  return (event) => {
    for (const line of describeTrace(event)) talk.raw(plain(line));
  };
}

function describeTrace(event: TraceEvent): readonly string[] {
  const call = `${event.method} ${event.url}`;
  switch (event.type) {
    case 'request':
      return [`> ${call} (attempt ${event.attempt})`, ...contents(event)];
    case 'response':
      return [`< ${event.status} ${call} in ${event.duration_ms} ms`, ...contents(event)];
    case 'failure':
      return [`< ${call} failed after ${event.duration_ms} ms: ${event.message}`];
    case 'retry':
      return [`  again in ${event.delay_ms} ms: ${event.message}`];
  }
}

type Contents = Pick<Extract<TraceEvent, { type: 'request' }>, 'headers' | 'body'>;

const contents = ({ headers, body }: Contents): readonly string[] => [
  ...headers.map(([name, value]) => `  ${name}: ${value}`),
  ...(body === null ? [] : [`  ${body}`]),
];

const STDIN = 'Standard input';

function toText(bytes: Buffer, what: string): string {
  if (bytes.length > MAX_INPUT_BYTES) throw tooLarge(what, MAX_INPUT_BYTES);
  return bytes.toString('utf8');
}

/** Bounded by what is read, not by what the system says: devices and pipes have no size. */
function readFile(path: string, maxBytes: number): Buffer {
  try {
    const file = openSync(resolve(path), 'r');
    try {
      const bytes = readUpTo(file, maxBytes + 1);
      if (bytes.length > maxBytes) throw tooLarge(path, maxBytes);
      return bytes;
    } finally {
      closeSync(file);
    }
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure('usage', `${path} cannot be read: ${systemReason(error)}`, { cause: error });
  }
}

function readUpTo(file: number, maxBytes: number): Buffer {
  const chunks: Buffer[] = [];
  for (let left = maxBytes; left > 0; ) {
    const chunk = Buffer.alloc(Math.min(left, CHUNK_BYTES));
    const length = readSync(file, chunk, 0, chunk.length, null);
    if (length === 0) break;
    chunks.push(chunk.subarray(0, length));
    left -= length;
  }
  return Buffer.concat(chunks);
}

async function readStdin(edge: Edge): Promise<Buffer> {
  if (edge.stdinIsTerminal()) {
    throw new Failure('usage', 'Standard input is a terminal: there is nothing to read', {
      hint: 'Pipe the text in.',
    });
  }
  const { signal } = edge;
  const stdin = edge.stdin();
  const stop = (): void => void stdin.destroy();
  signal.addEventListener('abort', stop, { once: true });
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of stdin as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > MAX_BODY_BYTES) throw tooLarge(STDIN, MAX_BODY_BYTES);
      chunks.push(chunk);
    }
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', stop);
  }
  signal.throwIfAborted();
  return Buffer.concat(chunks);
}

const tooLarge = (what: string, maxBytes: number): Failure =>
  new Failure('usage', `${what} holds more than ${maxBytes / 1024} KiB`);

/** The first call makes the value, later ones share it. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
