import { isSuccess } from '../http/status.ts';
import type { Answer } from '../serve.ts';
import type { SignatureFields } from './line.ts';

/** What becomes of signatures: reported and bad ones refused; required; or not looked at. */
export type SignaturePolicy = 'check' | 'require' | 'ignore';

const TEXT = [['content-type', 'text/plain; charset=utf-8']] as const;
const JSON_TYPE = [['content-type', 'application/json']] as const;
const ALLOW = [['allow', 'POST, GET, HEAD, OPTIONS']] as const;
const STATUSES_WITHOUT_BODY: ReadonlySet<number> = new Set([204, 205, 304]);

/** The answer to whatever is not a delivery; null for a delivery. */
export function answerAside(method: string, isHere: boolean): Answer | null {
  if (!isHere) return { status: 404, headers: JSON_TYPE, body: '{"error":"not_found"}' };
  switch (method) {
    case 'POST':
      return null;
    case 'GET':
      return { status: 200, headers: TEXT, body: 'Ready: webhook deliveries go here, as POST.\n' };
    case 'HEAD':
      return { status: 200, headers: TEXT };
    case 'OPTIONS':
      return { status: 204, headers: ALLOW };
    default:
      return { status: 405, headers: [...ALLOW, ...JSON_TYPE], body: '{"error":"method_not_allowed"}' };
  }
}

export function isAccepted({ status }: SignatureFields, policy: SignaturePolicy): boolean {
  return status === 'valid' || (status === 'unverified' && policy !== 'require');
}

export function acceptance(status: number): Answer {
  return STATUSES_WITHOUT_BODY.has(status)
    ? { status }
    : { status, headers: JSON_TYPE, body: isSuccess(status) ? '{"received":true}' : '{"error":"not_taken"}' };
}

/** Tells the sender the reason, and keeps the hint, which names what is stored here, for this side. */
export function refusal({ reason: found }: SignatureFields): Answer {
  const reason = found ?? 'no_secret_known';
  return { status: 401, headers: JSON_TYPE, body: JSON.stringify({ error: 'signature_invalid', reason }) };
}

/** A delivery that could not be written to disk: its sender should send it again. */
export const NOT_KEPT: Answer = {
  status: 503,
  headers: [...JSON_TYPE, ['retry-after', '5']],
  body: '{"error":"not_kept"}',
};

/** A delivery that will have no line: its sender should send it again. */
export const STOPPING: Answer = {
  status: 503,
  headers: [...JSON_TYPE, ['retry-after', '1']],
  body: '{"error":"stopping"}',
};
