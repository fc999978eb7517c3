import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { rolldown } from 'rolldown';
import type { HelperProgram } from '../../src/config/keychain/helper.ts';

/** Real processes that use the stores of this folder at the same time. */

interface InFolder {
  /** The folder (or, for locks, the file) to work on. */
  readonly dir: string;
  readonly umask?: number;
}

/** With a keychain: how it is asked, and where it is found. */
export interface InKeychainJob {
  readonly program: HelperProgram;
  readonly env: Readonly<Record<string, string>>;
  readonly webhookId: string;
  readonly secret: string;
}

export type Job = InFolder &
  (
    | { readonly do: 'update-profiles'; readonly label: string; readonly count: number }
    | { readonly do: 'put'; readonly webhookId: string; readonly secret: string; readonly count: number }
    | (InKeychainJob & { readonly do: 'put-in-keychain' })
    | (InKeychainJob & { readonly do: 'die-after-keychain' })
    | { readonly do: 'begin'; readonly count: number }
    | { readonly do: 'claim-all' }
    | { readonly do: 'count'; readonly count: number }
    | { readonly do: 'hold' }
    | { readonly do: 'interrupt' }
  );

interface Worker {
  readonly child: ChildProcess;
  /** What it has said so far; whole lines only. */
  readonly lines: readonly string[];
  /** Resolves when it has said that many lines. */
  said(count: number): Promise<void>;
  /** Resolves to its exit code, null after a signal, with all its lines read. */
  readonly ended: Promise<number | null>;
  kill(): Promise<void>;
}

export interface Workers {
  start(job: Job, as?: { readonly uid: number; readonly gid: number }): Worker;
  /** Runs all at once and resolves to what they said, in the order of the jobs; throws when one failed. */
  all(jobs: readonly Job[]): Promise<readonly (readonly string[])[]>;
  remove(): void;
}

/** Bundles the worker as the product is bundled: one CommonJS core, the rest loaded on use. */
export async function bundleWorkers(): Promise<Workers> {
  const folder = mkdtempSync(join(tmpdir(), 'kycgenie-workers-'));
  chmodSync(folder, 0o755);
  const bundle = await rolldown({
    input: join(import.meta.dirname, 'worker.ts'),
    platform: 'node',
    logLevel: 'silent',
  });
  await bundle.write({
    dir: folder,
    format: 'cjs',
    entryFileNames: '[name].cjs',
    chunkFileNames: '[name]-[hash].cjs',
  });
  await bundle.close();
  const script = join(folder, 'worker.cjs');
  const start: Workers['start'] = (job, as) => startWorker(script, job, as);
  return {
    start,
    async all(jobs) {
      const workers = jobs.map((job) => start(job));
      const codes = await Promise.all(workers.map(({ ended }) => ended));
      const failed = workers.filter((_, index) => codes[index] !== 0);
      if (failed.length > 0)
        throw new Error(`Workers failed: ${failed.map(({ lines }) => lines.at(-1)).join('; ')}`);
      return workers.map(({ lines }) => lines);
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function startWorker(script: string, job: Job, as?: { readonly uid: number; readonly gid: number }): Worker {
  const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env;
  const child = spawn(process.execPath, [script, JSON.stringify(job)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env,
    ...as,
  });
  const lines: string[] = [];
  const reader = createInterface({ input: child.stdout });
  reader.on('line', (line) => lines.push(line));
  const read = once(reader, 'close');
  const exited = once(child, 'exit');
  const ended = Promise.all([exited, read]).then(([[code]]): number | null =>
    typeof code === 'number' ? code : null,
  );
  return {
    child,
    lines,
    ended,
    async said(count) {
      while (lines.length < count) await Promise.race([once(reader, 'line'), neverSaid(ended, lines, count)]);
    },
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

async function neverSaid(ended: Promise<unknown>, lines: readonly string[], count: number): Promise<void> {
  await ended;
  if (lines.length < count) throw new Error(`A worker ended after ${lines.length} lines: ${lines.at(-1)}`);
}
