/** Ids that are recognised at least: more than newer entries push on while a page is read. */
const REMEMBERED_IDS = 800;

/** The last ids given, between one and two times REMEMBERED_IDS of them. */
export class RememberedIds {
  #recent = new Set<string>();
  #earlier = new Set<string>();

  has(id: string): boolean {
    return this.#recent.has(id) || this.#earlier.has(id);
  }

  add(id: string): void {
    if (this.#recent.size >= REMEMBERED_IDS) {
      this.#earlier = this.#recent;
      this.#recent = new Set();
    }
    this.#recent.add(id);
  }
}
