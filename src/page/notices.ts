import type { DeliveryRow, Problem } from '../inspector/protocol.ts';
import type { Browser } from './browser.ts';
import { type Cell, createCell } from './cell.ts';
import { problemOf } from './server.ts';

/** What the page says besides what it shows. */
export interface Notices {
  /** Stay until they are closed; the same one is there once. */
  readonly problems: Cell<readonly Problem[]>;
  /** What was just done; goes by itself. */
  readonly done: Cell<string | null>;
  /** For those who listen to the page. */
  readonly spoken: Cell<string>;
  fail(error: unknown): void;
  close(problem: Problem): void;
  say(text: string): void;
  arrived(rows: readonly DeliveryRow[]): void;
}

const MAX_PROBLEMS = 3;
const DONE_FOR_MS = 5000;
/** Between two announcements of what came in. */
const QUIET_MS = 5000;

export function createNotices(browser: Browser): Notices {
  const problems = createCell<readonly Problem[]>([]);
  const done = createCell<string | null>(null);
  const spoken = createCell('');
  let cancel: () => void = () => undefined;
  let unspoken: DeliveryRow[] = [];
  let isQuiet = false;
  const speak = (): void => {
    isQuiet = unspoken.length > 0;
    if (!isQuiet) return;
    spoken.set(describe(unspoken));
    unspoken = [];
    browser.after(QUIET_MS, speak);
  };
  return {
    ...{ problems, done, spoken },
    fail(error) {
      const problem = problemOf(error);
      const others = problems.get().filter(({ message }) => message !== problem.message);
      problems.set([...others, problem].slice(-MAX_PROBLEMS));
    },
    close: (problem) => problems.set(problems.get().filter((other) => other !== problem)),
    say(text) {
      cancel();
      done.set(text);
      cancel = browser.after(DONE_FOR_MS, () => done.set(null));
    },
    arrived(rows) {
      unspoken.push(...rows);
      if (!isQuiet) speak();
    },
  };
}

function describe(rows: readonly DeliveryRow[]): string {
  const [only] = rows;
  if (rows.length === 1 && only)
    return `New delivery: ${only.event_type ?? 'unknown type'}, ${only.signature.status}`;
  const invalid = rows.filter(({ signature }) => signature.status === 'invalid').length;
  return `${rows.length} new deliveries${invalid > 0 ? `, ${invalid} invalid` : ''}`;
}
