import { closeSync, openSync, readSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from './clock.ts';
import type { Send } from './http.ts';
import { isRecord } from './record.ts';
import { USER_AGENT } from './version.ts';

/** Which version is the newest, as the repository of this program says; asked for at most once a day, beside a command. */

const DAY_MS = 24 * 3_600_000;
/** A question that the end of its command cut off is asked again after so long. */
const AGAIN_MS = 10 * 60_000;
const TIMEOUT_MS = 10_000;
/** Of the answer: notes, and some files. */
const MAX_BODY_BYTES = 256 * 1024;
const MAX_VERSION_CHARS = 64;
const MAX_STATE_BYTES = 4096;
const FILE = 'updates.json';

/** What is remembered between runs. */
interface State {
  /** When to ask next, and when to tell next: milliseconds since the epoch. */
  readonly ask_at: number;
  readonly tell_at: number;
  /** What it said last; null before it did. */
  readonly newest: string | null;
}

const NOTHING: State = { ask_at: 0, tell_at: 0, newest: null };

export interface UpdateOptions {
  /** Where the state is kept. */
  readonly dataDir: string;
  /** Answers with the latest release: `{"tag_name": "v1.2.3"}` and more. */
  readonly url: URL;
  /** Of this program. */
  readonly version: string;
  readonly send: () => Promise<Send>;
  readonly clock: Clock;
}

export interface Updates {
  /** Ends a question that is still open. Gives a version newer than this one, if it was not told within a day. */
  end(): Promise<string | null>;
}

/** Reads what was found last, and asks anew where a day has passed. Neither this nor its end waits for an answer. */
export async function watchUpdates(options: UpdateOptions): Promise<Updates> {
  const { dataDir, clock } = options;
  const path = join(dataDir, FILE);
  let state = read(path);
  const over = new AbortController();
  const keep = (changes: Partial<State>): void => {
    state = { ...state, ...changes };
    writeFileSync(path, JSON.stringify(state), { mode: 0o600 });
  };
  if (isDue(state.ask_at, clock)) {
    const { makeFolder } = await import('./make-folder.ts');
    await makeFolder(dataDir, 0o700);
    // First: where nothing can be remembered nothing is asked.
    keep({ ask_at: clock.now() + AGAIN_MS });
    ask(options, over.signal)
      .then((newest) => {
        if (!over.signal.aborted) keep({ ask_at: clock.now() + DAY_MS, ...(newest && { newest }) });
      })
      .catch(ignore);
  }
  return {
    async end() {
      over.abort();
      if (!isDue(state.tell_at, clock)) return null;
      const newer = await newerThan(options.version, state.newest);
      if (newer) keep({ tell_at: clock.now() + DAY_MS });
      return newer;
    },
  };
}

const ignore = (): void => undefined;

/** A time far ahead was written by a clock that was wrong. */
const isDue = (atMs: number, clock: Clock): boolean => atMs <= clock.now() || atMs > clock.now() + DAY_MS;

/** Null for an answer of any other kind, and where none came. */
async function ask({ url, send }: UpdateOptions, signal: AbortSignal): Promise<string | null> {
  try {
    const headers = [
      ['accept', 'application/json'],
      ['user-agent', USER_AGENT],
    ] as const;
    const request = {
      method: 'GET',
      url,
      headers,
      timeoutMs: TIMEOUT_MS,
      maxBodyBytes: MAX_BODY_BYTES,
      signal,
    };
    const { status, body } = await (await send())(request);
    const release: unknown = status === 200 ? JSON.parse(new TextDecoder().decode(body)) : null;
    return isRecord(release) ? await versionIn(release['tag_name']) : null;
  } catch {
    return null;
  }
}

/** As semver writes it, which holds nothing but letters, digits, dots and dashes. */
async function versionIn(text: unknown): Promise<string | null> {
  if (typeof text !== 'string' || text.length > MAX_VERSION_CHARS) return null;
  const { default: valid } = await import('semver/functions/valid.js');
  return valid(text);
}

async function newerThan(version: string, found: string | null): Promise<string | null> {
  if (found === null || found === version) return null;
  const newest = await versionIn(found);
  const { default: gt } = await import('semver/functions/gt.js');
  return newest !== null && gt(newest, version) ? newest : null;
}

/** Whatever is wrong with what the file says, it is as if there were none. Throws where it is no file. */
function read(path: string): State {
  // To open a pipe would wait for whoever writes into it.
  if (statSync(path, { throwIfNoEntry: false })?.isFile() === false) throw new Error(`${path} is not a file`);
  try {
    const state: unknown = JSON.parse(readUpTo(path, MAX_STATE_BYTES));
    if (!isRecord(state)) return NOTHING;
    const { ask_at: askAt, tell_at: tellAt, newest } = state;
    return {
      ask_at: typeof askAt === 'number' ? askAt : 0,
      tell_at: typeof tellAt === 'number' ? tellAt : 0,
      newest: typeof newest === 'string' ? newest : null,
    };
  } catch {
    return NOTHING;
  }
}

function readUpTo(path: string, maxBytes: number): string {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(maxBytes);
    return bytes.toString('utf8', 0, readSync(file, bytes, 0, maxBytes, 0));
  } finally {
    closeSync(file);
  }
}
