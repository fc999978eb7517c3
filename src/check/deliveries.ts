import type { Clock } from '../clock.ts';
import { drawUuid } from '../events/payloads.ts';
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

/** No body is ASCII by chance, or longer: what a probe shows may not depend on what was drawn. */
const FIRST_CHOICE = (): number => 0;
const UUID = /\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g;

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
    const simulation = { eventType, changes: {}, random: FIRST_CHOICE };
    const { id, body: drawn } = simulateEvent(simulation, nowMs - ageMs);
    const json = Buffer.from(drawn)
      .toString()
      .replace(UUID, () => drawUuid(() => this.#clock.random()));
    const body = Buffer.from(rewrite ? rewrite(json) : json);
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
