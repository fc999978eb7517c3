import { closeSync, fsyncSync, openSync } from 'node:fs';

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
