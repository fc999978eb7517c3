import type { Context } from '../../cli/context.ts';
import type { WebhookSecrets } from '../../config/secrets.ts';
import { Failure } from '../../errors.ts';
import type { Secret } from '../../secret.ts';
import { onlySecret, readSecretEnv, storedSecret } from '../signing-secret.ts';

/** The current secret, the one before, and the event type that they belong to; null where there is none. */
export interface CheckSecrets {
  readonly secret: Secret;
  readonly previous: Secret | null;
  readonly eventType: string | null;
}

interface Named {
  readonly webhook?: string | undefined;
  readonly secretEnv?: readonly string[] | undefined;
}

/** `all`, which a webhook may be subscribed to, is the type of no event. */
const WILDCARD = 'all';
const MAX_SECRETS = 2;
/** How long after a rotation senders that sign with both secrets do: what is stored says only when it began. */
const ROTATION_MS = 24 * 3_600_000;

/** As named, else of the one webhook whose secret is stored. Throws Failure `usage` or `not_found`. */
export async function checkSecrets(context: Context, { webhook, secretEnv }: Named): Promise<CheckSecrets> {
  if (webhook !== undefined && secretEnv !== undefined) {
    throw new Failure('usage', '--webhook and --secret-env exclude each other', {
      hint: 'Give one of them.',
    });
  }
  if (secretEnv !== undefined) return secretsOfEnv(context, secretEnv);
  const { webhookId, secret } = await (webhook === undefined
    ? onlySecret(context)
    : storedSecret(context, webhook));
  const kept = webhookId === null ? null : await (await context.secrets()).get(webhookId);
  const eventType = kept?.eventType === WILDCARD ? null : (kept?.eventType ?? null);
  return { secret, previous: kept && previousOf(kept, context.clock.now()), eventType };
}

/** The one before, while a rotation may be under way: later a receiver is right to refuse it. */
function previousOf({ secrets: [current, ...older] }: WebhookSecrets, nowMs: number): Secret | null {
  if (current === undefined || nowMs - Date.parse(current.obtainedAt) > ROTATION_MS) return null;
  return older.find(({ secret }) => !secret.equals(current.secret))?.secret ?? null;
}

function secretsOfEnv(context: Context, names: readonly string[]): CheckSecrets {
  if (names.length > MAX_SECRETS) {
    throw new Failure('usage', '--secret-env is given more than twice', {
      hint: 'The first names the current secret, the second the one before.',
    });
  }
  const [secret, previous] = names.map((name) => readSecretEnv(context, name));
  if (secret === undefined) throw new Failure('usage', '--secret-env needs a value');
  const isOther = previous !== undefined && !previous.equals(secret);
  return { secret, previous: isOther ? previous : null, eventType: null };
}
