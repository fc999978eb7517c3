import { createHash } from 'node:crypto';
import { Secret } from '../secret.ts';
import type { Change } from './records.ts';
import { conflict, invalidRequest } from './refusal.ts';
import type { Store } from './store.ts';

/** Source: the provider's reference, "Idempotency-Key". */
const MIN_KEY_CHARS = 16;
const MAX_KEY_CHARS = 255;

/** A call that must not happen twice. */
export interface Call {
  readonly key: string | undefined;
  readonly path: string;
  /** The parsed body; the order of its fields does not matter. */
  readonly body: unknown;
}

/** What a call leads to, before anything of it happened. */
export interface Effect {
  readonly status: number;
  readonly body: unknown;
  readonly changes: readonly Change[];
}

/** The answer's status and exact text. */
export interface Sealed {
  readonly status: number;
  readonly text: string;
}

/**
 * Lets the call happen, or repeats the answer of the earlier call with the same key. Both are one step, so that
 * two calls at the same time cannot both happen. Throws Refusal for a bad key or one of another call.
 */
export function once(store: Store, nowMs: number, call: Call, work: () => Effect): Sealed {
  const { key } = call;
  if (key !== undefined && (key.length < MIN_KEY_CHARS || key.length > MAX_KEY_CHARS))
    throw invalidRequest(`Idempotency-Key must have ${MIN_KEY_CHARS} to ${MAX_KEY_CHARS} characters.`);
  const fingerprint = fingerprintOf(call);
  const earlier = key === undefined ? undefined : store.answerTo(key, nowMs);
  if (earlier && earlier.fingerprint !== fingerprint)
    throw conflict('This Idempotency-Key was used for another request.');
  if (earlier) return { status: earlier.status, text: earlier.body.reveal() };
  const { status, body, changes } = work();
  const text = JSON.stringify(body);
  const answer = { key: key ?? '', fingerprint, status, body: new Secret(text), createdAtMs: nowMs };
  store.commit(...changes, ...(key === undefined ? [] : [{ kind: 'answer', answer } as const]));
  return { status, text };
}

function fingerprintOf({ path, body }: Call): string {
  return createHash('sha256')
    .update(JSON.stringify([path, sorted(body)]))
    .digest('base64');
}

/** The same value with the fields of every object in order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(fields.map(([name, inner]) => [name, sorted(inner)]));
}
