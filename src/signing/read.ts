import { decodeDigest, describeDigest } from './encoding.ts';
import { parseSignatures } from './grammar.ts';
import type { Hash, HashHeader, HeaderNames, Scheme, TimestampUnit } from './scheme.ts';
import type { Template } from './template.ts';
import { describeTimestamp, parseTimestamp } from './timestamp.ts';
import type { Problem } from './verdict.ts';

/** In order, repeats kept, names as sent. */
export type Headers = readonly (readonly [name: string, value: string])[];

/** One way in which the delivery may have been signed: what to hash, and the digests it may have. */
export interface Attempt {
  readonly template: Template;
  readonly id: string | null;
  readonly timestamp: string | null;
  /** Null where the template signs no timestamp, which then proves nothing. */
  readonly timestampMs: number | null;
  readonly digests: readonly Buffer[];
}

export interface ReadDelivery {
  readonly hash: Hash;
  readonly attempts: readonly Attempt[];
}

/** What a sender may make us compute: one HMAC for each of these and each secret. */
const MAX_SIGNATURES_READ = 16;
const MAX_TIMESTAMPS_READ = 4;
const MAX_HEADER_CHARS = 8_192;

interface Stamp {
  readonly text: string;
  readonly ms: number;
}

interface SignedSet {
  readonly stamp: Stamp | null;
  readonly digests: Buffer[];
}

/** Takes a scheme's headers apart; a header that is not there, or not as the scheme has it, is a Problem. */
export function readDelivery(
  scheme: Scheme,
  templates: readonly Template[],
  headers: Headers,
): ReadDelivery | Problem {
  const lines = scheme.signatureHeaders.flatMap((name) => valuesOf(headers, name));
  if (lines.length === 0) return missing(scheme.signatureHeaders);
  const hash = readHash(scheme.hash, headers);
  if (isProblem(hash)) return hash;
  const id = scheme.idHeaders ? readSingle(headers, scheme.idHeaders) : null;
  if (isProblem(id) && templates.every(({ namesId }) => namesId)) return id;
  const stamp = readStampHeader(scheme, headers);
  if (isProblem(stamp) && templates.every(({ namesTimestamp }) => namesTimestamp)) return stamp;
  const sets = readSets(scheme, hash, lines, isProblem(stamp) ? null : stamp);
  if (isProblem(sets)) return sets;
  return { hash, attempts: attemptsOf(templates, isProblem(id) ? null : id, sets) };
}

export function isProblem(value: object | string | null): value is Problem {
  return typeof value === 'object' && value !== null && 'reason' in value;
}

function attemptsOf(
  templates: readonly Template[],
  id: string | null,
  sets: readonly SignedSet[],
): readonly Attempt[] {
  return sets.flatMap(({ stamp, digests }) =>
    templates
      .filter(
        ({ namesId, namesTimestamp }) => (!namesId || id !== null) && (!namesTimestamp || stamp !== null),
      )
      .map((template) => ({
        template,
        id,
        timestamp: stamp?.text ?? null,
        timestampMs: template.namesTimestamp ? (stamp?.ms ?? null) : null,
        digests,
      })),
  );
}

/** Every digest that can be read, by the timestamp it stands beside; a Problem when there is none. */
function readSets(
  scheme: Scheme,
  hash: Hash,
  lines: readonly string[],
  headerStamp: Stamp | null,
): readonly SignedSet[] | Problem {
  const [name] = scheme.signatureHeaders;
  if (lines.some((line) => line.length > MAX_HEADER_CHARS)) {
    return malformed(name, `is longer than ${MAX_HEADER_CHARS} characters`);
  }
  const sets = new Map<string, SignedSet>();
  for (const written of lines
    .flatMap((line) => parseSignatures(line, scheme))
    .slice(0, MAX_SIGNATURES_READ)) {
    const digest = decodeDigest(written.signature, scheme.encoding, hash);
    const stamp = stampBeside(scheme, written.timestamp, headerStamp);
    if (digest !== null && stamp !== 'unreadable') addToSets(sets, stamp, digest);
  }
  return sets.size > 0 ? [...sets.values()] : malformed(name, expectation(scheme, hash));
}

