import type { DeliveryRow, Problem } from '../inspector/protocol.ts';
import type { Browser } from './browser.ts';
import { type Cell, createCell } from './cell.ts';
import { isNotLetIn, problemOf } from './server.ts';

/** What the page says besides what it shows. */
export interface Notices {
  /** Stay until they are closed, or something else is chosen or done; the same one is there once. */
  readonly problems: Cell<readonly Problem[]>;
  /** What was just done; goes by itself. */
  readonly done: Cell<string | null>;
  /** For those who listen to the page. */
  readonly spoken: Cell<string>;
  fail(error: unknown): void;
  close(problem: Problem): void;
  closeAll(): void;
  /** What was done, or is to be done next. */
  say(text: string): void;
  /** What was done without a fault: what went wrong before is over. */
  succeed(text: string): void;
  arrived(rows: readonly DeliveryRow[]): void;
}

const NONE: readonly Problem[] = [];
const MAX_PROBLEMS = 3;
const DONE_FOR_MS = 5000;
/** Between two announcements of what came in. */
const QUIET_MS = 5000;

/** `onNotLetIn`: another run of kycgenie answers, which has to be entered anew. */
export function createNotices(browser: Browser, onNotLetIn: () => void): Notices {
  const problems = createCell(NONE);
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
  const say = (text: string): void => {
    cancel();
    done.set(text);
    cancel = browser.after(DONE_FOR_MS, () => done.set(null));
  };
  return {
    ...{ problems, done, spoken, say },
    fail(error) {
      if (isNotLetIn(error)) return onNotLetIn();
      const problem = problemOf(error);
      const others = problems.get().filter(({ message }) => message !== problem.message);
      problems.set([...others, problem].slice(-MAX_PROBLEMS));
    },
    closeAll: () => problems.set(NONE),
    succeed(text) {
      problems.set(NONE);
      say(text);
    },
    close: (problem) => problems.set(problems.get().filter((other) => other !== problem)),
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
