import type { LogEntry } from '../../api/wire.ts';
import { FORGET_AT_ONCE, LATE_MS, MAX_KNOWN, MAX_OPEN, OPEN_MAX_AGE_MS } from './bounds.ts';

/** What counts as a change of an entry. */
export interface EntryState {
  readonly status: string;
  readonly attempt: number | null;
  readonly code: number | null;
}

/** What a tail must know to go on in another process. Times in milliseconds since the epoch. */
export interface FollowState {
  /** Entries created before it are known or left out; null: there is no such time. */
  readonly floor: number | null;
  readonly states: readonly EntryState[];
  /** Each with the index of its state. */
  readonly known: readonly (readonly [id: string, at: number, state: number])[];
}

interface Known {
  readonly at: number;
  readonly state: EntryState;
}

/** `old`: created before everything that can still be new. */
export type Verdict = 'new' | 'same' | 'old' | { readonly before: EntryState };

/** It will change: an attempt is under way, or is to come. A word that is not documented counts as an end. */
export const isOpen = (status: string): boolean => status === 'pending' || status === 'retrying';

/** Many entries share few states; beyond so many the sharing starts anew. */
const MAX_SHARED_STATES = 10_000;

/** Which entries were listed, and how they were, as far back as one can still be new or change. */
export class Memory {
  #known = new Map<string, Known>();
  readonly #open = new Map<string, number>();
  readonly #shared = new Map<string, EntryState>();
  #floor = Number.NEGATIVE_INFINITY;

  static restore(state: FollowState): Memory {
    const memory = new Memory();
    memory.#floor = state.floor ?? Number.NEGATIVE_INFINITY;
    for (const [id, at, index] of state.known) {
      const known = state.states[index];
      if (known) memory.#put(id, at, memory.#share(known));
    }
    return memory;
  }

  /** Milliseconds since the epoch: what is created before and unknown is old. */
  get floor(): number {
    return this.#floor;
  }

  get size(): number {
    return this.#known.size;
  }

  get openCount(): number {
    return this.#open.size;
  }

  /** When the oldest entry was created that is still open; infinite where there is none. */
  oldestOpen(): number {
    let oldest = Number.POSITIVE_INFINITY;
    for (const at of this.#open.values()) oldest = Math.min(oldest, at);
    return oldest;
  }

  judge(entry: LogEntry): Verdict {
    const known = this.#known.get(entry.id);
    if (!known) return Date.parse(entry.created_at) < this.#floor ? 'old' : 'new';
    return isState(known.state, entry) ? 'same' : { before: known.state };
  }

  learn(entry: LogEntry): void {
    const { status, attempt_number: attempt, http_status_code: code } = entry;
    this.#put(entry.id, Date.parse(entry.created_at), this.#share({ status, attempt, code }));
  }

  /** From now on what was created before `floor` is old; the floor only rises. */
  raiseFloor(floor: number): void {
    if (floor <= this.#floor) return;
    this.#floor = floor;
    const openFrom = floor + LATE_MS - OPEN_MAX_AGE_MS;
    for (const [id, { at }] of this.#known) {
      if (at < floor && !(this.#open.has(id) && at >= openFrom)) this.#forget(id);
    }
  }

  /**
   * Watches open entries no longer that were created before `at`. Those since the floor stay known: forgotten they
   * would count as new.
   */
  dropOpenBefore(at: number): void {
    for (const [id, openAt] of this.#open) {
      if (openAt >= at) continue;
      if (openAt < this.#floor) this.#forget(id);
      else this.#open.delete(id);
    }
  }

  /** Keeps the memory within its bounds. True when the floor had to rise for it: late entries may be missed. */
  trim(): boolean {
    if (this.#open.size > MAX_OPEN) this.dropOpenBefore(nthOldest([...this.#open.values()], MAX_OPEN / 10));
    if (this.#known.size <= MAX_KNOWN) return false;
    const times = [...this.#known.values()].map(({ at }) => at);
    // Beyond it, so that something goes even where all were created at once.
    const floor = nthOldest(times, FORGET_AT_ONCE) + 1;
    this.dropOpenBefore(floor);
    this.raiseFloor(floor);
    return true;
  }

  snapshot(): FollowState {
    const indexes = new Map<EntryState, number>();
    const indexOf = (state: EntryState): number => {
      const index = indexes.get(state) ?? indexes.size;
      indexes.set(state, index);
      return index;
    };
    const known = [...this.#known].map(([id, { at, state }]) => [id, at, indexOf(state)] as const);
    const floor = Number.isFinite(this.#floor) ? this.#floor : null;
    return { floor, states: [...indexes.keys()], known };
  }

  #put(id: string, at: number, state: EntryState): void {
    this.#known.set(id, { at, state });
    if (isOpen(state.status)) this.#open.set(id, at);
    else this.#open.delete(id);
  }

  #forget(id: string): void {
    this.#known.delete(id);
    this.#open.delete(id);
  }

  #share(state: EntryState): EntryState {
    const key = `${state.status} ${state.attempt} ${state.code}`;
    const shared = this.#shared.get(key);
    if (shared) return shared;
    if (this.#shared.size >= MAX_SHARED_STATES) this.#shared.clear();
    this.#shared.set(key, state);
    return state;
  }
}

const isState = (state: EntryState, entry: LogEntry): boolean =>
  state.status === entry.status &&
  state.attempt === entry.attempt_number &&
  state.code === entry.http_status_code;

/** The time at place `n`, counted from the oldest. */
function nthOldest(times: number[], n: number): number {
  times.sort((a, b) => a - b);
  return times[Math.min(n, times.length - 1)] ?? Number.NEGATIVE_INFINITY;
}
