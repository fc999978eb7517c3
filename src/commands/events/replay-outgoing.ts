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

/** Makes kept deliveries ready to be sent as they came, or, with `resign`, under a signature of this moment. */
export async function openOutgoing(
  targetOf: (kept: KeptDelivery) => URL,
  resign: Resign | null,
): Promise<Prepare> {
  const { forwardedHeaders } = await import('../../listen/forward/headers.ts');
  const { wireTargetOf } = await import('../../listen/forward/target.ts');
  const { readEnvelope } = await import('../../listen/event-line.ts');
  return async (kept) => {
    const { id, method, query, body } = kept;
    const url = targetOf(kept);
    const { eventType, eventId } = readEnvelope(kept);
    const resigned = (await resign?.(kept, { eventType, eventId })) ?? null;
    return {
      delivery: {
        id,
        method,
        url,
        // Nothing below the root: the path of the URL stands for that of the delivery.
        target: wireTargetOf({ path: ROOT, query }, url, ROOT),
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
