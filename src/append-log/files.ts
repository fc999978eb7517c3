import { constants } from 'node:fs';
import { copyFile, type FileHandle, open, rm } from 'node:fs/promises';
import { Failure } from '../errors.ts';
import { renameOverLater, syncFolderOf } from '../platform.ts';
import { systemCode } from '../system-error.ts';

/** Damaged copies kept beside one log: with more, opening fails rather than losing one. */
const MAX_SET_ASIDE = 100;

export interface Fresh {
  readonly handle: FileHandle;
  readonly sizeBytes: number;
}

/** A new file in the place of `path`, open for more; when it throws, the old file stands as it was. */
export async function writeAside(
  path: string,
  texts: Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>,
  beforeReplacing: () => Promise<void> = async () => undefined,
): Promise<Fresh> {
  const aside = `${path}.new`;
  await rm(aside, { force: true });
  const handle = await openForAppending(aside, constants.O_EXCL);
  try {
    let sizeBytes = 0;
    for await (const text of texts) {
      await handle.appendFile(text);
      sizeBytes += Buffer.byteLength(text);
    }
    await handle.sync();
    await beforeReplacing();
    await renameOverLater(aside, path);
    await syncFolderOf(path);
    return { handle, sizeBytes };
  } catch (error) {
    await handle.close();
    await rm(aside, { force: true });
    throw error;
  }
}

/** Created if need be, mode 0600. */
export async function openForAppending(path: string, flags: number): Promise<FileHandle> {
  const handle = await open(path, constants.O_APPEND | constants.O_CREAT | constants.O_WRONLY | flags, 0o600);
  await handle.chmod(0o600);
  return handle;
}

/** The log as it is, under the first free name beside it. */
export async function setAside(path: string): Promise<string> {
  for (let number = 1; number <= MAX_SET_ASIDE; number += 1) {
    const copy = `${path}.damaged-${number}`;
    try {
      await copyFile(path, copy, constants.COPYFILE_EXCL);
    } catch (error) {
      if (systemCode(error) === 'EEXIST') continue;
      throw error;
    }
    const handle = await openForAppending(copy, 0);
    await handle.sync();
    await handle.close();
    await syncFolderOf(copy);
    return copy;
  }
  throw new Failure('store_unwritable', `There are ${MAX_SET_ASIDE} damaged copies of ${path} already`, {
    hint: 'Look at them, then move them away.',
  });
}
