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
