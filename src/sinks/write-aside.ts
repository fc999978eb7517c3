import {
  closeSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  openSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { Failure } from '../errors.ts';
import { renameOver, syncFolder } from '../platform.ts';
import { systemCode, systemReason } from '../system-error.ts';

export const PRIVATE_MODE = 0o600;

interface Look {
  /** Permission bits. */
  readonly mode: number;
  /** Whose it was; ours when absent. */
  readonly owner?: { readonly uid: number; readonly gid: number } | undefined;
}

/**
 * Puts a file in the place of `path`: fsynced, old or new at any instant, and never readable by more people than
 * `look` says. Asks `mayReplace` right before. Throws Failure `store_unwritable`.
 */
export function writeAside(path: string, bytes: Uint8Array, look: Look, mayReplace = () => true): void {
  const staged = `${path}.kycgenie-${crypto.randomUUID()}`;
  try {
    stage(staged, bytes, look);
    if (!mayReplace()) throw overtaken(path);
    renameOver(staged, path);
    syncFolder(dirname(path));
  } catch (error) {
    throw unwritable(path, error);
  } finally {
    rmSync(staged, { force: true });
  }
}

function stage(path: string, bytes: Uint8Array, { mode, owner }: Look): void {
  const file = openSync(path, 'wx', PRIVATE_MODE);
  try {
    const made = fstatSync(file);
    if (owner && (made.uid !== owner.uid || made.gid !== owner.gid)) fchownSync(file, owner.uid, owner.gid);
    fchmodSync(file, mode);
    writeFileSync(file, bytes);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

export function unwritable(path: string, error: unknown): unknown {
  if (systemCode(error) === undefined) return error;
  return new Failure('store_unwritable', `${path} cannot be written: ${systemReason(error)}`, {
    cause: error,
  });
}

const overtaken = (path: string): Failure =>
  new Failure('store_unwritable', `${path} was not written: another process took its lock meanwhile`);
