import type { LogLine, LogRow } from '../inspector/protocol.ts';
import type { Browser } from './browser.ts';
import { type Cell, createCell } from './cell.ts';
import { follow } from './live.ts';

/** The delivery log of the account, while somebody looks at it. */
export interface AccountLog {
  /** Newest first. */
  readonly entries: Cell<readonly LogRow[]>;
  /** What the API has against it at the moment. */
  readonly problem: Cell<string | null>;
  readonly isConnected: Cell<boolean>;
  /** Returns what ends it. */
  open(): () => void;
}

/** The page keeps no more. */
const MAX_ENTRIES = 1000;
const DRAW_EVERY_MS = 40;

export function createAccountLog(browser: Browser): AccountLog {
  const entries = createCell<readonly LogRow[]>([]);
  const problem = createCell<string | null>(null);
  const isConnected = createCell(true);
  const arrived = new Map<string, LogRow>();
  let isDrawing = false;
  const draw = (): void => {
    isDrawing = false;
    const all = new Map([...entries.get().map((entry): [string, LogRow] => [entry.id, entry]), ...arrived]);
    arrived.clear();
    entries.set([...all.values()].sort(byAge).slice(0, MAX_ENTRIES));
  };
  const take = (line: LogLine): void => {
    if (line.type === 'lost') restart();
    problem.set(line.type === 'problem' ? line.message : null);
    if (line.type !== 'entry' && line.type !== 'update') return;
    arrived.set(line.entry.id, line.entry);
    if (isDrawing) return;
    isDrawing = true;
    browser.after(DRAW_EVERY_MS, draw);
  };
  const start = (): (() => void) =>
    follow<LogLine>(browser, 'api/logs/live', ['entry', 'update', 'problem', 'recovered', 'lost'], {
      onLine: take,
      onOpen: () => isConnected.set(true),
      onLost: () => isConnected.set(false),
    });
  let end: () => void = () => undefined;
  /** A stream tells the newest entries when it is opened. */
  const restart = (): void => {
    end();
    end = start();
  };
  return {
    ...{ entries, problem, isConnected },
    open() {
      restart();
      return () => end();
    },
  };
}

const byAge = (one: LogRow, other: LogRow): number =>
  one.created_at < other.created_at ? 1 : one.created_at > other.created_at ? -1 : 0;
