import { createSecretKey, type KeyObject } from 'node:crypto';
import type { Secret } from '../secret.ts';
import { decodeBase64, decodeHex } from './encoding.ts';
import type { KeyDecoding } from './scheme.ts';

/** A secret as a scheme's HMAC key, or null when it cannot be read as one; an empty key is none. */
export type Keyring = (secret: Secret) => KeyObject | null;

/** Decodes each secret once: making a key costs more than using it. */
export function createKeyring(decoding: KeyDecoding): Keyring {
  const known = new WeakMap<Secret, KeyObject | null>();
  return (secret) => {
    const cached = known.get(secret);
    if (cached !== undefined) return cached;
    const key = decodeKey(decoding, secret);
    known.set(secret, key);
    return key;
  };
}

export function decodeKey(decoding: KeyDecoding, secret: Secret): KeyObject | null {
  const bytes = keyBytes(decoding, secret.reveal());
  return bytes === null || bytes.length === 0 ? null : createSecretKey(bytes);
}

function keyBytes({ kind, prefix = '' }: KeyDecoding, text: string): Buffer | null {
  const rest = text.startsWith(prefix) ? text.slice(prefix.length) : text;
  switch (kind) {
    case 'utf8':
      return Buffer.from(rest, 'utf8');
    case 'hex':
      return decodeHex(rest);
    case 'base64':
      return decodeBase64(rest);
  }
}

/** What a secret has to look like, to end a sentence with. */
export function describeKey({ kind, prefix = '' }: KeyDecoding): string {
  const text = { utf8: 'any text', hex: 'hex digits', base64: 'base64' }[kind];
  return prefix === '' ? text : `${text} after ${prefix}`;
}
