import { Failure } from '../../errors.ts';
import { systemCode, systemReason } from '../../system-error.ts';

/** A Failure `store_unwritable` for a file of the inbox that the system refuses; any other error stays what it is. */
export function inboxFailure(path: string, verb: 'read' | 'written' | 'removed', error: unknown): unknown {
  if (systemCode(error) === undefined) return error;
  return new Failure('store_unwritable', `${path} cannot be ${verb}: ${systemReason(error)}`, {
    hint: 'Check that the disk has room and that the folder belongs to you, or choose another with KYCGENIE_DATA_DIR.',
    cause: error,
  });
}
