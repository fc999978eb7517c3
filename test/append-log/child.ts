import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { rolldown } from 'rolldown';

/**
 * A program of its own that appends to a log: `bundle` once, then `run`. Each line it prints is the number of
 * a record whose append was acknowledged, or `failed` and the kind of the failure.
 */
export async function bundleAppender(folder: string): Promise<string> {
  const file = join(folder, 'appender.mjs');
  const bundle = await rolldown({
    input: new URL('./appender.ts', import.meta.url).pathname,
    platform: 'node',
    logLevel: 'silent',
  });
  await bundle.write({ file, format: 'esm' });
  await bundle.close();
  return file;
}

export function runAppender(file: string, log: string, shellLimit = ''): ChildProcess {
  const command = `${shellLimit} exec "$0" "$1" "$2"`;
  return spawn('/bin/sh', ['-c', command, process.execPath, file, log], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

export async function* linesOf(child: ChildProcess): AsyncGenerator<string> {
  if (child.stdout) yield* createInterface({ input: child.stdout });
}
