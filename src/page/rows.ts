import type { DeliveryRow } from '../inspector/protocol.ts';

/** The page keeps no more; older ones are left out, and it says so. */
export const MAX_ROWS = 20_000;

type Rows = readonly DeliveryRow[];

/** Newest first: what came in on top, and what is known anew in its place. */
export function merge(rows: Rows, arrived: ReadonlyMap<string, DeliveryRow>): Rows {
  if (arrived.size === 0) return rows;
  const fresh = new Map(arrived);
  const kept = rows.map((row) => {
    const newer = fresh.get(row.id);
    fresh.delete(row.id);
    return newer ?? row;
  });
  return [...[...fresh.values()].reverse(), ...kept].slice(0, MAX_ROWS);
}

/** The rows with a page of older ones behind them. */
export function extend(rows: Rows, older: Rows): Rows {
  const known = new Set(rows.map(({ id }) => id));
  return [...rows, ...older.filter(({ id }) => !known.has(id))].slice(0, MAX_ROWS);
}

/** All that was read from the start, with what came in meanwhile on top. */
export function replace(rows: Rows, read: Rows, since: ReadonlySet<string>): Rows {
  const known = new Set(read.map(({ id }) => id));
  return [...rows.filter(({ id }) => since.has(id) && !known.has(id)), ...read].slice(0, MAX_ROWS);
}

export interface Counts {
  readonly all: number;
  readonly valid: number;
  readonly invalid: number;
  readonly unverified: number;
  readonly failed: number;
}

export function tally(rows: Rows, isFailed: (row: DeliveryRow) => boolean): Counts {
  const counts = { all: rows.length, valid: 0, invalid: 0, unverified: 0, failed: 0 };
  for (const row of rows) {
    counts[row.signature.status] += 1;
    if (isFailed(row)) counts.failed += 1;
  }
  return counts;
}
