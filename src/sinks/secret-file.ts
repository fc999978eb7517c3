import { lstatSync } from 'node:fs';
import { Failure } from '../errors.ts';
import type { Secret } from '../secret.ts';
import { PRIVATE_MODE, writeAside } from './write-aside.ts';

/** The secret and nothing else, without a line break, 0600. Throws Failure `usage` or `store_unwritable`. */
export function writeSecretFile(path: string, secret: Secret): void {
  checkSecretFile(path);
  writeAside(path, Buffer.from(secret.reveal(), 'utf8'), { mode: PRIVATE_MODE });
}

/** Only a file is ever replaced: no folder, no device, and no link, whatever it leads to. */
export function checkSecretFile(path: string): void {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (!found || found.isFile()) return;
  const what = found.isDirectory() ? 'a folder' : found.isSymbolicLink() ? 'a link' : 'not a file';
  throw new Failure('usage', `--secret-file takes a file, and ${path} is ${what}`, {
    hint: 'Name the file itself; it need not exist yet.',
  });
}
