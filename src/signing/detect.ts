import { createHash } from 'node:crypto';
import { BEGINNING, createSearch, MAX_HEADERS_READ, type Place } from './search.ts';
import type { Detection } from './trial.ts';
import type { Candidate, Delivery } from './verify.ts';
import { Work } from './work.ts';

export interface DetectOptions {
  readonly nowMs: number;
  /** Default: DETECT_WORK_BYTES. */
  readonly work?: Work | undefined;
}

/** Never throws, whatever the delivery and the secrets are. Null: no scheme was found within the work allowed. */
export type Detect = (
  delivery: Delivery,
  candidates: readonly Candidate[],
  options: DetectOptions,
) => Detection | null;

/** What one stranger's delivery may cost: less than 2 ms, with the reading of its headers. */
export const DETECT_WORK_BYTES = 1_310_720;

/** For somebody who waits: about a quarter of a second. */
export const PATIENT_WORK_BYTES = 268_435_456;

/** The scheme of one delivery. */
export function detectScheme(
  delivery: Delivery,
  candidates: readonly Candidate[],
  options: DetectOptions,
): Detection | null {
  return createDetector()(delivery, candidates, options);
}

/** Of so many kinds of deliveries it is kept how far the search has come. */
const MAX_PLACES = 64;

/**
 * Detection over many deliveries: keeps the keys it has made, and where the work allowed did not suffice for a
 * delivery, goes on from there with the next one that has the same headers.
 */
export function createDetector(): Detect {
  const search = createSearch();
  const places = new Map<string, Place>();
  return (delivery, candidates, { nowMs, work = new Work(DETECT_WORK_BYTES) }) => {
    const kind = kindOf(delivery);
    const from = places.get(kind) ?? BEGINNING;
    const { found, stoppedAt } = search(delivery, candidates, { nowMs, work, from });
    places.delete(kind);
    if (!found && stoppedAt !== BEGINNING) places.set(kind, stoppedAt);
    const [oldest] = places.size > MAX_PLACES ? places.keys() : [];
    if (oldest !== undefined) places.delete(oldest);
    return found;
  };
}

/** The names of the headers that are read. */
function kindOf({ headers }: Delivery): string {
  const names = headers.slice(0, MAX_HEADERS_READ).map(([name]) => name.toLowerCase());
  return createHash('sha1').update(names.join('\n')).digest('base64');
}
