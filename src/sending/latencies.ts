/** Below this each millisecond is counted by itself; above, a bucket is at most 1/128 of its time wide. */
const EXACT_BELOW_MS = 256;
const BUCKETS_A_DOUBLING = EXACT_BELOW_MS / 2;

/** Milliseconds; each is off by less than 1 %, upwards, but `max` not at all. Null where nothing was timed. */
export interface LatencySummary {
  readonly p50: number | null;
  readonly p90: number | null;
  readonly p99: number | null;
  readonly max: number | null;
}

/** Any number of times in the room of a few thousand counters. */
export class Latencies {
  readonly #counts = new Map<number, number>();
  #total = 0;
  #maxMs = 0;

  add(ms: number): void {
    const wholeMs = Math.max(0, Math.round(ms));
    const bucket = bucketOf(wholeMs);
    this.#counts.set(bucket, (this.#counts.get(bucket) ?? 0) + 1);
    this.#total++;
    this.#maxMs = Math.max(this.#maxMs, wholeMs);
  }

  summary(): LatencySummary {
    if (this.#total === 0) return { p50: null, p90: null, p99: null, max: null };
    const buckets = [...this.#counts].sort(([one], [other]) => one - other);
    const [p50, p90, p99] = [0.5, 0.9, 0.99].map((share) => this.#quantile(buckets, share));
    return { p50: p50 ?? null, p90: p90 ?? null, p99: p99 ?? null, max: this.#maxMs };
  }

  /** The time that this share of all did not exceed. */
  #quantile(buckets: readonly (readonly [bucket: number, count: number])[], share: number): number {
    let left = Math.ceil(this.#total * share);
    for (const [bucket, count] of buckets) {
      left -= count;
      if (left <= 0) return Math.min(topOf(bucket), this.#maxMs);
    }
    return this.#maxMs;
  }
}

function bucketOf(ms: number): number {
  const doublings = Math.max(0, Math.floor(Math.log2(Math.max(1, ms) / BUCKETS_A_DOUBLING)));
  return doublings * BUCKETS_A_DOUBLING + Math.floor(ms / 2 ** doublings);
}

/** The longest time in a bucket. */
function topOf(bucket: number): number {
  if (bucket < EXACT_BELOW_MS) return bucket;
  const doublings = Math.floor(bucket / BUCKETS_A_DOUBLING) - 1;
  return (bucket - doublings * BUCKETS_A_DOUBLING + 1) * 2 ** doublings - 1;
}
