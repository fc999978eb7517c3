import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { stripVTControlCharacters } from 'node:util';
import type { Clock } from '../clock.ts';
import { systemReason } from '../system-error.ts';

/** Longer lines are read up to here. */
const MAX_LINE_CHARS = 8 * 1024;
/** Of the last line that is shown where the program fails. */
const MAX_REASON_CHARS = 300;
/** How long a program may take to end by itself. */
const TERM_MS = 2_000;
/** How long its last words may take: another process may hold its output open. */
const LAST_WORDS_MS = 500;

/** What may follow the name of a secret in what programs print. */
const SECRETS = /(token|password|secret|key)\b(\W{0,4}[:=]\W{0,6}|\s+is\s+)[\w.+/~-]+/gi;

export interface Child {
  /** Resolves with half a sentence on how it ended, and its last words. */
  readonly ended: Promise<string>;
  /** Asks it to end, and ends it after 2 s. Resolves when it is over. */
  stop(): Promise<void>;
}

interface Command {
  readonly path: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly keepsInputOpen: boolean;
  /** Each line of its output, without colours. Its output is read to the end, whatever comes. */
  readonly onLine: (line: string) => void;
}

/**
 * Runs a program, not through a shell. It is in our process group, so that Ctrl-C and a closed terminal end it, too.
 * Where we are killed outright it lives on until it notices that nobody has the other end of its input or output: node
 * cannot ask the system to end it with us. What it then leads to is a closed port.
 */
export function run({ path, args, env, keepsInputOpen, onLine }: Command, clock: Clock): Child {
  const child = spawn(path, args, {
    env: withoutOurs(env),
    stdio: [keepsInputOpen ? 'pipe' : 'ignore', 'pipe', 'pipe'],
    windowsHide: true,
  });
  let last = '';
  const note = (line: string): void => {
    if (line.trim() !== '') last = line.trim();
    onLine(line);
  };
  child.stdin?.on('error', () => undefined);
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const over = outcome(child);
  readLines(child.stdout, note);
  readLines(child.stderr, note);
  const ended = over.then(async (how) => {
    await withinTime(clock, LAST_WORDS_MS, closed);
    return last === '' ? how : `${how}: ${tame(last)}`;
  });
  return { ended, stop: () => stop(child, over, clock) };
}

/** Resolves when the process is gone, or never was. */
function outcome(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => {
      if (child.pid === undefined) resolve(`it could not be started: ${systemReason(error)}`);
    });
    child.once('exit', (code, signal) => {
      resolve(signal === null ? `it ended with exit code ${code}` : `it was ended by ${signal}`);
    });
  });
}

async function stop(child: ChildProcess, over: Promise<unknown>, clock: Clock): Promise<void> {
  child.kill('SIGTERM');
  if (!(await withinTime(clock, TERM_MS, over))) child.kill('SIGKILL');
  await over;
  // A process of its own that still holds them is not waited for.
  child.stdin?.destroy();
  child.stdout?.destroy();
  child.stderr?.destroy();
}

/** Whether it came within `ms`. */
async function withinTime(clock: Clock, ms: number, awaited: Promise<unknown>): Promise<boolean> {
  const late = new AbortController();
  const timer = clock.sleep(ms, late.signal).then(
    () => false,
    () => false,
  );
  const isInTime = await Promise.race([awaited.then(() => true), timer]);
  late.abort();
  return isInTime;
}

function readLines(stream: Readable | null, onLine: (line: string) => void): void {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  const take = (text: string): void => {
    const lines = (rest + text).split(/[\r\n]+/);
    rest = (lines.pop() ?? '').slice(0, MAX_LINE_CHARS);
    for (const line of lines) onLine(stripVTControlCharacters(line.slice(0, MAX_LINE_CHARS)));
  };
  stream?.on('data', (chunk: Buffer) => take(decoder.write(chunk)));
  stream?.once('end', () => take(`${decoder.end()}\n`));
  stream?.on('error', () => undefined);
}

/** A foreign program may quote its own credentials when it complains of them. */
const tame = (line: string): string =>
  line.replace(SECRETS, '$1$2…').replace(/\s+/g, ' ').slice(0, MAX_REASON_CHARS);

/** Another program has no business with our settings, keys and secrets. */
function withoutOurs(env: Command['env']): NodeJS.ProcessEnv {
  const isOurs = (name: string, value = ''): boolean =>
    name.startsWith('KYCGENIE_') || /^(?:whsec_|kycg_)/.test(value);
  return Object.fromEntries(Object.entries(env).filter(([name, value]) => !isOurs(name, value)));
}
