import type { TimestampUnit } from './scheme.ts';

const SECONDS = /^\d{1,12}$/;
const MILLISECONDS = /^\d{1,15}$/;
const ISO_8601 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})$/;

/** Milliseconds since the epoch, or null when the text is not a time in that unit. */
export function parseTimestamp(text: string, unit: TimestampUnit): number | null {
  if (unit === 's') return SECONDS.test(text) ? Number(text) * 1000 : null;
  if (unit === 'ms') return MILLISECONDS.test(text) ? Number(text) : null;
  const ms = ISO_8601.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(ms) ? null : ms;
}

/** The inverse; seconds are cut, never rounded up into the future. */
export function formatTimestamp(ms: number, unit: TimestampUnit): string {
  if (unit === 's') return String(Math.floor(ms / 1000));
  if (unit === 'ms') return String(Math.floor(ms));
  return new Date(ms).toISOString();
}

/** What a timestamp has to look like, to end a sentence with. */
export function describeTimestamp(unit: TimestampUnit): string {
  return { s: 'seconds since 1970', ms: 'milliseconds since 1970', iso8601: 'an ISO 8601 time' }[unit];
}

/** Of a text that cannot be anything but a time between 2001 and 2286, as far as its shape goes. */
export function guessTimestampUnit(text: string): TimestampUnit | null {
  if (/^\d{10}$/.test(text)) return 's';
  if (/^\d{13}$/.test(text)) return 'ms';
  return parseTimestamp(text, 'iso8601') === null ? null : 'iso8601';
}
