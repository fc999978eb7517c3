import { randomUUID } from 'node:crypto';
import type { CreatedWebhook, RotatedSecret } from '../api/client.ts';
import type { NewWebhook } from '../api/wire.ts';
import type { Intent } from '../config/intent-file.ts';
import type { NewIntent } from '../config/journal.ts';
import { ApiFailure, Failure } from '../errors.ts';
import { create, type Keeping, rotate, target, timeAfter } from './keeping.ts';
import { recoveredRotation, recoverWhere } from './recover.ts';

const FIRST_ERROR = 400;
const OUTCOME_UNKNOWN =
  'The API may have done it. kycgenie webhooks recover finishes it with the same idempotency key; ' +
  'so does the same command, typed again.';

/**
 * Subscribes once. `idempotencyKey`: 16 to 255 characters; made here when absent. `lease`: the one that is to learn
 * the id of the webhook.
 */
export async function createKept(
  keeping: Keeping,
  request: NewWebhook,
  idempotencyKey: string = randomUUID(),
  lease?: string,
): Promise<CreatedWebhook> {
  await keeping.secrets.proveWritable();
  const wish = { ...target(keeping), kind: 'create', idempotencyKey, request } as const;
  const intent = await keeping.journal.begin(lease === undefined ? wish : { ...wish, lease });
  const created = await attempt(keeping, intent, () => create(keeping, request, intent));
  await keeping.journal.finish(intent.id);
  return created;
}

/** Rotates once; the previous secret stays in the store. Rotations of one webhook never overlap. */
export async function rotateKept(keeping: Keeping, webhookId: string): Promise<RotatedSecret> {
  const { secrets, journal } = keeping;
  return secrets.exclusive(webhookId, async () => {
    const isMine = (intent: Intent): boolean => intent.kind === 'rotate' && intent.webhookId === webhookId;
    const recovered = recoveredRotation(await recoverWhere(keeping, isMine), webhookId);
    if (recovered) return recovered;
    await secrets.proveWritable();
    // The file of this webhook may still be one that cannot be used: of a newer release, of another user.
    const obtainedAt = timeAfter(keeping.clock, await secrets.look(webhookId));
    const idempotencyKey = randomUUID();
    const wish: NewIntent = { ...target(keeping), kind: 'rotate', idempotencyKey, webhookId, obtainedAt };
    const intent = await journal.begin(wish);
    const rotated = await attempt(keeping, intent, () => rotate(keeping, webhookId, intent));
    await journal.finish(intent.id);
    return rotated;
  });
}

/** An error answer ends the intent, but not where an answer may have been lost: then it stays for recovery. */
async function attempt<T>(keeping: Keeping, intent: Intent, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (!mayHaveHappened(keeping, error)) await keeping.journal.finish(intent.id);
    else adviseRecovery(error);
    throw error;
  }
}

/** Where storing failed, or the answer cannot be read, the error has its own advice. */
function adviseRecovery(error: unknown): void {
  const isAnswered = error instanceof ApiFailure && error.problem.httpStatus < FIRST_ERROR;
  if (error instanceof Failure && error.kind !== 'store_unwritable' && !isAnswered)
    error.hint = OUTCOME_UNKNOWN;
}

/** An interrupted call may have reached the API, too. */
function mayHaveHappened({ signal }: Keeping, error: unknown): boolean {
  return signal.aborted || !(error instanceof Failure) || error.mayHaveHappened;
}
