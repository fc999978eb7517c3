import type { FollowEvent } from '../deliveries/follow.ts';
import type { KeptDelivery } from '../listen/kept.ts';
import type { Scheme } from '../signing/scheme.ts';
import type { ReplayOutcome, ReplayRequest, State, Subscription } from './protocol.ts';

/** What the page may do with the account; each throws Failure. */
export interface AccountSource {
  /** The delivery log from its newest entries on, until the signal aborts. */
  follow(signal: AbortSignal): AsyncIterable<FollowEvent>;
  /** What the API says to having an entry delivered again. */
  retry(id: string, signal: AbortSignal): Promise<string>;
  subscriptions(signal: AbortSignal): Promise<readonly Subscription[]>;
}

/** What the inspector is handed in by its command. */
export interface Sources {
  readonly state: () => State;
  /** The scheme of that name, else the one of the profile; null where none is known. */
  readonly schemeOf: (name: string | null) => Promise<Scheme | null>;
  /** Where a delivery is sent again, whole, its query too; null: nobody knows. */
  readonly addressOf: (kept: KeptDelivery) => string | null;
  /** Throws Failure for what cannot be sent at all. */
  readonly replay: (
    kept: KeptDelivery,
    request: ReplayRequest,
    signal: AbortSignal,
  ) => Promise<ReplayOutcome>;
  /** Null without an API key. */
  readonly account: AccountSource | null;
}
