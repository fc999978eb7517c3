import { parseDuration } from '../duration.ts';
import { Failure } from '../errors.ts';

export const SINCE_HELP =
  'from: a duration back (2h, 7d) or a time (2026-01-19T10:30Z; local without a zone)';
export const UNTIL_HELP = 'up to: a duration back or a time';

/**
 * Milliseconds since the epoch, of what `flag` was given.
 * @param now which durations count back from
 */
export function parseWhen(flag: string, text: string, now: number): number {
  const back = parseDuration(text);
  if (back !== undefined) return now - back;
  // Without a zone a time is local, a bare date too: Date.parse alone would take that one for UTC.
  const at = /^\d{4}-\d\d-\d\d/.test(text)
    ? Date.parse(text.length === 10 ? `${text}T00:00` : text)
    : Number.NaN;
  if (!Number.isNaN(at)) return at;
  throw new Failure('usage', `${flag} takes a duration or a time, not "${text}"`, {
    hint: `Such as ${flag} 2h or ${flag} 2026-01-19T10:30:00Z.`,
  });
}
