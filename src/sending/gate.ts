/** Where one side waits until the other side opens it; opening it before the wait counts. */
export class Gate {
  #isOpen = false;
  #pass: (() => void) | null = null;

  /** Passes once, and closes behind. For one waiting side. */
  async wait(): Promise<void> {
    if (!this.#isOpen) {
      await new Promise<void>((resolve) => {
        this.#pass = resolve;
      });
    }
    this.#isOpen = false;
  }

  open(): void {
    this.#isOpen = true;
    this.#pass?.();
    this.#pass = null;
  }
}
