import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCode } from '../../system-error.ts';
import { inboxFailure } from './failure.ts';
import { namesIn } from './segments.ts';
import { describeWriter, isGone, type Processes, type WriterProcess } from './writers.ts';

/**
 * Who took over what a writer left owed. Claims are numbered files, `<token>.claim-1` and up, each made exclusively
 * and never replaced: of those who see the last one abandoned, one alone makes the next. No lock is involved, and a
 * process may be killed at any point.
 */

export const CLAIM_NAME = /^([0-9a-f]{16})\.claim-(\d{1,9})$/;
const CLAIM_TEXT = /^(\d{1,10}) (\d{1,20})\n$/;

/** Between the making of a claim and its text lies an instant; what is empty for longer was left by a kill. */
const UNREADABLE_CLAIM_MAX_AGE_MS = 60_000;

/** True when this process alone is to do what the writer of `token` owes. Throws Failure `store_unwritable`. */
export async function claim(
  folder: string,
  token: string,
  processes: Processes,
  nowMs: number,
): Promise<boolean> {
  const latest = await latestOf(folder, token);
  if (latest > 0 && (await isHeld(pathOf(folder, token, latest), processes, nowMs))) return false;
  const { pid, started } = describeWriter(processes);
  const path = pathOf(folder, token, latest + 1);
  try {
    await writeFile(path, `${pid} ${started}\n`, { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    throw inboxFailure(path, 'written', error);
  }
}

/** True while a living process does what the writer of `token` owes. */
export async function isClaimed(
  folder: string,
  token: string,
  processes: Processes,
  nowMs: number,
): Promise<boolean> {
  const latest = await latestOf(folder, token);
  return latest > 0 && isHeld(pathOf(folder, token, latest), processes, nowMs);
}

function pathOf(folder: string, token: string, generation: number): string {
  return join(folder, `${token}.claim-${generation}`);
}

/** 0 when nobody claimed it yet. */
async function latestOf(folder: string, token: string): Promise<number> {
  const generations = (await namesIn(folder)).flatMap((name) => {
    const [, of, generation] = CLAIM_NAME.exec(name) ?? [];
    return of === token ? [Number(generation)] : [];
  });
  return Math.max(0, ...generations);
}

async function isHeld(path: string, processes: Processes, nowMs: number): Promise<boolean> {
  const holder = await holderIn(path);
  if (holder) return !isGone(holder, processes);
  const status = await stat(path).catch(() => undefined);
  return status !== undefined && Math.abs(nowMs - status.mtimeMs) <= UNREADABLE_CLAIM_MAX_AGE_MS;
}

async function holderIn(path: string): Promise<WriterProcess | null> {
  const text = await readFile(path, 'utf8').catch(() => '');
  const [, pid, started] = CLAIM_TEXT.exec(text) ?? [];
  return pid === undefined || started === undefined ? null : { pid: Number(pid), started };
}
