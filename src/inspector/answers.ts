import { Failure, type FailureKind } from '../errors.ts';
import type { Answer } from '../serve.ts';
import type { Problem } from './protocol.ts';

/** What the page may do: its own script and style, and calls to where it came from. No text becomes HTML. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

type Headers = NonNullable<Answer['headers']>;

/** Of every answer. */
const GUARDING: Headers = [
  ['content-security-policy', POLICY],
  ['x-content-type-options', 'nosniff'],
  ['referrer-policy', 'no-referrer'],
  ['cross-origin-opener-policy', 'same-origin'],
  ['cross-origin-resource-policy', 'same-origin'],
  ['cache-control', 'no-store'],
];

export const guarded = (answer: Answer): Answer => ({
  ...answer,
  headers: [...GUARDING, ...(answer.headers ?? [])],
});

export const json = (value: unknown, status = 200, headers: Headers = []): Answer => ({
  status,
  headers: [['content-type', 'application/json; charset=utf-8'], ...headers],
  body: JSON.stringify(value),
});

/** An answer that ends the handling of a request. */
export class Refusal extends Error {
  readonly status: number;
  readonly hint: string | null;

  constructor(status: number, message: string, hint: string | null = null) {
    super(message);
    this.status = status;
    this.hint = hint;
  }
}

export const refusal = (status: number, message: string, hint: string | null = null): Answer =>
  problem(status, { message, hint });

const problem = (status: number, error: Problem): Answer => json({ error }, status);

const STATUS_OF_KIND: Partial<Readonly<Record<FailureKind, number>>> = {
  usage: 400,
  not_logged_in: 403,
  not_found: 404,
  rejected: 409,
  rate_limited: 429,
  api_unavailable: 502,
  network: 502,
  timeout: 504,
};

/** What went wrong as an answer; null for what nobody foresaw. */
export function answerOf(error: unknown): Answer | null {
  if (error instanceof Refusal) return refusal(error.status, error.message, error.hint);
  if (!(error instanceof Failure)) return null;
  return refusal(STATUS_OF_KIND[error.kind] ?? 500, error.message, error.hint ?? null);
}
