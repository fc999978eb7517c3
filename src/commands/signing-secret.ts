import type { Context } from '../cli/context.ts';
import type { WebhookSecrets } from '../config/secrets.ts';
import { Failure, raise } from '../errors.ts';
import { Secret } from '../secret.ts';
import type { Candidate } from '../signing/verify.ts';

/** Which secrets a command was told to use: of these webhooks, in these environment variables. */
export interface ChosenSecrets {
  readonly webhook?: readonly string[] | undefined;
  readonly secretEnv?: readonly string[] | undefined;
}

/** A secret that signs. */
export interface SigningSecret {
  /** Null for a secret that belongs to no known subscription. */
  readonly webhookId: string | null;
  readonly secret: Secret;
}

/** What may have signed: current and previous secrets, of all stored webhooks where none is chosen. */
export async function knownCandidates(
  context: Context,
  { webhook, secretEnv }: ChosenSecrets,
): Promise<readonly Candidate[]> {
  const given = (secretEnv ?? []).map(
    (name): Candidate => ({ webhookId: null, age: 'current', secret: readSecretEnv(context, name) }),
  );
  if (webhook === undefined && secretEnv !== undefined) return given;
  const kept = await (await context.secrets()).list();
  const missing = webhook?.find((id) => !kept.some(({ webhookId }) => webhookId === id));
  if (missing !== undefined) throw notStored(missing);
  const wanted = kept.filter(({ webhookId }) => webhook?.includes(webhookId) ?? true);
  return [...given, ...wanted.flatMap(candidatesOf)];
}

export function candidatesOf({ webhookId, secrets }: WebhookSecrets): readonly Candidate[] {
  return secrets.map(({ secret }, index) => ({
    webhookId,
    age: index === 0 ? 'current' : 'previous',
    secret,
  }));
}

/** The value of the environment variable `name`. Throws Failure `usage` where there is none. */
export function readSecretEnv(context: Context, name: string): Secret {
  const value = context.env[name];
  // Files end with a line feed, and so does what a shell reads out of them badly.
  const trimmed = value?.trim() ?? '';
  if (trimmed !== '') return new Secret(trimmed);
  // Not quoted: who mistakes the option for the secret itself must not find it in a log.
  const what = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/.test(name)
    ? `variable ${name} is`
    : 'variable of that name is';
  throw new Failure('usage', `The environment ${what} ${value === undefined ? 'not set' : 'empty'}`, {
    hint: '--secret-env takes the name of a variable that holds a secret, not the secret.',
  });
}

/** The current secret of a webhook. Throws Failure `not_found`. */
export async function storedSecret(context: Context, webhookId: string): Promise<SigningSecret> {
  const kept = await (await context.secrets()).get(webhookId);
  return currentOf(kept) ?? raise(notStored(webhookId));
}

/** The one that is stored. Throws Failure `usage` where none is, or several are: then one has to be named. */
export async function onlySecret(context: Context): Promise<SigningSecret> {
  const kept = await (await context.secrets()).list();
  const [first, ...others] = kept;
  const only = others.length === 0 ? currentOf(first ?? null) : null;
  if (only) return only;
  const problem = first
    ? `${kept.length} signing secrets are stored here`
    : 'No signing secret is stored here';
  throw new Failure('usage', `${problem}: say which one with --webhook or --secret-env`, {
    hint: first
      ? 'kycgenie secrets list names them.'
      : 'Store one with kycgenie secrets import, or name a variable that holds one with --secret-env.',
  });
}

/** The likeliest of the stored secrets for an event: of its own type, else of all types, else any; the newest. */
export async function secretForEvent(context: Context, eventType: string): Promise<SigningSecret | null> {
  const kept = await (await context.secrets()).list();
  const newestFirst = kept.toSorted((one, other) => (obtainedAt(one) < obtainedAt(other) ? 1 : -1));
  const ofType = (type: string) => newestFirst.find((one) => one.eventType === type);
  return currentOf(ofType(eventType) ?? ofType('all') ?? newestFirst[0] ?? null);
}

const obtainedAt = ({ secrets }: WebhookSecrets): string => secrets[0]?.obtainedAt ?? '';

function currentOf(kept: WebhookSecrets | null): SigningSecret | null {
  const current = kept?.secrets[0];
  return kept && current ? { webhookId: kept.webhookId, secret: current.secret } : null;
}

function notStored(webhookId: string): Failure {
  return new Failure('not_found', `No secret of webhook ${webhookId} is stored here`, {
    hint: 'See kycgenie secrets list, or store it with kycgenie secrets import.',
  });
}
