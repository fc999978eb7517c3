import { Failure } from '../../src/errors.ts';
import { kycgenie, type Ran, type World } from './cli.ts';
import type { Json } from './sandbox.ts';

/** A command that goes on, inside the test. */
export interface Running {
  /** What it has printed so far. */
  stdout(): string;
  /** Resolves with the first line of --json output, past or to come, that has these fields. */
  line(fields: Readonly<Record<string, unknown>>): Promise<Json>;
  /** Resolves when this text is on stdout. */
  shown(text: string): Promise<void>;
  /** As Ctrl-C or SIGTERM would; resolves when it is over. */
  stop(kind?: 'interrupted' | 'terminated'): Promise<Ran>;
  readonly ended: Promise<Ran>;
}

export function open(argv: readonly string[], world: World = {}): Running {
  const stop = new AbortController();
  const watchers = new Set<() => void>();
  let stdout = '';
  const onStdout = (text: string): void => {
    stdout += text;
    for (const look of watchers) look();
  };
  const ended = kycgenie(argv, { ...world, signal: stop.signal, onStdout });
  /** Looks whenever something is printed; rejects when nothing more will be. */
  const until = <T>(look: () => T | undefined): Promise<T> =>
    new Promise((resolve, reject) => {
      const watch = (): void => {
        const found = look();
        if (found === undefined) return;
        watchers.delete(watch);
        resolve(found);
      };
      watchers.add(watch);
      watch();
      ended.then((ran) => reject(new Error(`It ended before: ${JSON.stringify(ran)}`)));
    });
  return {
    stdout: () => stdout,
    line: (fields) => until(() => linesOf(stdout).find((line) => hasFields(line, fields))),
    shown: (text) => until(() => (stdout.includes(text) ? null : undefined)).then(() => undefined),
    async stop(kind = 'interrupted') {
      stop.abort(new Failure(kind, kind === 'interrupted' ? 'Interrupted' : 'Terminated'));
      return ended;
    },
    ended,
  };
}

export const linesOf = (stdout: string): readonly Json[] =>
  stdout
    .trimEnd()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));

const hasFields = (line: Json, fields: Readonly<Record<string, unknown>>): boolean =>
  Object.entries(fields).every(([name, value]) => line[name] === value);
