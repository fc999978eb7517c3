import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { stripVTControlCharacters } from 'node:util';
import { type Environment, start, withinTime } from '../child.ts';
import type { Clock } from '../clock.ts';

/** Longer lines are read up to here. */
const MAX_LINE_CHARS = 8 * 1024;
/** Of the last line that is shown where the program fails. */
const MAX_REASON_CHARS = 300;
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
  readonly env: Environment;
  readonly keepsInputOpen: boolean;
  /** Each line of its output, without colours. Its output is read to the end, whatever comes. */
  readonly onLine: (line: string) => void;
}

/** Runs a program, not through a shell. What it leads to when it outlives us is a closed port. */
export function run({ path, args, env, keepsInputOpen, onLine }: Command, clock: Clock): Child {
  const running = start({ program: { path, args }, env, hasInput: keepsInputOpen }, clock);
  let last = '';
  const note = (line: string): void => {
    if (line.trim() !== '') last = line.trim();
    onLine(line);
  };
  for (const output of running.outputs) readLines(output, note);
  const ended = running.over.then(async ({ how }) => {
    await withinTime(clock, LAST_WORDS_MS, running.closed);
    return last === '' ? how : `${how}: ${tame(last)}`;
  });
  return { ended, stop: () => running.stop() };
}

function readLines(stream: Readable, onLine: (line: string) => void): void {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  const take = (text: string): void => {
    const lines = (rest + text).split(/[\r\n]+/);
    rest = (lines.pop() ?? '').slice(0, MAX_LINE_CHARS);
    for (const line of lines) onLine(stripVTControlCharacters(line.slice(0, MAX_LINE_CHARS)));
  };
  stream.on('data', (chunk: Buffer) => take(decoder.write(chunk)));
  stream.once('end', () => take(`${decoder.end()}\n`));
  stream.on('error', () => undefined);
}

/** A foreign program may quote its own credentials when it complains of them. */
const tame = (line: string): string =>
  line.replace(SECRETS, '$1$2…').replace(/\s+/g, ' ').slice(0, MAX_REASON_CHARS);
