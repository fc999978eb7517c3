import type { LogEntry } from '../../api/wire.ts';

/** Pages whose entries are recognised at least: newer entries push them on while other pages are read. */
const REMEMBERED_PAGES = 8;

/** The ids of the last pages, between one and two times REMEMBERED_PAGES of them. */
export class RememberedIds {
  #recent = new Set<string>();
  #earlier = new Set<string>();
  #pages = 0;

  has(id: string): boolean {
    return this.#recent.has(id) || this.#earlier.has(id);
  }

  add(entries: readonly LogEntry[]): void {
    if (this.#pages === REMEMBERED_PAGES) {
      this.#earlier = this.#recent;
      this.#recent = new Set();
      this.#pages = 0;
    }
    this.#pages += 1;
    for (const { id } of entries) this.#recent.add(id);
  }
}
