import type { KeptDelivery } from '../listen/kept.ts';
import { describeScheme } from '../signing/describe.ts';
import { parseSignatures } from '../signing/grammar.ts';
import { isProblem, readDelivery, valuesOf } from '../signing/read.ts';
import type { HeaderNames, Scheme } from '../signing/scheme.ts';
import { type Parts, parseTemplate, type Template } from '../signing/template.ts';
import { parseTimestamp } from '../signing/timestamp.ts';
import type { Reason } from '../signing/verdict.ts';
import type { DeliveryDetail, SignedPart } from './protocol.ts';

/** Shown of a body; it is there whole elsewhere on the page. */
const MAX_PART_BYTES = 4 * 1024;

type Signed = NonNullable<DeliveryDetail['signed']>;

/** What a scheme signs of a delivery, piece by piece, with what its verdict complains of. */
export function signedOf(scheme: Scheme, kept: KeptDelivery): Signed {
  const { reason } = kept.signature;
  const { template, id, timestamp } = readingOf(scheme, kept);
  const parts = { id, timestamp, body: kept.body };
  const names = headerGroups(scheme).flat();
  return {
    scheme: describeScheme(scheme),
    headers: kept.headers
      .filter(([sent]) => names.some((name) => name.toLowerCase() === sent.toLowerCase()))
      .map(([sent]) => sent),
    suspect_headers: suspectHeaders(scheme, kept),
    parts: template.segments.map((segment) => partOf(segment, parts, reason)),
  };
}

interface Reading extends Omit<Parts, 'body'> {
  readonly template: Template;
}

/** As the headers have it; which of several templates was meant only the right secret could tell. */
function readingOf(scheme: Scheme, { headers }: KeptDelivery): Reading {
  const templates = scheme.templates.map(parseTemplate);
  const read = readDelivery(scheme, templates, headers);
  const attempts = isProblem(read) ? [] : read.attempts;
  const attempt = attempts.find(({ template }) => template.namesTimestamp) ?? attempts[0];
  if (attempt) return attempt;
  const { timestamp, idHeaders } = scheme;
  return {
    template: parseTemplate(scheme.templates[0]),
    id: idHeaders && firstValue(headers, idHeaders),
    timestamp: timestamp?.from === 'header' ? firstValue(headers, timestamp.headers) : null,
  };
}

function partOf(segment: string, { id, timestamp, body }: Parts, reason: Reason | null): SignedPart {
  const whole = { is_cut: false, is_suspect: false };
  if (segment === '{id}') return { ...whole, from: 'id', text: id ?? '', is_suspect: id === null };
  if (segment === '{timestamp}') {
    const isOff = reason === 'timestamp_too_old' || reason === 'timestamp_in_future';
    return { ...whole, from: 'timestamp', text: timestamp ?? '', is_suspect: isOff || timestamp === null };
  }
  if (segment !== '{body}') return { ...whole, from: 'literal', text: segment };
  const isCut = body.byteLength > MAX_PART_BYTES;
  // A stream decoder leaves out a character that the cut has split.
  const text = new TextDecoder().decode(body.subarray(0, MAX_PART_BYTES), { stream: isCut });
  return { from: 'body', text, is_cut: isCut, is_suspect: reason === 'body_altered' };
}

/** Each by all names that it may have. */
function headerGroups({ signatureHeaders, timestamp, idHeaders, hash }: Scheme): readonly HeaderNames[] {
  return [
    signatureHeaders,
    ...(timestamp?.from === 'header' ? [timestamp.headers] : []),
    ...(idHeaders ? [idHeaders] : []),
    ...(typeof hash === 'string' ? [] : [[hash.header] satisfies HeaderNames]),
  ];
}

function suspectHeaders(scheme: Scheme, { headers, signature: { reason } }: KeptDelivery): readonly string[] {
  const groups = headerGroups(scheme);
  if (reason === 'missing_header') {
    return groups.filter((names) => firstValue(headers, names) === null).map(([name]) => name);
  }
  if (reason !== 'malformed_header') return [];
  const broken = groups.filter((names) => isBroken(scheme, names, headers));
  const sent = new Set(broken.flat().map((name) => name.toLowerCase()));
  return headers.filter(([name]) => sent.has(name.toLowerCase())).map(([name]) => name);
}

function isBroken(scheme: Scheme, names: HeaderNames, headers: KeptDelivery['headers']): boolean {
  const values = names.flatMap((name) => valuesOf(headers, name));
  const { timestamp, hash, signatureHeaders } = scheme;
  if (names === signatureHeaders) return values.every((value) => parseSignatures(value, scheme).length === 0);
  if (values.length > 1 || values.includes('')) return true;
  const [value = ''] = values;
  if (timestamp?.from === 'header' && names === timestamp.headers)
    return parseTimestamp(value, timestamp.unit) === null;
  return (
    typeof hash !== 'string' && names[0] === hash.header && !hash.values.some(({ name }) => name === value)
  );
}

function firstValue(headers: KeptDelivery['headers'], names: HeaderNames): string | null {
  for (const name of names) {
    const [value] = valuesOf(headers, name);
    if (value !== undefined) return value;
  }
  return null;
}
