import type { HeaderPairs } from '../http/headers.ts';
import type { Secret } from '../secret.ts';
import type { Scheme } from '../signing/scheme.ts';

/** A receiver, and what is known of how its deliveries are made. */
export interface Subject {
  readonly url: URL;
  readonly scheme: Scheme;
  readonly secret: Secret;
  /** The secret before; null where none is known. */
  readonly previous: Secret | null;
  /** Of the events that it is sent. */
  readonly eventType: string;
  /** Sent with each request, in place of our own of the same name. */
  readonly headers: HeaderPairs;
}
