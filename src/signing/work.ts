import type { Hash } from './scheme.ts';

/** An HMAC costs as much before its first byte as the hashing of this many. */
const HMAC_OVERHEAD_BYTES = 5_120;

/** What a hash costs for each byte, SHA-256 being one. */
const BYTE_COST: Readonly<Record<Hash, number>> = { sha1: 1, sha256: 1, sha512: 2 };

/**
 * A bound on what a search may cost, counted in hashed bytes: the one cost that grows with what a stranger sends.
 * About 1.5 GB a second where the processor hashes by itself, a quarter of it elsewhere.
 */
export class Work {
  readonly limitBytes: number;
  #spentBytes = 0;
  #hmacs = 0;
  #isExhausted = false;
  readonly #whole: Work | null;

  constructor(limitBytes: number, whole: Work | null = null) {
    this.limitBytes = limitBytes;
    this.#whole = whole;
  }

  /** Work that counts here as well, and ends with the sooner of the two. */
  portion(limitBytes: number): Work {
    return new Work(limitBytes, this);
  }

  get spentBytes(): number {
    return this.#spentBytes;
  }

  get hmacs(): number {
    return this.#hmacs;
  }

  /** True once something had to be left undone. */
  get isExhausted(): boolean {
    return this.#isExhausted;
  }

  /** False: it is too much, and must not be done. */
  spend(bytes: number): boolean {
    if (
      this.#isExhausted ||
      this.#spentBytes + bytes > this.limitBytes ||
      this.#whole?.spend(bytes) === false
    ) {
      this.#isExhausted = true;
      return false;
    }
    this.#spentBytes += bytes;
    return true;
  }

  spendHmac(hash: Hash, bytes: number): boolean {
    const isAllowed = this.spend(HMAC_OVERHEAD_BYTES + bytes * BYTE_COST[hash]);
    if (isAllowed) this.#count();
    return isAllowed;
  }

  #count(): void {
    this.#hmacs++;
    if (this.#whole) this.#whole.#count();
  }
}
