import { getDotPath, safeParse } from 'valibot';
import { formatDuration } from '../duration.ts';
import { Failure } from '../errors.ts';
import { nearest } from '../nearest.ts';
import { describeScheme } from './describe.ts';
import {
  FIVE_MINUTES,
  type Grammar,
  type HeaderNames,
  type Scheme,
  type TimestampSource,
  type Tolerance,
} from './scheme.ts';
import { isMapping, KNOWN_KEYS, NO_TOLERANCE, SCHEME_FILE, type SchemeFile } from './scheme-fields.ts';

const PARTS: readonly string[] = ['{id}', '{timestamp}', '{body}'];

/**
 * Reads a scheme that somebody wrote, already parsed from YAML or JSON. Throws Failure `usage` that names `source`,
 * the path in the document and, for a key that is not known, the one that was probably meant.
 */
export function parseScheme(data: unknown, source: string): Scheme {
  if (!isMapping(data)) throw refusal(source, '', 'has to be a mapping of keys to values');
  checkKeys(data, '', '', source);
  const parsed = safeParse(SCHEME_FILE, data);
  if (!parsed.success) {
    const [issue] = parsed.issues;
    throw refusal(source, getDotPath(issue) ?? '', issue.message);
  }
  const scheme = toScheme(parsed.output);
  checkSense(scheme, parsed.output, source);
  return scheme;
}

/** What `parseScheme` reads as the same scheme. */
export function schemeToData(scheme: Scheme): Readonly<Record<string, unknown>> {
  const { name, description, signatureHeaders, timestamp, idHeaders, templates, hash, key } = scheme;
  return {
    name,
    description,
    signature: {
      header: oneOrList(signatureHeaders),
      ...grammarToData(scheme.grammar),
      encoding: scheme.encoding,
    },
    ...(timestamp && { timestamp: timestampToData(timestamp) }),
    ...(idHeaders && { id: { header: oneOrList(idHeaders) } }),
    signed: oneOrList(templates),
    hash: typeof hash === 'string' ? hash : { header: hash.header, names: hash.values },
    secret: { encoding: key.kind, ...(key.prefix && { prefix: key.prefix }) },
    ...(timestamp && { tolerance: toleranceToData(scheme.tolerance) }),
  };
}

function checkKeys(data: unknown, path: string, place: string, source: string): void {
  if (Array.isArray(data)) {
    for (const [index, item] of data.entries()) checkKeys(item, `${path}.${index}`, place, source);
    return;
  }
  const known = KNOWN_KEYS.get(place);
  if (!isMapping(data) || !known) return;
  for (const [key, value] of Object.entries(data)) {
    const inside = path === '' ? key : `${path}.${key}`;
    if (!known.includes(key)) throw unknownKey(source, inside, nearest(key, known), known);
    checkKeys(value, inside, place === '' ? key : `${place}.${key}`, source);
  }
}

function unknownKey(source: string, path: string, meant: string | null, known: readonly string[]): Failure {
  const hint = meant === null ? `Known here are ${known.join(', ')}.` : `Did you mean ${meant}?`;
  return new Failure('usage', `${source}: ${path} is not a key of a scheme`, { hint });
}

function refusal(source: string, path: string, complaint: string): Failure {
  return new Failure('usage', `${source}: ${path === '' ? 'the scheme' : path} ${complaint}`, {
    hint: 'kycgenie help signatures tells of schemes; `kycgenie config get scheme` prints one to begin with.',
  });
}

function toScheme(file: SchemeFile): Scheme {
  const { signature, timestamp, hash, secret } = file;
  const scheme: Scheme = {
    name: file.name,
    description: file.description ?? '',
    signatureHeaders: signature.header,
    grammar: toGrammar(signature),
    timestamp: timestamp ? toTimestamp(timestamp) : null,
    idHeaders: file.id?.header ?? null,
    templates: file.signed,
    hash: typeof hash === 'string' ? hash : toHashHeader(hash),
    encoding: signature.encoding,
    key: { kind: secret.encoding, ...(secret.prefix !== undefined && { prefix: secret.prefix }) },
    tolerance: timestamp ? toTolerance(file.tolerance) : null,
  };
  return file.description === undefined ? { ...scheme, description: describeScheme(scheme) } : scheme;
}

