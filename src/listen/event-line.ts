import type { Duplicates } from './duplicates.ts';
import { eventIdOf, eventTypeOf, parseBody } from './envelope.ts';
import type { KeptDelivery } from './kept.ts';
import type { EventLine } from './line.ts';

/** What the body of a delivery says of itself. */
export interface Envelope {
  /** The parsed JSON; null where the body is not JSON. */
  readonly body: unknown;
  readonly eventType: string | null;
  readonly eventId: string | null;
}

export function readEnvelope({ headers, body: bytes }: Pick<KeptDelivery, 'headers' | 'body'>): Envelope {
  const body = parseBody(viewOf(bytes));
  return { body, eventType: eventTypeOf(body), eventId: eventIdOf(headers, body) };
}

/** The line of a delivery; `duplicates` has seen those before it. */
export function toEventLine(kept: KeptDelivery, envelope: Envelope, duplicates: Duplicates): EventLine {
  const { id, method, path, query, headers, signature, status, forward } = kept;
  const { body, eventType, eventId } = envelope;
  return {
    type: 'event',
    id,
    received_at: new Date(kept.receivedMs).toISOString(),
    event_type: eventType,
    event_id: eventId,
    // A refused delivery may be forged, and must not pass for the first of an event.
    duplicate_of: kept.accepted ? duplicates.note(id, { eventId, eventType, path }) : null,
    signature,
    request: { method, path, query, headers, body, body_base64: viewOf(kept.body).toString('base64') },
    response: { status },
    forward,
  };
}

/** The same bytes, not a copy. */
function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}
