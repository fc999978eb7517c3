import type { Level, ProbeId } from './catalogue.ts';

/** `failed`: a must does not hold. `warned`: something else should be changed. */
type Result = 'passed' | 'failed' | 'warned' | 'skipped';

/** What a probe found out. */
export interface Finding {
  readonly result: Result;
  /** Of the request that decided; null where none was answered. */
  readonly status: number | null;
  readonly durationMs: number | null;
  /** What came, or why it was skipped. */
  readonly detail: string;
  /** The first lines of an answer that should have been another, as they came; null where there are none. */
  readonly answer: string | null;
  /** That answer is a page for people. */
  readonly isPage: boolean;
  /** What to change; null where there is nothing. */
  readonly advice: string | null;
  /** It was meant to be judged, and could not be. */
  readonly isUnjudged: boolean;
}

/** A finding with what it is about. */
export interface Reported extends Finding {
  readonly id: ProbeId;
  readonly level: Level;
  readonly title: string;
}

export const skipped = (why: string): Finding => ({
  ...{ result: 'skipped', status: null, durationMs: null },
  ...{ detail: why, answer: null, isPage: false, advice: null, isUnjudged: false },
});

/** Without advice where another finding has it. */
export const unjudged = (why: string, advice: string | null): Finding => ({
  ...skipped(why),
  advice,
  isUnjudged: true,
});
