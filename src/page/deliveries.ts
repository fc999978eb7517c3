import type { DeliveryRow, LiveLine } from '../inspector/protocol.ts';
import type { Browser } from './browser.ts';
import { type Cell, createCell } from './cell.ts';
import { follow } from './live.ts';
import { extend, MAX_ROWS, merge, replace } from './rows.ts';
import { isAbort, Refused, type Server } from './server.ts';

/** `renewed`: another run of kycgenie answers, and lets this page in no more. */
export type Connection = 'live' | 'lost' | 'renewed';

/** The deliveries of this page, kept up to date. */
export interface Deliveries {
  /** Newest first. */
  readonly rows: Cell<readonly DeliveryRow[]>;
  readonly isPaused: Cell<boolean>;
  /** Came in since it was paused. */
  readonly waiting: Cell<number>;
  readonly isLoading: Cell<boolean>;
  /** True where there are older ones than the page keeps. */
  readonly hasOlder: Cell<boolean>;
  togglePause(): void;
  start(): void;
}

interface Reports {
  readonly connection: Cell<Connection>;
  /** What came in, as it is shown. */
  readonly onArrived: (rows: readonly DeliveryRow[]) => void;
  readonly onProblem: (error: unknown) => void;
}

/** Lines that come close together are drawn together. */
const DRAW_EVERY_MS = 40;

export function createDeliveries(browser: Browser, server: Server, reports: Reports): Deliveries {
  const rows = createCell<readonly DeliveryRow[]>([]);
  const { connection } = reports;
  const [isPaused, hasOlder] = [createCell(false), createCell(false)];
  const [isLoading, waiting] = [createCell(true), createCell(0)];
  /** In the order of arrival, not shown yet. */
  const arrived = new Map<string, DeliveryRow>();
  /** Came in while all rows are read anew. */
  const meanwhile = new Set<string>();
  let isDrawing = false;
  let reading = new AbortController();

  const draw = (): void => {
    isDrawing = false;
    waiting.set(isPaused.get() ? arrived.size : 0);
    if (isPaused.get()) return;
    const known = new Set(rows.get().map(({ id }) => id));
    const fresh = [...arrived.values()].filter(({ id }) => !known.has(id));
    rows.set(merge(rows.get(), arrived));
    arrived.clear();
    if (fresh.length > 0) reports.onArrived(fresh);
  };
  const take = (row: DeliveryRow): void => {
    arrived.set(row.id, row);
    if (isLoading.get()) meanwhile.add(row.id);
    // While it is paused nothing is drawn: the oldest of what waits go first, as they would in the list.
    if (arrived.size > MAX_ROWS) for (const oldest of [...arrived.keys()].slice(0, 1)) arrived.delete(oldest);
    if (isDrawing) return;
    isDrawing = true;
    browser.after(DRAW_EVERY_MS, draw);
  };
  const read = async (signal: AbortSignal): Promise<void> => {
    const isFirst = rows.get().length === 0;
    const all = new Map<string, DeliveryRow>();
    meanwhile.clear();
    for (let before: string | null = null, more = true; more; ) {
      const page = await server.deliveries(before, signal);
      const known = all.size;
      for (const row of page.rows) all.set(row.id, row);
      if (isFirst) rows.set(extend(rows.get(), page.rows));
      before = page.rows.at(-1)?.id ?? null;
      // A page of what is known already is the first one again: what it should have followed is gone.
      more = page.has_more && all.size > known && all.size < MAX_ROWS;
      hasOlder.set(page.has_more);
    }
    if (!isFirst) rows.set(replace(rows.get(), [...all.values()], meanwhile));
  };
  const load = async (): Promise<void> => {
    reading.abort();
    reading = new AbortController();
    const { signal } = reading;
    isLoading.set(true);
    try {
      await read(signal);
    } catch (error) {
      if (!isAbort(error)) reports.onProblem(error);
    }
    if (!signal.aborted) isLoading.set(false);
  };
  return {
    ...{ rows, isPaused, waiting, isLoading, hasOlder },
    togglePause() {
      isPaused.set(!isPaused.get());
      draw();
    },
    start() {
      follow<LiveLine>(browser, 'api/deliveries/live', ['delivery', 'update', 'problem', 'lost'], {
        onLine(line) {
          if (line.type === 'delivery' || line.type === 'update') take(line.row);
          else if (line.type === 'problem') reports.onProblem(new Error(line.message));
          else void load();
        },
        onOpen() {
          connection.set('live');
          void load();
        },
        onLost() {
          if (connection.get() === 'live') connection.set('lost');
          // A server that refuses says why; one that is gone says nothing.
          server.state().catch((error: unknown) => {
            if (error instanceof Refused && error.status !== null) reports.onProblem(error);
          });
        },
      });
    },
  };
}
