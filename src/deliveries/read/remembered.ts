import type { LogEntry } from '../../api/wire.ts';

/** Pages whose entries are recognised: newer entries push them on while other pages are read. */
const REMEMBERED_PAGES = 8;

/** The ids of the last pages. */
export class RememberedIds {
  readonly #pages: ReadonlySet<string>[] = [];

  has(id: string): boolean {
    return this.#pages.some((ids) => ids.has(id));
  }

  add(entries: readonly LogEntry[]): void {
    this.#pages.push(new Set(entries.map((entry) => entry.id)));
    if (this.#pages.length > REMEMBERED_PAGES) this.#pages.shift();
  }
}
