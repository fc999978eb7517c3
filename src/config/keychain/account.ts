import { createHash, randomBytes } from 'node:crypto';
import type { InKeychain, Secret } from '../../secret.ts';

/**
 * Under what a value stands in the keychain: `<owner>/<config folder>/<salt>-<digest>`. The salt is new for every
 * write, so that nobody else writes or deletes the same entry; the digest tells whether it is the same value, without
 * asking the keychain.
 */

const SALT_BYTES = 12;
const FOLDER_CHARS = 12;
const DIGEST_CHARS = 32;

export function newAccount(owner: string, configDir: string, secret: Secret): string {
  const salt = randomBytes(SALT_BYTES).toString('hex');
  return `${owner}/${hash(configDir).slice(0, FOLDER_CHARS)}/${salt}-${digestOf(salt, secret)}`;
}

/** Whether this is the place of the very same value. */
export function holds({ account }: InKeychain, secret: Secret): boolean {
  const [salt = '', digest] = account.slice(account.lastIndexOf('/') + 1).split('-');
  return digest === digestOf(salt, secret);
}

const digestOf = (salt: string, secret: Secret): string =>
  hash(`${salt}\n${secret.reveal()}`).slice(0, DIGEST_CHARS);

const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
