import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { Failure } from '../errors.ts';
import { syncFolder } from '../platform.ts';
import { systemCode, systemReason } from '../system-error.ts';

/** Files and folders that only their owner may read, and that a power cut does not undo. */

const FOLDER_MODE = 0o700;
export const FILE_MODE = 0o600;
const PERMISSION_BITS = 0o777;
/** Set on folders that are shared on purpose, such as /tmp: those are not ours to close. */
const STICKY_BIT = 0o1000;

const LEFTOVER_AGE_MS = 3_600_000;

/** Makes `folder` and what is missing above it, 0700 whatever the umask. Throws Failure `store_unwritable`. */
export function makePrivateFolder(folder: string): void {
  try {
    makeFolder(folder);
  } catch (error) {
    throw storeFailure(folder, 'written', error);
  }
}

function makeFolder(folder: string): void {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return;
  if (dirname(folder) !== folder) makeFolder(dirname(folder));
  try {
    mkdirSync(folder, { mode: FOLDER_MODE });
  } catch (error) {
    if (systemCode(error) === 'EEXIST' && statSync(folder).isDirectory()) return;
    throw error;
  }
  chmodSync(folder, FOLDER_MODE);
  syncFolder(dirname(folder));
}

/**
 * Takes a folder from the eyes of others: one that holds what we stored, for a user may have chosen any folder.
 * Best effort: a read-only or foreign file system keeps its modes, and files written here are private in any folder.
 */
export function closeFolder(folder: string): void {
  try {
    const { mode } = statSync(folder);
    if ((mode & STICKY_BIT) === 0) tighten(folder, mode, FOLDER_MODE);
  } catch {
    // There is nothing to close yet; whoever reads or writes will hear of anything worse.
  }
}

/** Gives `path`, whose mode is `mode`, the mode `wanted`: best effort, as above. */
export function tighten(path: string, mode: number, wanted: number): void {
  if ((mode & PERMISSION_BITS) === wanted) return;
  try {
    chmodSync(path, wanted);
  } catch {
    // It keeps the mode it has.
  }
}

/**
 * Writes a file that must not exist yet: whole, fsynced and 0600 from the moment it can be seen.
 * False when the name is taken.
 */
export function createExclusively(path: string, text: string): boolean {
  const temporary = `${path}.tmp-${crypto.randomUUID()}`;
  try {
    writeNew(temporary, text);
    return publish(temporary, path);
  } finally {
    rmSync(temporary, { force: true });
    syncFolder(dirname(path));
  }
}

function writeNew(path: string, text: string): void {
  const fd = openSync(path, 'wx', FILE_MODE);
  try {
    writeFileSync(fd, text);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  chmodSync(path, FILE_MODE);
}

/** A hard link appears whole or not at all, and never over another file; a copy where there are no links. */
function publish(temporary: string, path: string): boolean {
  try {
    linkSync(temporary, path);
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
  }
  try {
    copyFileSync(temporary, path, constants.COPYFILE_EXCL);
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    throw error;
  }
  chmodSync(path, FILE_MODE);
  syncFile(path);
  return true;
}

/** Returns when the content of a file is on the disk. */
export function syncFile(path: string): void {
  const fd = openSync(path, 'r+');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/**
 * Removes what killed processes left in `folder` long ago: what `leftover` matches, which must be whole names that
 * nobody else gives, since the folder may be one where a user keeps other things too.
 */
export function sweepLeftovers(folder: string, leftover: RegExp, nowMs: number): void {
  for (const name of namesIn(folder).filter((candidate) => leftover.test(candidate))) {
    const path = join(folder, name);
    const status = lstatSync(path, { throwIfNoEntry: false });
    if (status && nowMs - status.mtimeMs > LEFTOVER_AGE_MS) removeIfPossible(path, status.isDirectory());
  }
}

function removeIfPossible(path: string, isFolder: boolean): void {
  try {
    // Locks are folders, empty ones.
    if (isFolder) rmdirSync(path);
    else rmSync(path, { force: true });
  } catch {
    // It is only litter: the next sweep tries again.
  }
}

/** Names of the entries of a folder; none where there is no folder. Throws Failure `store_unwritable`. */
export function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw storeFailure(folder, 'read', error);
  }
}

/** A Failure `store_unwritable` for a file that the system refuses; any other error stays what it is. */
export function storeFailure(path: string, verb: 'read' | 'written' | 'removed', error: unknown): unknown {
  if (systemCode(error) === undefined) return error;
  return new Failure('store_unwritable', `${path} cannot be ${verb}: ${systemReason(error)}`, {
    hint: 'Check its owner, its permissions and the disk, or choose other folders with KYCGENIE_CONFIG_DIR and KYCGENIE_DATA_DIR.',
    cause: error,
  });
}
