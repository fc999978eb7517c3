import { isSuccess } from '../http/status.ts';
import { Duplicates } from './duplicates.ts';
import { type Envelope, toEventLine } from './event-line.ts';
import type { KeptDelivery } from './kept.ts';
import type { EventLine, ForwardLine, SummaryLine } from './line.ts';

/** Turns deliveries into lines, in order, and keeps count. */
export class Ledger {
  readonly #duplicates = new Duplicates();
  readonly #byStatus = { valid: 0, invalid: 0, unverified: 0 };
  #received = 0;
  #duplicated = 0;
  #forwarded = 0;
  #forwardFailed = 0;
  #owed = 0;

  enter(kept: KeptDelivery, envelope: Envelope): EventLine {
    const line = toEventLine(kept, envelope, this.#duplicates);
    this.#received++;
    this.#byStatus[kept.signature.status]++;
    if (line.duplicate_of !== null) this.#duplicated++;
    if (kept.owedTo !== null) this.owe();
    if (kept.forward !== null) this.#countForward(kept.forward.status);
    return line;
  }

  /** One more that is acknowledged and not yet taken by the app. */
  owe(): void {
    this.#owed++;
  }

  lose(): void {
    this.#owed--;
    this.#forwardFailed++;
  }

  enterForward(line: ForwardLine): ForwardLine {
    if (!line.is_last) return line;
    this.#owed--;
    this.#countForward(line.forward.status);
    return line;
  }

  #countForward(status: number | null): void {
    if (isSuccess(status)) this.#forwarded++;
    else this.#forwardFailed++;
  }

  summary(): SummaryLine {
    return {
      type: 'summary',
      received: this.#received,
      ...this.#byStatus,
      duplicates: this.#duplicated,
      forwarded: this.#forwarded,
      forward_failed: this.#forwardFailed,
      forward_pending: this.#owed,
    };
  }
}
