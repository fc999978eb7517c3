import { isRecord } from '../../record.ts';
import type { Reason } from '../../signing/verdict.ts';
import type { Amendment, KeptDelivery } from '../kept.ts';
import type { ForwardFields, SignatureFields } from '../line.ts';

/** A delivery without its body, and an amendment, as JSON; what is read was written by anybody. */

export type DeliveryMeta = Omit<KeptDelivery, 'body'>;

export interface AmendmentMeta {
  readonly id: string;
  readonly change: Amendment;
}

export function deliveryMeta(kept: DeliveryMeta): string {
  const { id, receivedMs, method, path, query, headers, signature, accepted, status } = kept;
  const { forward, owedTo, sentTo } = kept;
  return JSON.stringify({
    id,
    receivedMs,
    method,
    path,
    query,
    headers,
    signature,
    accepted,
    status,
    forward,
    owedTo,
    sentTo,
  });
}

export function amendmentMeta({ id, change }: AmendmentMeta): string {
  return JSON.stringify({ id, change: changeOf(change) });
}

export function parseDelivery(json: Uint8Array): DeliveryMeta | null {
  const value = parse(json);
  // What was kept before there was such a field.
  return isDelivery(value) ? { ...value, sentTo: value.sentTo ?? null } : null;
}

export function parseAmendment(json: Uint8Array): AmendmentMeta | null {
  const value = parse(json);
  return isAmendment(value) ? { id: value.id, change: changeOf(value.change) } : null;
}

/** Nothing but what may be amended, whatever else is there. */
function changeOf({ signature, status, forward, owedTo, sentTo }: Amendment): Amendment {
  return {
    ...(signature !== undefined && { signature }),
    ...(status !== undefined && { status }),
    ...(forward !== undefined && { forward }),
    ...(owedTo !== undefined && { owedTo }),
    ...(sentTo !== undefined && { sentTo }),
  };
}

function parse(json: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(json.buffer, json.byteOffset, json.byteLength).toString('utf8'));
  } catch {
    return undefined;
  }
}

type Check<T> = (value: unknown) => value is T;

const isText = (value: unknown): value is string => typeof value === 'string';
const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);
const isBoolean = (value: unknown): value is boolean => typeof value === 'boolean';

function orNull<T>(check: Check<T>): Check<T | null> {
  return (value): value is T | null => value === null || check(value);
}

function orAbsent<T>(check: Check<T>): Check<T | undefined> {
  return (value): value is T | undefined => value === undefined || check(value);
}

function oneOf<T extends string>(words: Readonly<Record<T, true>>): Check<T> {
  return (value): value is T => isText(value) && Object.hasOwn(words, value);
}

function shape<T>(checks: { readonly [K in keyof T]-?: Check<T[K]> }): Check<T> {
  const fields: readonly (readonly [string, (value: unknown) => boolean])[] = Object.entries(checks);
  return (value): value is T => isRecord(value) && fields.every(([name, check]) => check(value[name]));
}

const REASONS: Readonly<Record<Reason, true>> = {
  missing_header: true,
  malformed_header: true,
  timestamp_too_old: true,
  timestamp_in_future: true,
  wrong_secret: true,
  body_altered: true,
  wrong_scheme: true,
};

const isSignature = shape<SignatureFields>({
  status: oneOf({ valid: true, invalid: true, unverified: true }),
  reason: orNull(oneOf(REASONS)),
  hint: orNull(isText),
  scheme: orNull(isText),
  webhook_id: orNull(isText),
  secret_age: orNull(oneOf({ current: true, previous: true })),
});

const isForward = shape<ForwardFields>({
  url: isText,
  status: orNull(isNumber),
  duration_ms: isNumber,
  error: orNull(isText),
  attempts: isNumber,
  body: orNull(isText),
});

function isHeaders(value: unknown): value is KeptDelivery['headers'] {
  return (
    Array.isArray(value) &&
    value.every((pair) => Array.isArray(pair) && pair.length === 2 && pair.every(isText))
  );
}

/** Of any time that a Date can hold. */
const MAX_TIME_MS = 8.64e15;
const isTime = (value: unknown): value is number => isNumber(value) && Math.abs(value) <= MAX_TIME_MS;

type StoredMeta = Omit<DeliveryMeta, 'sentTo'> & { readonly sentTo?: string | null | undefined };

const isDelivery = shape<StoredMeta>({
  id: isText,
  receivedMs: isTime,
  method: isText,
  path: isText,
  query: orNull(isText),
  headers: isHeaders,
  signature: isSignature,
  accepted: isBoolean,
  status: isNumber,
  forward: orNull(isForward),
  owedTo: orNull(isText),
  sentTo: orAbsent(orNull(isText)),
});

const isChange: Check<Amendment> = (value): value is Amendment =>
  isRecord(value) &&
  orAbsent(isSignature)(value['signature']) &&
  orAbsent(isNumber)(value['status']) &&
  orAbsent(orNull(isForward))(value['forward']) &&
  orAbsent(orNull(isText))(value['owedTo']) &&
  orAbsent(orNull(isText))(value['sentTo']);

const isAmendment = shape<AmendmentMeta>({ id: isText, change: isChange });
