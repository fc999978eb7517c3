import { lstatSync, readFileSync } from 'node:fs';
import { Failure } from '../errors.ts';
import type { Secret } from '../secret.ts';
import type { Remark } from './remark.ts';
import { PRIVATE_MODE, writeAside } from './write-aside.ts';

/** The secret and nothing else, without a line break, 0600. Throws Failure `usage` or `store_unwritable`. */
export function writeSecretFile(path: string, secret: Secret): Remark | null {
  checkSecretFile(path);
  const bytes = Buffer.from(secret.reveal(), 'utf8');
  const isOther = holdsOther(path, bytes);
  writeAside(path, bytes, { mode: PRIVATE_MODE });
  return isOther ? { kind: 'replaced', path } : null;
}

/** Whether there is a file with anything else in it. */
function holdsOther(path: string, bytes: Buffer): boolean {
  const size = lstatSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size === 0 || size !== bytes.length) return size > 0;
  try {
    return !readFileSync(path).equals(bytes);
  } catch {
    // It may be replaced by who may not read it.
    return true;
  }
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
