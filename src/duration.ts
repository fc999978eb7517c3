const UNITS_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
type Unit = keyof typeof UNITS_MS;

const LARGEST_FIRST: readonly Unit[] = ['d', 'h', 'm', 's', 'ms'];

/** How a duration is written, for messages and help. */
export const DURATION_EXAMPLES = '500ms, 30s, 5m, 2h, 7d';

/** Milliseconds of `500ms`, `30s`, `5m`, `2h` or `7d`; undefined for any other text. */
export function parseDuration(text: string): number | undefined {
  const [, digits, letters] = /^(\d{1,15})([a-z]+)$/.exec(text) ?? [];
  const unit = LARGEST_FIRST.find((candidate) => candidate === letters);
  if (digits === undefined || unit === undefined) return undefined;
  const ms = Number(digits) * UNITS_MS[unit];
  return Number.isSafeInteger(ms) ? ms : undefined;
}

/** For people: `850 ms`, `10 s`, `6.0 s`. */
export function describeDuration(ms: number): string {
  if (ms < UNITS_MS.s) return `${Math.round(ms)} ms`;
  return ms % UNITS_MS.s === 0 ? `${ms / UNITS_MS.s} s` : `${(ms / UNITS_MS.s).toFixed(1)} s`;
}

/** The shortest text that `parseDuration` reads back as the same whole number of milliseconds. */
export function formatDuration(ms: number): string {
  const unit = LARGEST_FIRST.find((candidate) => ms !== 0 && ms % UNITS_MS[candidate] === 0) ?? 'ms';
  return `${ms / UNITS_MS[unit]}${unit}`;
}
