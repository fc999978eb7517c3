import { Failure } from '../errors.ts';

/** Seconds with more digits than this would be a date far from any delivery: it is milliseconds. */
const MAX_SECONDS_DIGITS = 11;

/** A parser of an option that takes a time; gives milliseconds since the epoch. */
export function time(flag: string): (text: string) => number {
  return (text) => {
    const at = readTime(text);
    if (!Number.isNaN(new Date(at).getTime())) return at;
    throw new Failure('usage', `${flag} takes a time, not "${text}"`, {
      hint: 'Such as 2026-01-19T10:30:00Z or 1768818600, as it stands in a header.',
    });
  };
}

/** As signature headers have them: ISO 8601 (local without a zone), Unix seconds or milliseconds; NaN for others. */
function readTime(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text) * (text.length > MAX_SECONDS_DIGITS ? 1 : 1000);
  return /^\d{4}-\d\d-\d\dT/.test(text) ? Date.parse(text) : Number.NaN;
}
