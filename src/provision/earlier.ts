import { isDeepStrictEqual } from 'node:util';
import type { CreatedWebhook } from '../api/client.ts';
import type { NewWebhook } from '../api/wire.ts';
import { Failure, type FailureKind } from '../errors.ts';
import type { Keeping } from './keeping.ts';
import { createKept } from './one-time.ts';
import { OBSTACLES, type Recovery } from './recover.ts';

/** A recovery that failed like this may succeed later. */
const PASSING: ReadonlySet<FailureKind> = new Set([...OBSTACLES, 'store_unwritable']);

/**
 * Subscribes once, where an interrupted run may have asked for the same: what recovering has just made is taken
 * from `recoveries` instead of doubled, and a call that could not be finished is repeated with its own key.
 */
export async function createOnce(
  keeping: Keeping,
  request: NewWebhook,
  recoveries: Recovery[],
): Promise<CreatedWebhook> {
  const made = takeCreate(recoveries, request, ({ created }) => created !== null)?.created;
  if (made) return made;
  const open = takeCreate(recoveries, request, mayStillSucceed);
  const created = await createKept(keeping, request, open?.intent.idempotencyKey);
  if (open) await keeping.journal.finish(open.intent.id);
  return created;
}

const mayStillSucceed = ({ error }: Recovery): boolean => error instanceof Failure && PASSING.has(error.kind);

/** Each recovery stands for one wish. */
function takeCreate(
  recoveries: Recovery[],
  request: NewWebhook,
  fits: (recovery: Recovery) => boolean,
): Recovery | undefined {
  const index = recoveries.findIndex(
    (recovery) =>
      recovery.intent.kind === 'create' &&
      isDeepStrictEqual(recovery.intent.request, request) &&
      fits(recovery),
  );
  return index < 0 ? undefined : recoveries.splice(index, 1)[0];
}
