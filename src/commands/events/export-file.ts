import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, type FileHandle, link, open, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Failure } from '../../errors.ts';
import { renameOverLater } from '../../platform.ts';
import { systemCode, systemReason } from '../../system-error.ts';

const FILE_MODE = 0o600;
/** Of a file that others may read: less what the user's mask takes away. */
const SHARED_MODE = 0o666;

/**
 * Writes a file, for its owner alone unless `isShared`, which is there whole or not at all. Throws Failure `usage` where something is
 * there already, unless it is a plain file and `force` is set, and `store_unwritable` for what the system refuses.
 */
export async function writeExport(
  path: string,
  texts: AsyncIterable<string>,
  force: boolean,
  isShared = false,
): Promise<void> {
  try {
    const target = await freePath(path, force);
    const aside = `${target}.${randomUUID()}.part`;
    try {
      await writeAside(aside, texts, isShared ? await modeOf(target) : FILE_MODE);
      await (force ? renameOverLater(aside, target) : publish(aside, target));
    } finally {
      await rm(aside, { force: true });
    }
  } catch (error) {
    if (systemCode(error) === 'EEXIST') throw taken(path);
    if (systemCode(error) === undefined) throw error;
    throw new Failure('store_unwritable', `${path} cannot be written: ${systemReason(error)}`, {
      cause: error,
    });
  }
}

/** Where to write: what a link points to, where one is replaced. */
async function freePath(path: string, force: boolean): Promise<string> {
  const target = resolve(path);
  const status = await stat(target).catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return null;
    throw error;
  });
  if (status === null) return target;
  if (!status.isFile()) throw new Failure('usage', `${path} is there already, and is no plain file`);
  if (!force) throw taken(path);
  return realpath(target);
}

/** Of what is replaced; null where nothing is. */
async function modeOf(target: string): Promise<number | null> {
  const status = await stat(target).catch(() => null);
  return status === null ? null : status.mode & 0o777;
}

/** @param mode null: as the user's mask has it */
async function writeAside(aside: string, texts: AsyncIterable<string>, mode: number | null): Promise<void> {
  const file: FileHandle = await open(aside, 'wx', mode ?? SHARED_MODE);
  try {
    if (mode !== null) await file.chmod(mode);
    await writeFile(file, texts);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Never over another file: a link appears whole or not at all; a copy where there are no links. */
async function publish(aside: string, target: string): Promise<void> {
  try {
    await link(aside, target);
  } catch (error) {
    if (systemCode(error) === 'EEXIST') throw error;
    await copyFile(aside, target, constants.COPYFILE_EXCL);
  }
}

function taken(path: string): Failure {
  return new Failure('usage', `${path} is there already`, {
    hint: 'Choose another name, or replace it with --force.',
  });
}
