import { closeSync, fsyncSync, openSync, promises, readFileSync, readlinkSync, renameSync } from 'node:fs';
import { platform } from 'node:os';
import { dirname } from 'node:path';
import { systemClock } from './clock.ts';
import { systemCode } from './system-error.ts';

/** In what the systems differ, but for where they keep the files of a user (config/folders.ts). */

const IS_WINDOWS = platform() === 'win32';

/**
 * The signals that ask for an end. On Windows nobody can send SIGTERM, but Ctrl-Break and the closing of the window
 * are signals. A closed terminal elsewhere is none of ours: a handler would undo nohup.
 */
export const END_SIGNALS: Readonly<Record<string, readonly ['interrupted' | 'terminated', 130 | 143]>> = {
  SIGINT: ['interrupted', 130],
  SIGTERM: ['terminated', 143],
  ...(IS_WINDOWS && { SIGBREAK: ['interrupted', 130], SIGHUP: ['terminated', 143] }),
};

/** What a write says whose reader has gone; `EOF` is Windows. */
export const READER_GONE: ReadonlySet<unknown> = new Set([
  'EPIPE',
  'ECONNRESET',
  'ERR_STREAM_DESTROYED',
  'EOF',
]);

/** Whether a terminal takes UTF-8 and colours as plain bytes; that of Windows does from its stream alone. */
export const TERMINAL_TAKES_BYTES = !IS_WINDOWS;

/** Some descriptors of Windows cannot be asked what they are. */
export const DESCRIPTORS_TELL = !IS_WINDOWS;

/** Whether the modes of files say who may read them. */
export const hasFileModes = (system: NodeJS.Platform): boolean => system !== 'win32';

/** The file of a program that starts without a shell: no .cmd and no .bat. */
export const programFile = (name: string): string => (IS_WINDOWS ? `${name}.exe` : name);

/** The value of PATH; Windows writes its name as it likes. */
export function searchPath(env: Readonly<Record<string, string | undefined>>): string {
  const name = IS_WINDOWS ? Object.keys(env).find((key) => key.toUpperCase() === 'PATH') : 'PATH';
  return env[name ?? 'PATH'] ?? '';
}

/** Whether a file may be replaced while it is open. */
export const REPLACES_OPEN_FILES = !IS_WINDOWS;

/** On Windows a virus scanner or a reader may hold a file for a moment. */
const HELD: ReadonlySet<unknown> = new Set(['EPERM', 'EACCES', 'EBUSY']);
const PAUSES_MS = [10, 20, 50, 100, 200, 400] as const;

/** What a test puts in the place of the system. */
interface Renaming<Outcome> {
  readonly isWindows: boolean;
  readonly rename: (from: string, to: string) => Outcome;
}

/** Puts the file `from` in the place of `to`, old or new at any instant. */
export function renameOver(
  from: string,
  to: string,
  { isWindows, rename: move }: Renaming<void> = { isWindows: IS_WINDOWS, rename: renameSync },
): void {
  for (const pauseMs of isWindows ? PAUSES_MS : []) {
    try {
      move(from, to);
      return;
    } catch (error) {
      if (!HELD.has(systemCode(error))) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pauseMs);
    }
  }
  move(from, to);
}

/** The same without holding up what else goes on. */
export async function renameOverLater(
  from: string,
  to: string,
  { isWindows, rename: move }: Renaming<Promise<void>> = { isWindows: IS_WINDOWS, rename: promises.rename },
): Promise<void> {
  for (const pauseMs of isWindows ? PAUSES_MS : []) {
    try {
      await move(from, to);
      return;
    } catch (error) {
      if (!HELD.has(systemCode(error))) throw error;
      await systemClock.sleep(pauseMs);
    }
  }
  await move(from, to);
}

/** Makes renames and removals in `folder` survive a power cut, where the system can say so. */
export function syncFolder(folder: string): void {
  let fd: number | undefined;
  try {
    fd = openSync(folder, 'r');
    fsyncSync(fd);
  } catch {
    // Windows cannot open folders, some network file systems cannot sync them.
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** Makes the name of the file `path` in its folder last. Never throws: some systems know no such thing. */
export async function syncFolderOf(path: string): Promise<void> {
  try {
    const folder = await promises.open(dirname(path), 'r');
    await folder.sync().finally(() => folder.close());
  } catch {
    return;
  }
}

export interface ProcessStatus {
  /** When the process started, in the kernel's own count: tells it from a later one with the same id. */
  readonly started: string;
  /** Ended, and only waiting for its parent to notice. */
  readonly isOver: boolean;
}

/** From Linux's /proc; null elsewhere, or where it is hidden. */
export function processStatus(pid: number): ProcessStatus | null {
  const line = textOf(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  if (line === null) return null;
  // The second field is the command in parentheses and may hold anything; the third is the state.
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
  const [state, started] = [fields[0], fields[19]];
  return started === undefined ? null : { started, isOver: state === 'Z' || state === 'X' };
}

/** Which start of the machine this is; null where the system does not say. */
export const bootId = (): string | null =>
  textOf(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8'));

/** In which set of process ids this process counts: containers have their own. Null where there are no such sets. */
export const pidNamespace = (): string | null => textOf(() => readlinkSync('/proc/self/ns/pid'));

function textOf(read: () => string): string | null {
  try {
    return read().trim();
  } catch {
    return null;
  }
}
