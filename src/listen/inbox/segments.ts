import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCode } from '../../system-error.ts';
import { inboxFailure } from './failure.ts';
import { MARKER_BYTES } from './frame.ts';
import { describeWriter, type Processes, type WriterProcess } from './writers.ts';

/**
 * The files of the inbox. Each writer has its own and appends to the newest of them, so that writers need no lock.
 * A name is `<time>-<pid>-<start>-<token>-<number>.inbox`: names sort by time, and all that tells whether somebody
 * may still append is in them.
 */

const NAME = /^(\d{15})-(\d{1,10})-(\d{1,20})-([0-9a-f]{16})-(\d{9})\.inbox$/;

/** One opening of the inbox for writing. */
export interface Writer extends WriterProcess {
  /** The marker of its records, in hexadecimal. */
  readonly token: string;
}

export interface Segment {
  readonly name: string;
  readonly path: string;
  readonly writer: Writer;
}

export function inboxFolder(dataDir: string): string {
  return join(dataDir, 'inbox');
}

export function newWriter(processes: Processes): Writer {
  return { ...describeWriter(processes), token: randomBytes(MARKER_BYTES).toString('hex') };
}

export function markerOf({ token }: Writer): Buffer {
  return Buffer.from(token, 'hex');
}

/** `number` counts the segments of the writer. */
export function nameSegment(folder: string, writer: Writer, createdMs: number, number: number): Segment {
  const time = String(Math.max(0, Math.trunc(createdMs))).padStart(15, '0');
  const name = `${time}-${writer.pid}-${writer.started}-${writer.token}-${String(number).padStart(9, '0')}.inbox`;
  return { name, path: join(folder, name), writer };
}

/** All that are there, oldest first. Throws Failure `store_unwritable`. */
export async function listSegments(folder: string): Promise<readonly Segment[]> {
  const names = await namesIn(folder);
  return names.toSorted().flatMap((name) => {
    const [, , pid, started, token] = NAME.exec(name) ?? [];
    if (pid === undefined || started === undefined || token === undefined) return [];
    return [{ name, path: join(folder, name), writer: { pid: Number(pid), started, token } }];
  });
}

/** Names of the entries of a folder; none where there is no folder. Throws Failure `store_unwritable`. */
export async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw inboxFailure(folder, 'read', error);
  }
}

/** The names of those that their writers may still append to, if they run: the newest of each. */
export function newestOfEach(segments: readonly Segment[]): ReadonlySet<string> {
  const newest = new Map(segments.map(({ writer, name }) => [writer.token, name]));
  return new Set(newest.values());
}
