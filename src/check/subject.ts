import type { HeaderPairs } from '../http/headers.ts';
import type { Secret } from '../secret.ts';
import type { Scheme } from '../signing/scheme.ts';

/** A receiver, and what is known of how its deliveries are made. */
export interface Subject {
  readonly url: URL;
  readonly scheme: Scheme;
  readonly secret: Secret;
  /** The secret before, while both are to be accepted; null where there is none. */
  readonly previous: Secret | null;
  /** The one before, however long ago that was: only to explain a refusal. */
  readonly older: Secret | null;
  /** Of the events that it is sent. */
  readonly eventType: string;
  /** Sent with each request, in place of our own of the same name. */
  readonly headers: HeaderPairs;
}
