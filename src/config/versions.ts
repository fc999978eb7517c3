import { Failure } from '../errors.ts';

/** A file that a newer release wrote is neither read nor touched: it may hold what this one would lose. */
export function refuseNewer(version: unknown, known: number, path: string): void {
  if (!isNewer(version, known)) return;
  throw new Failure('store_unwritable', `${path} was written by a newer kycgenie (file version ${version})`, {
    hint: 'Update kycgenie, or choose another folder.',
  });
}

export function isNewer(version: unknown, known: number): version is number {
  return typeof version === 'number' && version > known;
}
