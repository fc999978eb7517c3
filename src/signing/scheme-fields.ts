import * as v from 'valibot';
import { formatDuration, parseDuration } from '../duration.ts';
import {
  ENCODINGS,
  HASHES,
  HEADER_NAME,
  type HeaderNames,
  KEY_KINDS,
  PAIR_SEPARATORS,
  TIMESTAMP_UNITS,
} from './scheme.ts';

/** The shape of a scheme file. scheme.schema.json says the same to editors, and a test holds the two together. */

const MAX_LISTED = 8;
const MAX_DESCRIPTION_CHARS = 1_000;
const MAX_TEMPLATE_CHARS = 200;
const MAX_TOLERANCE_MS = 366 * 86_400_000;

/** For signed timestamps that are not looked at. */
export const NO_TOLERANCE = 'none';

/** Complaints are ends of a sentence that begins with the path. */
const text = (pattern: RegExp, rule: string) => v.pipe(v.string(rule), v.regex(pattern, rule));

const oneOf = <const T extends readonly string[]>(values: T) =>
  v.picklist(values, `has to be one of ${values.map((value) => JSON.stringify(value)).join(', ')}`);

function object<const T extends v.ObjectEntries>(entries: T) {
  return v.strictObject(entries, ({ expected, received }) => {
    if (expected === 'never') return 'does not go with what stands beside it';
    return received === 'undefined' ? 'is missing' : 'has to be a mapping of keys to values';
  });
}

/** One, or a list with at least one. */
function listOf<T extends v.GenericSchema<string>>(item: T) {
  const list = v.pipe(
    v.array(item, 'has to be a text or a list'),
    v.rawTransform(({ dataset, addIssue, NEVER }): HeaderNames => {
      const [first, ...others] = dataset.value;
      if (first !== undefined && others.length < MAX_LISTED) return [first, ...others];
      addIssue({ message: `has to list between 1 and ${MAX_LISTED}` });
      return NEVER;
    }),
  );
  const single = v.pipe(
    item,
    v.transform((value): HeaderNames => [value]),
  );
  return v.lazy((input) => (typeof input === 'string' ? single : list));
}

const headerName = text(HEADER_NAME, 'has to be the name of a header');
const headers = listOf(headerName);
const label = text(/^[A-Za-z0-9_.-]{1,32}$/, 'has to be up to 32 letters, digits, "_", "." or "-"');

const placed = { header: headers, encoding: oneOf(ENCODINGS) };
const formats = [
  object({ ...placed, format: v.literal('bare') }),
  object({
    ...placed,
    format: v.literal('prefix'),
    prefix: text(/^[\x21-\x7e][\x20-\x7e]{0,63}$/, 'has to be up to 64 ASCII characters'),
    optional: v.optional(v.boolean('has to be true or false'), false),
  }),
  object({ ...placed, format: v.literal('pairs'), separator: oneOf(PAIR_SEPARATORS), key: label }),
  object({ ...placed, format: v.literal('versions'), version: label }),
] as const;
const signature = v.variant('format', [...formats], 'has to be one of "bare", "prefix", "pairs", "versions"');

const unit = oneOf(TIMESTAMP_UNITS);
const inHeader = object({ header: headers, unit });
const inField = object({ field: label, unit });
const timestamp = v.lazy((input) => (holds(input, 'field') ? inField : inHeader));

const fixedHash = oneOf(HASHES);
const namedHash = object({ name: text(/^[\x21-\x7e]{1,64}$/, 'has to be visible ASCII'), hash: fixedHash });
const hashHeader = object({
  header: headerName,
  names: v.pipe(
    v.array(namedHash, 'has to be a list'),
    v.minLength(1, 'has to name one hash at least'),
    v.maxLength(MAX_LISTED, `may name ${MAX_LISTED} hashes`),
  ),
});
const hash = v.lazy((input) => (isMapping(input) ? hashHeader : fixedHash));

const DURATION_RULE = `has to be a duration such as 5m, up to ${formatDuration(MAX_TOLERANCE_MS)}`;
const duration = v.pipe(
  v.string(DURATION_RULE),
  v.rawTransform(({ dataset, addIssue, NEVER }): number => {
    const ms = parseDuration(dataset.value);
    if (ms !== undefined && ms <= MAX_TOLERANCE_MS) return ms;
    addIssue({ message: DURATION_RULE });
    return NEVER;
  }),
);
const oneWayEach = object({ past: duration, future: duration });
const noTolerance = v.literal(NO_TOLERANCE);
const tolerance = v.lazy((input) => {
  if (input === NO_TOLERANCE) return noTolerance;
  return isMapping(input) ? oneWayEach : duration;
});

const secret = object({
  encoding: oneOf(KEY_KINDS),
  prefix: v.optional(text(/^[\x20-\x7e]{1,64}$/, 'has to be up to 64 ASCII characters')),
});

export const SCHEME_FILE = object({
  name: text(
    /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/,
    'has to be up to 64 letters, digits, "_", "." or "-", a letter or digit first',
  ),
  description: v.optional(
    text(
      new RegExp(`^\\P{Cc}{0,${MAX_DESCRIPTION_CHARS}}$`, 'u'),
      `has to be one line of up to ${MAX_DESCRIPTION_CHARS} characters`,
    ),
  ),
  signature,
  timestamp: v.optional(timestamp),
  id: v.optional(object({ header: headers })),
  signed: listOf(
    text(
      new RegExp(`^[\\n\\x20-\\x7e]{1,${MAX_TEMPLATE_CHARS}}$`),
      `has to be ASCII text around {body}, up to ${MAX_TEMPLATE_CHARS} characters`,
    ),
  ),
  hash: v.optional(hash, 'sha256'),
  secret: v.optional(secret, { encoding: 'utf8' }),
  tolerance: v.optional(tolerance),
});
export type SchemeFile = v.InferOutput<typeof SCHEME_FILE>;

/** What each mapping may hold, by its path; entries of a list have the path of their list. */
export const KNOWN_KEYS: ReadonlyMap<string, readonly string[]> = new Map([
  ['', Object.keys(SCHEME_FILE.entries)],
  ['signature', [...new Set(formats.flatMap(({ entries }) => Object.keys(entries)))]],
  ['timestamp', [...new Set([inHeader, inField].flatMap(({ entries }) => Object.keys(entries)))]],
  ['id', ['header']],
  ['hash', Object.keys(hashHeader.entries)],
  ['hash.names', Object.keys(namedHash.entries)],
  ['secret', Object.keys(secret.entries)],
  ['tolerance', Object.keys(oneWayEach.entries)],
]);

export function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const holds = (value: unknown, key: string): boolean => isMapping(value) && Object.hasOwn(value, key);
