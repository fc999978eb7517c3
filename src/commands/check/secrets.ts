import type { Context } from '../../cli/context.ts';
import type { WebhookSecrets } from '../../config/secrets.ts';
import { Failure } from '../../errors.ts';
import type { Secret } from '../../secret.ts';
import { onlySecret, readSecretEnv, type SigningSecret, storedSecret } from '../signing-secret.ts';

/** The current secret, the one before, and the event type that they belong to; null where there is none. */
export interface CheckSecrets {
  readonly secret: Secret;
  /** While both are to be accepted. */
  readonly previous: Secret | null;
  /** The one before, whenever it was replaced. */
  readonly older: Secret | null;
  readonly webhookId: string | null;
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

/** As named, else of the one webhook that there is, here or for this URL. Throws Failure `usage` or `not_found`. */
export async function checkSecrets(
  context: Context,
  { webhook, secretEnv }: Named,
  url: URL,
): Promise<CheckSecrets> {
  if (webhook !== undefined && secretEnv !== undefined) {
    throw new Failure('usage', '--webhook and --secret-env exclude each other', {
      hint: 'Give one of them.',
    });
  }
  if (secretEnv !== undefined) return secretsOfEnv(context, secretEnv);
  const { webhookId, secret } = await (webhook === undefined
    ? secretFor(context, url)
    : storedSecret(context, webhook));
  const kept = webhookId === null ? null : await (await context.secrets()).get(webhookId);
  const eventType = kept?.eventType === WILDCARD ? null : (kept?.eventType ?? null);
  const older = kept && olderOf(kept);
  const isRotating = kept !== null && isRecent(kept, context.clock.now());
  return { webhookId, secret, older, previous: isRotating ? older : null, eventType };
}

const MAX_LISTED = 10;

/** Of the only webhook, or of the one among several that delivers to this URL. */
async function secretFor(context: Context, url: URL): Promise<SigningSecret> {
  const known = await (await context.secrets()).survey();
  if (known.length < 2) return onlySecret(context);
  const fitting = known.filter(({ webhookUrl }) => isSame(webhookUrl, url));
  const [first, ...others] = fitting;
  if (first !== undefined && others.length === 0) return storedSecret(context, first.webhookId);
  const choice = (fitting.length === 0 ? known : fitting).map(
    ({ webhookId, eventType }) => `${webhookId} (${eventType ?? 'type not known'})`,
  );
  const more = choice.length > MAX_LISTED ? ` and ${choice.length - MAX_LISTED} more` : '';
  const count = fitting.length === 0 ? 'none' : fitting.length;
  throw new Failure(
    'usage',
    `${known.length} signing secrets are stored here, ${count} for this URL: say which one with --webhook or --secret-env`,
    { hint: `Such as --webhook with one of ${choice.slice(0, MAX_LISTED).join(', ')}${more}.` },
  );
}

const isSame = (text: string | null, { href }: URL): boolean =>
  text !== null && URL.canParse(text) && new URL(text).href === href;

function olderOf({ secrets: [current, ...older] }: WebhookSecrets): Secret | null {
  return older.find(({ secret }) => current?.secret.equals(secret) === false)?.secret ?? null;
}

/** A rotation may be under way: later a receiver is right to refuse the secret before. */
const isRecent = ({ secrets: [current] }: WebhookSecrets, nowMs: number): boolean =>
  current !== undefined && nowMs - Date.parse(current.obtainedAt) <= ROTATION_MS;

function secretsOfEnv(context: Context, names: readonly string[]): CheckSecrets {
  if (names.length > MAX_SECRETS) {
    throw new Failure('usage', '--secret-env is given more than twice', {
      hint: 'The first names the current secret, the second the one before.',
    });
  }
  const [secret, previous] = names.map((name) => readSecretEnv(context, name));
  if (secret === undefined) throw new Failure('usage', '--secret-env needs a value');
  const older = previous === undefined || previous.equals(secret) ? null : previous;
  return { webhookId: null, secret, previous: older, older, eventType: null };
}
