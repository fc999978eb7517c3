import type { KeyObject } from 'node:crypto';
import type { Secret } from '../secret.ts';
import { decodeKey } from './key.ts';
import type { KeyDecoding } from './scheme.ts';

/** One of the keys that the text of a secret may stand for. */
export interface GuessedKey {
  readonly decoding: KeyDecoding;
  readonly key: KeyObject;
}

/** What stands before the secret proper: `whsec_`, `whsec_test_`. */
const PREFIX = /^[a-z][a-z0-9]{1,11}_(?:(?:test|live|prod|sandbox)_)?/;
/** Less is no secret, and a key that strangers could guess. */
const MIN_CHARS = 16;

const UTF8: KeyDecoding = { kind: 'utf8' };

/** The likeliest first; of decodings that give the same bytes the first is kept. */
export function guessKeys(secret: Secret): readonly GuessedKey[] {
  const keys: GuessedKey[] = [];
  for (const decoding of guessDecodings(secret.reveal())) {
    const key = decodeKey(decoding, secret);
    if (key !== null && !keys.some((known) => known.key.equals(key))) keys.push({ decoding, key });
  }
  return keys;
}

function guessDecodings(text: string): readonly KeyDecoding[] {
  const [prefix = ''] = PREFIX.exec(text) ?? [];
  const whole: readonly KeyDecoding[] =
    text.length < MIN_CHARS ? [UTF8] : [UTF8, { kind: 'hex' }, { kind: 'base64' }];
  if (prefix === '' || text.length - prefix.length < MIN_CHARS) return whole;
  return [
    { kind: 'base64', prefix },
    UTF8,
    { kind: 'utf8', prefix },
    { kind: 'hex', prefix },
    { kind: 'base64' },
  ];
}
