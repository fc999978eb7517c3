const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** Beyond this a date says more than a number of days. */
const RELATIVE_UP_TO_MS = 30 * DAY_MS;

const UNITS = [
  [DAY_MS, 'd'],
  [HOUR_MS, 'h'],
  [MINUTE_MS, 'min'],
  [SECOND_MS, 's'],
] as const;

/** A time for people, from ISO 8601: `5 min ago`, `in 2 h`, a UTC date when far off, the text itself if no time. */
export function when(iso: string | null, now: number): string {
  if (iso === null) return '';
  const at = Date.parse(iso);
  if (Number.isNaN(at)) return iso;
  const distance = Math.abs(now - at);
  if (distance > RELATIVE_UP_TO_MS) return new Date(at).toISOString().slice(0, 10);
  const unit = UNITS.find(([ms]) => distance >= ms);
  if (!unit) return 'now';
  const amount = `${Math.floor(distance / unit[0])} ${unit[1]}`;
  return at > now ? `in ${amount}` : `${amount} ago`;
}

/** Hours, minutes and seconds where the reader is. */
export function localTime(iso: string): string {
  const at = new Date(iso);
  return [at.getHours(), at.getMinutes(), at.getSeconds()].map((n) => String(n).padStart(2, '0')).join(':');
}
