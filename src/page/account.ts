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
  /** Counts entries that were retried from here and have come to an end since. */
  readonly settled: Cell<number>;
  /** An entry is delivered once more. */
  retried(id: string): void;
  /** Returns what ends it. */
  open(): () => void;
}

/** The page keeps no more. */
const MAX_ENTRIES = 1000;
/** Of entries that are still to be delivered. */
const OPEN: ReadonlySet<string> = new Set(['pending', 'retrying']);
const DRAW_EVERY_MS = 40;

export function createAccountLog(browser: Browser): AccountLog {
  const entries = createCell<readonly LogRow[]>([]);
  const problem = createCell<string | null>(null);
  const isConnected = createCell(true);
  const settled = createCell(0);
  const arrived = new Map<string, LogRow>();
  /** Not ended yet. */
  const awaited = new Set<string>();
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
    const { id, status } = line.entry;
    arrived.set(id, line.entry);
    if (!OPEN.has(status) && awaited.delete(id)) settled.set(settled.get() + 1);
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
    ...{ entries, problem, isConnected, settled },
    retried: (id) => void awaited.add(id),
    open() {
      restart();
      return () => end();
    },
  };
}

const byAge = (one: LogRow, other: LogRow): number =>
  one.created_at < other.created_at ? 1 : one.created_at > other.created_at ? -1 : 0;
