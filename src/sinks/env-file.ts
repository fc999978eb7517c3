import { lstatSync, readFileSync, realpathSync, type Stats, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Clock } from '../clock.ts';
import { Failure } from '../errors.ts';
import { type Lock, withLock } from '../lock.ts';
import type { Secret } from '../secret.ts';
import { systemCode } from '../system-error.ts';
import { setVariable } from './env-lines.ts';
import type { Remark } from './remark.ts';
import { PRIVATE_MODE, unwritable, writeAside } from './write-aside.ts';

/** An env file that is longer is something else. */
const MAX_FILE_BYTES = 1024 * 1024;
const PERMISSION_BITS = 0o7777;
/** Of those who are neither the owner nor in the group: whoever shares it with a group means to. */
const READABLE_BY_ALL = 0o004;

/**
 * Sets one variable and keeps every other byte, the mode and the owner of the file; a new one is 0600. Processes that
 * do so at the same time wait for each other. Throws Failure `usage` or `store_unwritable`.
 */
export async function setInEnvFile(
  path: string,
  name: string,
  secret: Secret,
  clock: Clock,
): Promise<Remark | null> {
  const file = followed(path);
  await withLock(file, clock, (lock) => replace(file, name, secret, lock));
  const mode = statSync(file, { throwIfNoEntry: false })?.mode ?? 0;
  return (mode & READABLE_BY_ALL) === 0 ? null : { kind: 'open', path };
}

/** Where the file is: a link to it stays a link. Throws Failure `usage` where there is something else. */
export function followed(path: string): string {
  const file = realPath(path);
  const found = statSync(file, { throwIfNoEntry: false }) ?? lstatSync(file, { throwIfNoEntry: false });
  if (!found || found.isFile()) return file;
  const what = found.isDirectory() ? 'a folder' : found.isSymbolicLink() ? 'a broken link' : 'not a file';
  throw new Failure('usage', `--dotenv takes a file, and ${path} is ${what}`);
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw unwritable(path, error);
    return newPath(path);
  }
}

function newPath(path: string): string {
  try {
    return join(realpathSync(dirname(path)), basename(path));
  } catch (error) {
    throw unwritable(path, error);
  }
}

function replace(file: string, name: string, secret: Secret, lock: Lock): void {
  const found = statSync(file, { throwIfNoEntry: false });
  const before = found ? read(file, found) : '';
  const after = setVariable(before, name, secret.reveal());
  if (after === before) return;
  const look = found ? { mode: found.mode & PERMISSION_BITS, owner: found } : { mode: PRIVATE_MODE };
  writeAside(file, Buffer.from(after, 'latin1'), look, () => lock.held());
}

/** One character a byte, so that what is no UTF-8 stays as it is. */
function read(file: string, { size }: Stats): string {
  if (size > MAX_FILE_BYTES) throw unfit(file, `it holds more than ${MAX_FILE_BYTES / 1024} KiB`);
  try {
    const text = readFileSync(file, 'latin1');
    if (text.includes('\0')) throw unfit(file, 'it is no text, or text in UTF-16');
    return text;
  } catch (error) {
    throw unwritable(file, error);
  }
}

const unfit = (file: string, why: string): Failure =>
  new Failure('store_unwritable', `${file} is no env file: ${why}`);
