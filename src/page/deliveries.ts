import type { DeliveryRow, LiveLine } from '../inspector/protocol.ts';
import type { Browser } from './browser.ts';
import { type Cell, createCell } from './cell.ts';
import { follow } from './live.ts';
import { extend, MAX_ROWS, merge, replace } from './rows.ts';
import { isAbort, Refused, type Server } from './server.ts';

/** `renewed`: another run of kycgenie answers, and lets this page in no more. */
export type Connection = 'live' | 'lost' | 'renewed';

interface Reports {
  readonly connection: Cell<Connection>;
  /** What came in, as it is shown. */
  readonly onArrived: (rows: readonly DeliveryRow[]) => void;
  readonly onProblem: (error: unknown) => void;
}

/** Lines that come close together are drawn together. */
const DRAW_EVERY_MS = 40;

/** The deliveries of this page, kept up to date. */
export class Deliveries {
  /** Newest first. */
  readonly rows = createCell<readonly DeliveryRow[]>([]);
  readonly isPaused = createCell(false);
  /** Came in since it was paused. */
  readonly waiting = createCell(0);
  readonly isLoading = createCell(true);
  /** True where there are older ones than the page keeps. */
  readonly hasOlder = createCell(false);
  readonly #browser: Browser;
  readonly #server: Server;
  readonly #reports: Reports;
  /** In the order of arrival, not shown yet. */
  readonly #arrived = new Map<string, DeliveryRow>();
  /** Came in while all rows are read anew. */
  readonly #meanwhile = new Set<string>();
  #isDrawing = false;
  /** To be read anew once it goes on. */
  #isStale = false;
  #reading = new AbortController();

  constructor(browser: Browser, server: Server, reports: Reports) {
    this.#browser = browser;
    this.#server = server;
    this.#reports = reports;
  }

  start(): void {
    const { connection } = this.#reports;
    follow<LiveLine>(this.#browser, 'api/deliveries/live', ['delivery', 'update', 'problem', 'lost'], {
      onLine: (line) => this.#hear(line),
      onOpen: () => {
        connection.set('live');
        void this.#load();
      },
      onLost: () => {
        if (connection.get() === 'live') connection.set('lost');
        // A server that refuses says why; one that is gone says nothing.
        this.#server.state().catch((error: unknown) => {
          if (error instanceof Refused && error.status !== null) this.#reports.onProblem(error);
        });
      },
    });
  }

  togglePause(): void {
    this.isPaused.set(!this.isPaused.get());
    this.#draw();
    if (this.#isStale) void this.#load();
  }

  #hear(line: LiveLine): void {
    if (line.type === 'delivery' || line.type === 'update') this.#take(line.row);
    else if (line.type === 'problem') this.#reports.onProblem(new Error(line.message));
    else void this.#load();
  }

  #take(row: DeliveryRow): void {
    this.#arrived.set(row.id, row);
    if (this.isLoading.get()) this.#meanwhile.add(row.id);
    // While it is paused nothing is drawn: the oldest of what waits go first, as they would in the list.
    const [oldest] = this.#arrived.keys();
    if (oldest !== undefined && this.#arrived.size > MAX_ROWS) this.#arrived.delete(oldest);
    if (this.#isDrawing) return;
    this.#isDrawing = true;
    this.#browser.after(DRAW_EVERY_MS, () => this.#draw());
  }

  #draw(): void {
    this.#isDrawing = false;
    const isPaused = this.isPaused.get();
    this.waiting.set(isPaused ? this.#arrived.size : 0);
    if (isPaused) return;
    const known = new Set(this.rows.get().map(({ id }) => id));
    const fresh = [...this.#arrived.values()].filter(({ id }) => !known.has(id));
    this.rows.set(merge(this.rows.get(), this.#arrived));
    this.#arrived.clear();
    if (fresh.length > 0) this.#reports.onArrived(fresh);
  }

  async #load(): Promise<void> {
    this.#isStale = this.isPaused.get() && this.rows.get().length > 0;
    if (this.#isStale) return;
    this.#reading.abort();
    this.#reading = new AbortController();
    const { signal } = this.#reading;
    this.isLoading.set(true);
    try {
      await this.#read(signal);
    } catch (error) {
      if (!isAbort(error)) this.#reports.onProblem(error);
    }
    if (!signal.aborted) this.isLoading.set(false);
  }

  async #read(signal: AbortSignal): Promise<void> {
    const isFirst = this.rows.get().length === 0;
    const all = new Map<string, DeliveryRow>();
    this.#meanwhile.clear();
    for (let before: string | null = null, more = true; more; ) {
      const page = await this.#server.deliveries(before, signal);
      const known = all.size;
      for (const row of page.rows) all.set(row.id, row);
      if (isFirst) this.rows.set(extend(this.rows.get(), page.rows));
      before = page.rows.at(-1)?.id ?? null;
      // A page of what is known already is the first one again: what it should have followed is gone.
      more = page.has_more && all.size > known && all.size < MAX_ROWS;
      this.hasOlder.set(page.has_more);
    }
    if (!isFirst) this.rows.set(replace(this.rows.get(), [...all.values()], this.#meanwhile));
  }
}
