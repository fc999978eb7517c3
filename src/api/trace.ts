import type { Secret } from '../secret.ts';

interface Traced {
  /** Counts from 1. */
  readonly attempt: number;
  readonly method: string;
  readonly url: string;
}

/** What a call does on the wire, for --debug: no key, no secret in any field. */
export type TraceEvent =
  | (Traced & {
      readonly type: 'request';
      readonly headers: readonly (readonly [name: string, value: string])[];
      readonly body: string | null;
    })
  | (Traced & {
      readonly type: 'response';
      readonly status: number;
      readonly headers: readonly (readonly [name: string, value: string])[];
      /** Begins with the answer's text, or tells its fields alone where it carries a one-time secret. */
      readonly body: string | null;
      readonly duration_ms: number;
    })
  | (Traced & { readonly type: 'failure'; readonly message: string; readonly duration_ms: number })
  /** `attempt` is the one to come. */
  | (Traced & { readonly type: 'retry'; readonly delay_ms: number; readonly message: string });

export type Trace = (event: TraceEvent) => void;

/** Longer bodies are cut in traces. */
const MAX_TRACED_CHARS = 2_000;
/** Of a body, to show those. */
const MAX_READ_BYTES = 64 * 1024;
const MAX_NAMES = 20;
const REDACTED = '[redacted]';

const SECRET_HEADERS: ReadonlySet<string> = new Set([
  'authorization',
  'proxy-authorization',
  'cookie',
  'set-cookie',
]);

/** A value whose JSON field says that it is secret; a value that is cut off counts too. */
const SECRET_FIELD =
  /("[^"]{0,60}(?:secret|token|password|api_?key|authorization)[^"]{0,60}"\s{0,60}:\s{0,60})"(?:[^"\\]|\\.)*(?:"|\\?$)/gis;
/** Keys and signing secrets by their documented beginnings. */
const SECRET_SHAPE = /\b(whsec_|kycg_|sk_test_|sk_live_)[A-Za-z0-9+/=_-]+/g;

/** Shorter parts of a secret are too common to be told from other text. */
const MIN_PART_CHARS = 8;

/** `text` without the given secrets or their random parts, values of secret JSON fields, and whatever looks like a key or secret. */
export function redact(text: string, secrets: readonly Secret[]): string {
  const parts = secrets.flatMap((secret) => partsOf(secret.reveal()));
  const known = parts.reduce((left, part) => withoutText(left, part, REDACTED), text);
  return known.replace(SECRET_FIELD, `$1"${REDACTED}"`).replace(SECRET_SHAPE, `$1${REDACTED}`);
}

/**
 * The secret and what follows its prefix, longest first: that is enough to guess the rest. Any underscore may be
 * the end of the prefix (`sk_test_`) or a part of the secret, so what follows each of them counts.
 */
function partsOf(secret: string): readonly string[] {
  const tails = [...secret.matchAll(/_/g)].map(({ index }) => secret.slice(index + 1));
  return [secret, ...tails.filter(({ length }) => length >= MIN_PART_CHARS)];
}

/** `text` with `part` replaced, as it is and as JSON writes it. */
export function withoutText(text: string, part: string, replacement: string): string {
  if (part === '') return text;
  return text.replaceAll(JSON.stringify(part).slice(1, -1), replacement).replaceAll(part, replacement);
}

/** Redacted before it is cut to its final length, so that no half of a secret is left at the end. */
export function redactBody(body: Uint8Array | undefined, key: Secret): string | null {
  if (body === undefined || body.length === 0) return null;
  const text = redact(new TextDecoder().decode(body.subarray(0, MAX_READ_BYTES)), [key]);
  return text.length > MAX_TRACED_CHARS ? `${text.slice(0, MAX_TRACED_CHARS)}…` : text;
}

/** Pairs of headers, the secret ones hidden. */
export const redactHeaders = (
  headers: readonly (readonly [name: string, value: string])[],
  key: Secret,
): readonly (readonly [name: string, value: string])[] =>
  headers.map(([name, value]) => [
    name,
    SECRET_HEADERS.has(name.toLowerCase()) ? REDACTED : redact(value, [key]),
  ]);

/** The field names of a body whose values may not be shown. */
export function fieldNames(body: Uint8Array): string {
  const text = new TextDecoder().decode(body.subarray(0, MAX_READ_BYTES));
  const names = [...text.matchAll(/"(\w{1,40})"\s*:/g)].slice(0, MAX_NAMES).map(([, name]) => name);
  return `[withheld: ${names.join(', ') || 'no fields'}]`;
}
