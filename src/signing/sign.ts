import type { KeyObject } from 'node:crypto';
import { Failure } from '../errors.ts';
import type { Secret } from '../secret.ts';
import { carriesSeveral, formatSignatures } from './grammar.ts';
import { createKeyring, describeKey } from './key.ts';
import type { NamedHash, Scheme } from './scheme.ts';
import { computeDigest, parseTemplate, type Template } from './template.ts';
import { formatTimestamp } from './timestamp.ts';

export interface Unsigned {
  /** Used where the scheme signs an id; visible ASCII. */
  readonly id: string;
  readonly timestampMs: number;
  readonly body: Uint8Array;
}

type HeaderPair = readonly [name: string, value: string];

/**
 * The headers that sign a delivery. Several secrets (during the change-over after a rotation) give a signature
 * each where the grammar can carry them, else the first alone signs. Throws Failure `usage` for no secret, one
 * that is no key of this scheme, or an id that cannot stand in a header.
 */
export function sign(scheme: Scheme, delivery: Unsigned, secrets: readonly Secret[]): readonly HeaderPair[] {
  const template = parseTemplate(scheme.templates[0]);
  if (template.namesId) assertHeaderSafe(delivery.id);
  const timestamp = scheme.timestamp ? formatTimestamp(delivery.timestampMs, scheme.timestamp.unit) : '';
  const hash = signingHash(scheme);
  const parts = { id: delivery.id, timestamp, body: delivery.body };
  const signatures = signingKeys(scheme, secrets).map((key) =>
    computeDigest(hash.hash, key, template, parts).toString(scheme.encoding),
  );
  return [
    ...partHeaders(scheme, template, delivery.id, timestamp),
    ...(typeof scheme.hash === 'string' ? [] : [[scheme.hash.header, hash.name] as const]),
    [scheme.signatureHeaders[0], formatSignatures(scheme, signatures, timestamp)],
  ];
}

function signingHash({ hash }: Scheme): NamedHash {
  return typeof hash === 'string' ? { name: hash, hash } : hash.values[0];
}

function partHeaders(
  scheme: Scheme,
  template: Template,
  id: string,
  timestamp: string,
): readonly HeaderPair[] {
  const headers: HeaderPair[] = [];
  if (template.namesId && scheme.idHeaders) headers.push([scheme.idHeaders[0], id]);
  if (template.namesTimestamp && scheme.timestamp?.from === 'header') {
    headers.push([scheme.timestamp.headers[0], timestamp]);
  }
  return headers;
}

function signingKeys(scheme: Scheme, secrets: readonly Secret[]): readonly KeyObject[] {
  const used = carriesSeveral(scheme.grammar) ? secrets : secrets.slice(0, 1);
  if (used.length === 0) throw new Failure('usage', 'There is no secret to sign with');
  const keyOf = createKeyring(scheme.key);
  return used.map((secret) => {
    const key = keyOf(secret);
    if (key) return key;
    throw new Failure('usage', `The secret ${secret.mask()} is not a key of the scheme ${scheme.name}`, {
      hint: `${scheme.name} takes ${describeKey(scheme.key)}; for another kind of secret choose another --scheme.`,
    });
  });
}

function assertHeaderSafe(id: string): void {
  if (/^[\x21-\x7e]+$/.test(id)) return;
  throw new Failure('usage', 'The delivery id cannot be sent in a header', {
    hint: 'Use letters, digits and punctuation, without spaces.',
  });
}
