import type { Clock } from '../clock.ts';
import type { HeaderPairs } from '../http/headers.ts';
import type { Secret } from '../secret.ts';
import { simulateEvent } from '../sending/simulated-event.ts';
import { sign } from '../signing/sign.ts';
import { USER_AGENT } from '../version.ts';
import type { Subject } from './subject.ts';

/** One event as it goes out. */
export interface Delivery {
  readonly id: string;
  readonly headers: HeaderPairs;
  readonly body: Uint8Array;
}

export interface Wishes {
  readonly eventType?: string;
  /** Writes the event, which is JSON in one line, anew. */
  readonly rewrite?: (json: string) => string;
  /** In place of the current one; several sign side by side where the scheme can carry them. */
  readonly secrets?: readonly Secret[];
  /** When it was signed, from now. */
  readonly offsetMs?: number;
  /** When it happened, from now. */
  readonly ageMs?: number;
}

/** Makes deliveries to one receiver: each an event of its own, so that no memory of ids gets between. */
export class Deliveries {
  readonly subject: Subject;
  readonly #clock: Clock;

  constructor(subject: Subject, clock: Clock) {
    this.subject = subject;
    this.#clock = clock;
  }

  /** Throws Failure `usage` for a secret that is no key of the scheme. */
  readonly make = (wishes: Wishes = {}): Delivery => {
    const { eventType = this.subject.eventType, rewrite, ageMs = 0 } = wishes;
    const nowMs = this.#clock.now();
    const simulation = { eventType, changes: {}, random: () => this.#clock.random() };
    const { id, body: plain } = simulateEvent(simulation, nowMs - ageMs);
    const body = rewrite ? Buffer.from(rewrite(Buffer.from(plain).toString())) : plain;
    const timestampMs = nowMs + (wishes.offsetMs ?? 0);
    const secrets = wishes.secrets ?? [this.subject.secret];
    const signature = sign(this.subject.scheme, { id, timestampMs, body }, secrets);
    return { id, headers: [...this.plainHeaders(), ...signature], body };
  };

  /** Those of every request; the user's own replace them. */
  plainHeaders(): HeaderPairs {
    const own = this.subject.headers;
    const replaced = new Set(own.map(([name]) => name.toLowerCase()));
    const ours: HeaderPairs = [
      ['content-type', 'application/json'],
      ['user-agent', `${USER_AGENT} (check)`],
    ];
    return [...ours.filter(([name]) => !replaced.has(name)), ...own];
  }
}
