import { REDACTED, redact } from '../redact.ts';
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

const SECRET_HEADERS: ReadonlySet<string> = new Set([
  'authorization',
  'proxy-authorization',
  'cookie',
  'set-cookie',
]);

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
