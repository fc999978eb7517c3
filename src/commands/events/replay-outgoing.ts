import { Failure } from '../../errors.ts';
import type { KeptDelivery } from '../../listen/kept.ts';
import type { Outgoing } from '../../sending/attempt.ts';
import type { ReplayedEvent } from './replay-view.ts';
import type { Resign } from './resigning.ts';

/** A delivery to make, and what is known of its event before there is an outcome. */
export interface Prepared {
  readonly delivery: Outgoing;
  readonly event: Pick<ReplayedEvent, 'id' | 'event_type' | 'event_id' | 'url' | 'scheme' | 'webhook_id'>;
}

export type Prepare = (kept: KeptDelivery) => Promise<Prepared>;

/** Where a delivery is sent. */
export interface Destination {
  /** For connecting and for people. */
  readonly url: URL;
  /** Path and query exactly as they go on the wire. */
  readonly target: string;
}

/** Throws Failure `usage` for an event that cannot be sent anywhere. */
export type Route = (kept: KeptDelivery) => Destination;

/** Makes kept deliveries ready to be sent as they came, or, with `resign`, under a signature of this moment. */
export async function openOutgoing(route: Route, resign: Resign | null): Promise<Prepare> {
  const { forwardedHeaders } = await import('../../listen/forward/headers.ts');
  const { readEnvelope } = await import('../../listen/event-line.ts');
  return async (kept) => {
    const { id, method, body } = kept;
    const { url, target } = route(kept);
    const { eventType, eventId } = readEnvelope(kept);
    const resigned = (await resign?.(kept, { eventType, eventId })) ?? null;
    return {
      delivery: {
        id,
        method,
        url,
        target,
        headers: forwardedHeaders(resigned?.headers ?? kept.headers, []),
        body,
      },
      event: {
        id,
        event_type: eventType,
        event_id: eventId,
        url: url.href,
        scheme: resigned?.scheme ?? null,
        webhook_id: resigned?.webhookId ?? null,
      },
    };
  };
}

const ROOT = '/';

/**
 * To a URL, or each to where it was forwarded; `source` is what a person calls the URL. Throws Failure `usage` for one
 * that nothing is sent to.
 */
export async function chooseRoute(to: string | undefined, source = '--to'): Promise<Route> {
  const { readTarget } = await import('../../sending/target.ts');
  const { readAddress, shownAddress, wireTargetOf } = await import('../../listen/forward/target.ts');
  if (to !== undefined) {
    const url = readTarget(to, source);
    // Nothing below the root: the path of the URL stands for that of the delivery.
    return ({ query }) => ({ url, target: wireTargetOf({ path: ROOT, query }, url, ROOT) });
  }
  return ({ id, sentTo }) => {
    const address = sentTo === null ? null : readAddress(sentTo);
    if (sentTo !== null && address !== null) {
      const url = readTarget(shownAddress(sentTo), `The URL that event ${id} was forwarded to`);
      return { url, target: address.target };
    }
    throw new Failure('usage', `Event ${id} was not forwarded anywhere: say where to send it`, {
      hint: 'Such as --to http://localhost:3000/kyc.',
    });
  };
}
