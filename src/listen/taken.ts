import { type Envelope, readEnvelope } from './event-line.ts';
import type { KeptDelivery } from './kept.ts';

/** A delivery on its way to its line, and what its body says once somebody has read it. */
export class Taken {
  readonly kept: KeptDelivery;
  #envelope: Envelope | undefined;

  constructor(kept: KeptDelivery, envelope?: Envelope) {
    this.kept = kept;
    this.#envelope = envelope;
  }

  envelope(): Envelope {
    this.#envelope ??= readEnvelope(this.kept);
    return this.#envelope;
  }

  with(change: Partial<KeptDelivery>): Taken {
    return new Taken({ ...this.kept, ...change }, this.#envelope);
  }
}
