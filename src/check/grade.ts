import type { Grade, ProbeId } from './catalogue.ts';
import type { Reported } from './finding.ts';

/** What lets a stranger in. */
const GUARDS: ReadonlySet<ProbeId> = new Set([
  'forged',
  'unsigned',
  'empty-signature',
  'truncated-signature',
  'flipped-signature',
  'altered-body',
]);
const MANY_SHOULDS = 3;

/** By the rule that GRADES states; null where nothing could be judged. */
export function gradeOf(reported: readonly Reported[]): Grade | null {
  const valid = reported.find(({ id }) => id === 'valid');
  if (valid === undefined || valid.result === 'skipped') return null;
  const failed = reported.filter(({ result }) => result === 'failed');
  if (failed.some(({ id }) => id === 'valid' || GUARDS.has(id))) return 'F';
  if (!holdsMusts(reported)) return 'D';
  const warned = reported.filter(({ result }) => result === 'warned').length;
  if (warned >= MANY_SHOULDS) return 'C';
  return warned > 0 ? 'B' : 'A';
}

export const holdsMusts = (reported: readonly Reported[]): boolean =>
  reported.every(({ result, level, isUnjudged }) => result !== 'failed' && !(level === 'must' && isUnjudged));
