import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { rolldown } from 'rolldown';

/** The keeper as a program of its own, in `folder`. */
export async function bundleKeeper(folder: string): Promise<string> {
  const file = join(folder, 'keeper.mjs');
  const bundle = await rolldown({
    input: join(import.meta.dirname, 'keeper.ts'),
    platform: 'node',
    logLevel: 'silent',
  });
  await bundle.write({ file, format: 'esm', codeSplitting: false });
  await bundle.close();
  return file;
}

export interface Keeper {
  readonly child: ChildProcess;
  /** All that it said, once it has ended. */
  readonly lines: Promise<readonly string[]>;
}

/** `onLine` hears how many lines there are so far. */
export function startKeeper(
  program: string,
  args: readonly string[],
  onLine: (count: number, child: ChildProcess) => void,
  shellLimit = '',
): Keeper {
  const child = spawn(
    '/bin/sh',
    ['-c', `${shellLimit} exec "$@"`, 'sh', process.execPath, program, ...args],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const lines: string[] = [];
  const reader = createInterface({ input: child.stdout });
  reader.on('line', (line) => {
    lines.push(line);
    onLine(lines.length, child);
  });
  const ended = Promise.all([once(reader, 'close'), once(child, 'exit')]);
  return { child, lines: ended.then(() => lines) };
}