function stampBeside(
  { timestamp }: Scheme,
  text: string | null,
  headerStamp: Stamp | null,
): Stamp | null | 'unreadable' {
  if (timestamp?.from !== 'field') return headerStamp;
  return stampOf(text, timestamp.unit) ?? 'unreadable';
}

function addToSets(sets: Map<string, SignedSet>, stamp: Stamp | null, digest: Buffer): void {
  const text = stamp?.text ?? '';
  const set = sets.get(text);
  if (set) set.digests.push(digest);
  else if (sets.size < MAX_TIMESTAMPS_READ) sets.set(text, { stamp, digests: [digest] });
}

/** The shape that a signature header should have had. */
function expectation({ grammar, timestamp, encoding }: Scheme, hash: Hash): string {
  const digest = describeDigest(encoding, hash);
  switch (grammar.kind) {
    case 'bare':
      return `should be ${digest}`;
    case 'prefix':
      return `should be ${grammar.optional ? '' : `"${grammar.prefix}" and `}${digest}`;
    case 'versions':
      return `should hold "${grammar.version}," and ${digest}`;
    case 'pairs': {
      const stamp =
        timestamp?.from === 'field' ? `${timestamp.key}=<${describeTimestamp(timestamp.unit)}> and ` : '';
      return `should hold ${stamp}${grammar.signatureKey}=<${digest}>`;
    }
  }
}

function readStampHeader({ timestamp }: Scheme, headers: Headers): Stamp | Problem | null {
  if (timestamp?.from !== 'header') return null;
  const text = readSingle(headers, timestamp.headers);
  if (isProblem(text)) return text;
  const wanted = `should be ${describeTimestamp(timestamp.unit)}`;
  return stampOf(text, timestamp.unit) ?? malformed(timestamp.headers[0], wanted);
}

function stampOf(text: string | null, unit: TimestampUnit): Stamp | null {
  const ms = text === null ? null : parseTimestamp(text, unit);
  return text === null || ms === null ? null : { text, ms };
}

function readHash(hash: Hash | HashHeader, headers: Headers): Hash | Problem {
  if (typeof hash === 'string') return hash;
  const text = readSingle(headers, [hash.header]);
  if (isProblem(text)) return text;
  const known = hash.values.find(({ name }) => name === text);
  const names = hash.values.map(({ name }) => name).join(', ');
  return known?.hash ?? malformed(hash.header, `should be one of ${names}`);
}

/** The one value of a header by its first name that is there; a header sent twice would have two readings. */
function readSingle(headers: Headers, names: HeaderNames): string | Problem {
  for (const name of names) {
    const values = valuesOf(headers, name);
    const [value] = values;
    if (value === undefined) continue;
    if (values.length > 1) return malformed(name, 'was sent more than once');
    return value === '' ? malformed(name, 'is empty') : value;
  }
  return missing(names);
}

export function valuesOf(headers: Headers, wanted: string): readonly string[] {
  const values: string[] = [];
  for (const [name, value] of headers) {
    if (isSameName(name, wanted)) values.push(value);
  }
  return values;
}

function isSameName(sent: string, wanted: string): boolean {
  return sent.length === wanted.length && (sent === wanted || sent.toLowerCase() === wanted.toLowerCase());
}

function missing(names: HeaderNames): Problem {
  const [name, ...aliases] = names;
  const or = aliases.length > 0 ? ` (or ${aliases.join(', ')})` : '';
  return {
    reason: 'missing_header',
    hint: `The delivery has no ${name} header${or}: it was not signed by this scheme, or a proxy dropped the header.`,
  };
}

function malformed(name: string, fault: string): Problem {
  return {
    reason: 'malformed_header',
    hint: `The header ${name} ${fault}: check the scheme and the sender.`,
  };
}
