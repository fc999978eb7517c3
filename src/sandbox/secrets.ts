import { randomBytes } from 'node:crypto';
import { Secret } from '../secret.ts';
import { SECRET_GRACE_MS } from './assumptions.ts';
import type { SigningSecret, Subscription } from './records.ts';

const API_KEY_BYTES = 16;
const SECRET_BYTES = 32;
/** However often it is rotated, no more secrets than these sign for one subscription. */
const MAX_SIGNING_SECRETS = 5;

/** `kycg_` and 32 hex digits, as the provider's keys look. */
export function newApiKey(): Secret {
  return new Secret(`kycg_${randomBytes(API_KEY_BYTES).toString('hex')}`);
}

/** `whsec_` and base64: a key of Standard Webhooks. */
export function newSecret(): Secret {
  return new Secret(`whsec_${randomBytes(SECRET_BYTES).toString('base64')}`);
}

/** A new secret before those that may sign for a while yet. */
export function rotated(
  { secrets }: Subscription,
  secret: Secret,
  nowMs: number,
): readonly [SigningSecret, ...SigningSecret[]] {
  const previous = secrets
    .filter(({ expiresAtMs }) => expiresAtMs === null || expiresAtMs > nowMs)
    .map((kept) => ({ ...kept, expiresAtMs: kept.expiresAtMs ?? nowMs + SECRET_GRACE_MS }));
  return [{ secret, expiresAtMs: null }, ...previous.slice(0, MAX_SIGNING_SECRETS - 1)];
}

/** What signs now: the subscription's own secrets, or one for the occasion where there is no subscription. */
export function signingSecrets(subscription: Subscription | undefined, nowMs: number): readonly Secret[] {
  if (!subscription) return [newSecret()];
  return subscription.secrets
    .filter(({ expiresAtMs }) => expiresAtMs === null || expiresAtMs > nowMs)
    .map(({ secret }) => secret);
}
