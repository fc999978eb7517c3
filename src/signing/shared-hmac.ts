import { createHash, type KeyObject, type Hash as State } from 'node:crypto';
import type { Hash } from './scheme.ts';
import { computeDigest, fillText, type Parts, type Template } from './template.ts';
import type { Work } from './work.ts';

/** The HMAC over the filled template; null when that would be too much work. */
export type DigestWithin = (
  hash: Hash,
  key: KeyObject,
  template: Template,
  parts: Parts,
  work: Work,
) => Buffer | null;

/** Hashing a smaller body again costs less than copying a state. */
const SHARE_FROM_BYTES = 8_192;
const BLOCK_BYTES: Readonly<Record<Hash, number>> = { sha1: 64, sha256: 64, sha512: 128 };
const INNER_PAD = 0x36;
const OUTER_PAD = 0x5c;

/** For many templates and keys over one body: what begins with a big body has it hashed once for each key. */
export function createSharedHmac(body: Uint8Array): DigestWithin {
  const begun = new Map<string, WeakMap<KeyObject, State>>();

  function begin(hash: Hash, key: KeyObject, work: Work): State | null {
    const states = begun.get(hash) ?? new WeakMap<KeyObject, State>();
    begun.set(hash, states);
    const known = states.get(key);
    if (known) return known;
    if (!work.spendHmac(hash, body.length)) return null;
    const state = createHash(hash)
      .update(pad(hash, key, INNER_PAD))
      .update(body);
    states.set(key, state);
    return state;
  }

  return (hash, key, template, parts, work) => {
    if (body.length < SHARE_FROM_BYTES || template.segments[0] !== '{body}') {
      return work.spendHmac(hash, body.length) ? computeDigest(hash, key, template, parts) : null;
    }
    const state = begin(hash, key, work);
    if (state === null || !work.spendHmac(hash, 0)) return null;
    const tail = template.segments
      .slice(1)
      .map((segment) => fillText(segment, parts))
      .join('');
    const inner = state.copy().update(tail, 'latin1').digest();
    return createHash(hash)
      .update(pad(hash, key, OUTER_PAD))
      .update(inner)
      .digest();
  };
}

/** RFC 2104: the key, hashed where it is longer than a block, filled up with zeros, each byte changed by `mask`. */
function pad(hash: Hash, key: KeyObject, mask: number): Buffer {
  const bytes = key.export();
  const block = Buffer.alloc(BLOCK_BYTES[hash]);
  (bytes.length > block.length ? createHash(hash).update(bytes).digest() : bytes).copy(block);
  for (const [index, byte] of block.entries()) block[index] = byte ^ mask;
  return block;
}
