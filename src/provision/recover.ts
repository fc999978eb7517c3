import { isDeepStrictEqual } from 'node:util';
import type { CreatedWebhook, RotatedSecret } from '../api/client.ts';
import type { Intent } from '../config/intent-file.ts';
import { ApiFailure, Failure, type FailureKind } from '../errors.ts';
import { create, type Keeping, rotate, target, timeOf } from './keeping.ts';

/** An intent that this age has passed is not repeated blindly: how long the API knows a key is not documented. */
export const REPLAY_MAX_AGE_MS = 24 * 60 * 60 * 1000;

const INVALID = 400;
const FIRST_ERROR = 400;

export type RecoveryOutcome = 'recovered' | 'superseded' | 'void' | 'expired' | 'elsewhere' | 'failed';

/** What became of one interrupted call. */
export interface Recovery {
  readonly intent: Intent;
  readonly outcome: RecoveryOutcome;
  readonly webhookId: string | null;
  /** Why it failed. */
  readonly error: unknown;
  readonly created: CreatedWebhook | null;
  readonly rotated: RotatedSecret | null;
}

/** After a failure of these kinds the next call would most likely fail as well, and as slowly. */
export const OBSTACLES: ReadonlySet<FailureKind> = new Set([
  'network',
  'timeout',
  'rate_limited',
  'api_unavailable',
]);

interface RecoverOptions {
  readonly dropExpired?: boolean;
}

/**
 * Finishes every interrupted call of this profile, base URL and key whose process is gone. Those of another
 * come back as `elsewhere`, untouched; those too old to repeat as `expired`, which `dropExpired` ends;
 * those after one that the API could not be reached for as `failed`, not tried.
 */
export async function recover(keeping: Keeping, options: RecoverOptions = {}): Promise<readonly Recovery[]> {
  return recoverWhere(keeping, () => true, options);
}

/** The same for those of the intents that are wanted. */
export async function recoverWhere(
  keeping: Keeping,
  wanted: (intent: Intent) => boolean,
  { dropExpired = false }: RecoverOptions = {},
): Promise<readonly Recovery[]> {
  const recoveries: Recovery[] = [];
  for (const intent of (await keeping.journal.orphans()).filter(wanted)) {
    keeping.signal.throwIfAborted();
    if (!isHere(keeping, intent)) {
      recoveries.push(ended(intent, 'elsewhere'));
    } else if (keeping.clock.now() - Date.parse(intent.startedAt) > REPLAY_MAX_AGE_MS) {
      if (dropExpired) await keeping.journal.finish(intent.id);
      recoveries.push(ended(intent, 'expired'));
    } else if (await keeping.journal.claim(intent.id)) {
      const obstacle = recoveries.map(({ error }) => error).find(isObstacle);
      recoveries.push(obstacle ? notTried(intent, obstacle) : await recoverOne(keeping, intent));
    }
  }
  return recoveries;
}

const isHere = (keeping: Keeping, { profile, baseUrl, apiVersion, account }: Intent): boolean =>
  isDeepStrictEqual(target(keeping), { profile, baseUrl, apiVersion, account });

/** A good answer that cannot be read is about its one call: a replay may come without the secret. */
function isObstacle(error: unknown): error is Failure {
  if (error instanceof ApiFailure && error.problem.httpStatus < FIRST_ERROR) return false;
  return error instanceof Failure && OBSTACLES.has(error.kind);
}

function notTried(intent: Intent, obstacle: Failure): Recovery {
  const error = new Failure(obstacle.kind, 'Not tried, since a call before it failed', { cause: obstacle });
  return { ...ended(intent, 'failed'), error };
}

async function recoverOne(keeping: Keeping, intent: Intent): Promise<Recovery> {
  try {
    const recovery = await repeat(keeping, intent);
    await keeping.journal.finish(intent.id);
    return recovery;
  } catch (error) {
    if (keeping.signal.aborted) throw error;
    return abandonOrKeep(keeping, intent, error);
  }
}

/**
 * A request that is not valid never was, and a webhook that is gone has no secret: there is nothing left to finish.
 * Any other refusal may be because the first call worked, or pass.
 */
async function abandonOrKeep(keeping: Keeping, intent: Intent, error: unknown): Promise<Recovery> {
  const isVoid =
    error instanceof ApiFailure &&
    (error.problem.httpStatus === INVALID || (intent.kind === 'rotate' && error.kind === 'not_found'));
  if (isVoid) await keeping.journal.finish(intent.id);
  return { ...ended(intent, isVoid ? 'void' : 'failed'), error };
}

async function repeat(keeping: Keeping, intent: Intent): Promise<Recovery> {
  if (intent.kind === 'rotate')
    return keeping.secrets.exclusive(intent.webhookId, () => repeatRotate(keeping, intent));
  const created = await create(keeping, intent.request, intent);
  return { ...ended(intent, 'recovered', created.id), created };
}

/** A rotation that a later one of this store has overtaken is not repeated: it might undo the later one. */
async function repeatRotate(keeping: Keeping, intent: Intent & { kind: 'rotate' }): Promise<Recovery> {
  const current = (await keeping.secrets.look(intent.webhookId))?.secrets[0];
  if (current && Date.parse(current.obtainedAt) >= Date.parse(timeOf(intent)))
    return ended(intent, 'superseded');
  const rotated = await rotate(keeping, intent.webhookId, intent);
  return { ...ended(intent, 'recovered'), rotated };
}

const ended = (intent: Intent, outcome: RecoveryOutcome, webhookId: string | null = null): Recovery => ({
  intent,
  outcome,
  webhookId: webhookId ?? (intent.kind === 'rotate' ? intent.webhookId : null),
  error: null,
  created: null,
  rotated: null,
});

/** The rotation that recovering has just finished: it is the one that was asked for, typed again. */
export function recoveredRotation(recoveries: readonly Recovery[], webhookId: string): RotatedSecret | null {
  return (
    recoveries.find(({ rotated, webhookId: id }) => rotated !== null && id === webhookId)?.rotated ?? null
  );
}