function toGrammar(signature: SchemeFile['signature']): Grammar {
  switch (signature.format) {
    case 'bare':
      return { kind: 'bare' };
    case 'prefix':
      return { kind: 'prefix', prefix: signature.prefix, optional: signature.optional };
    case 'pairs':
      return { kind: 'pairs', separator: signature.separator, signatureKey: signature.key };
    case 'versions':
      return { kind: 'versions', version: signature.version };
  }
}

function grammarToData(grammar: Grammar): Readonly<Record<string, unknown>> {
  switch (grammar.kind) {
    case 'bare':
      return { format: 'bare' };
    case 'prefix':
      return { format: 'prefix', prefix: grammar.prefix, ...(grammar.optional && { optional: true }) };
    case 'pairs':
      return { format: 'pairs', separator: grammar.separator, key: grammar.signatureKey };
    case 'versions':
      return { format: 'versions', version: grammar.version };
  }
}

function toTimestamp(timestamp: NonNullable<SchemeFile['timestamp']>): TimestampSource {
  return 'field' in timestamp
    ? { from: 'field', key: timestamp.field, unit: timestamp.unit }
    : { from: 'header', headers: timestamp.header, unit: timestamp.unit };
}

function timestampToData(timestamp: TimestampSource): Readonly<Record<string, unknown>> {
  const { unit } = timestamp;
  return timestamp.from === 'field'
    ? { field: timestamp.key, unit }
    : { header: oneOrList(timestamp.headers), unit };
}

function toHashHeader({ header, names }: Exclude<SchemeFile['hash'], string>): Scheme['hash'] {
  const [first, ...others] = names;
  return first ? { header, values: [first, ...others] } : 'sha256';
}

/** On where nothing is said of it. */
function toTolerance(tolerance: SchemeFile['tolerance']): Tolerance | null {
  if (tolerance === undefined) return FIVE_MINUTES;
  if (tolerance === NO_TOLERANCE) return null;
  if (typeof tolerance === 'number') return { pastMs: tolerance, futureMs: tolerance };
  return { pastMs: tolerance.past, futureMs: tolerance.future };
}

function toleranceToData(tolerance: Tolerance | null): unknown {
  if (tolerance === null) return NO_TOLERANCE;
  const past = formatDuration(tolerance.pastMs);
  const future = formatDuration(tolerance.futureMs);
  return past === future ? past : { past, future };
}

function oneOrList(values: HeaderNames): string | readonly string[] {
  return values.length === 1 ? values[0] : values;
}

/** What is well formed and still cannot be meant. */
function checkSense(scheme: Scheme, file: SchemeFile, source: string): void {
  const isList = scheme.templates.length > 1;
  for (const [index, template] of scheme.templates.entries()) {
    const fault = faultOf(template, scheme);
    if (fault !== null) throw refusal(source, isList ? `signed.${index}` : 'signed', fault);
  }
  const signs = (part: string) => scheme.templates.some((template) => template.includes(part));
  if (scheme.timestamp && !signs('{timestamp}'))
    throw refusal(source, 'timestamp', 'is not signed: name {timestamp} in signed');
  if (scheme.idHeaders && !signs('{id}')) throw refusal(source, 'id', 'is not signed: name {id} in signed');
  if (scheme.timestamp?.from === 'field' && scheme.grammar.kind !== 'pairs') {
    throw refusal(source, 'timestamp.field', 'needs a signature of the format "pairs"');
  }
  if (file.tolerance !== undefined && !scheme.timestamp) {
    throw refusal(source, 'tolerance', 'needs a timestamp');
  }
}

function faultOf(template: string, { timestamp, idHeaders }: Scheme): string | null {
  const parts: readonly string[] = template.match(/\{[^{}]*\}/g) ?? [];
  const stranger = parts.find((part) => !PARTS.includes(part));
  if (stranger !== undefined) return `names ${stranger}, and there are ${PARTS.join(', ')}`;
  if (!parts.includes('{body}')) return 'has to name {body}';
  if (new Set(parts).size < parts.length) return 'names a part twice';
  if (parts.includes('{timestamp}') && !timestamp)
    return 'names {timestamp}, and the scheme has no timestamp';
  return parts.includes('{id}') && !idHeaders ? 'names {id}, and the scheme has no id' : null;
}
