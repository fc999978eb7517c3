import type { Envelope } from '../listen/event-line.ts';
import type { Amendment, KeptDelivery } from '../listen/kept.ts';
import type { EventLine, ForwardFields } from '../listen/line.ts';
import type { DeliveryRow } from './protocol.ts';

/** What the list shows of a delivery, in the names of the protocol. */

type Parsed = Pick<Envelope, 'eventType' | 'eventId'>;

/** Of what a sender chooses: a page lists thousands of rows. What is cut is too long for a duplicate, too. */
const MAX_TEXT_CHARS = 512;

function short(text: string): string {
  if (text.length <= MAX_TEXT_CHARS) return text;
  // A copy: a piece of a string holds the whole of it in memory.
  return Buffer.from(`${text.slice(0, MAX_TEXT_CHARS)}…`, 'utf16le').toString('utf16le');
}

const shortOrNull = (text: string | null): string | null => text && short(text);

export function rowOf(
  kept: KeptDelivery,
  { eventType, eventId }: Parsed,
  duplicateOf: string | null,
): DeliveryRow {
  const { id, signature, method, path, body, status, forward } = kept;
  return {
    id,
    received_at: new Date(kept.receivedMs).toISOString(),
    event_type: shortOrNull(eventType),
    event_id: shortOrNull(eventId),
    duplicate_of: duplicateOf,
    signature: { status: signature.status, reason: signature.reason },
    method,
    path: short(path),
    body_bytes: body.byteLength,
    response_status: status,
    forward: forwardOf(forward),
  };
}

export function rowOfLine({ request, response, signature, forward, ...line }: EventLine): DeliveryRow {
  return {
    id: line.id,
    received_at: line.received_at,
    event_type: shortOrNull(line.event_type),
    event_id: shortOrNull(line.event_id),
    duplicate_of: line.duplicate_of,
    signature: { status: signature.status, reason: signature.reason },
    method: request.method,
    path: short(request.path),
    body_bytes: Buffer.byteLength(request.body_base64, 'base64'),
    response_status: response.status,
    forward: forwardOf(forward),
  };
}

function forwardOf(forward: ForwardFields | null): DeliveryRow['forward'] {
  if (forward === null) return null;
  const { url, status, duration_ms, error, attempts } = forward;
  return { url, status, duration_ms, error, attempts };
}

/** With what became known of it later. */
export function amended(row: DeliveryRow, { signature, status, forward }: Amendment): DeliveryRow {
  return {
    ...row,
    ...(signature && { signature: { status: signature.status, reason: signature.reason } }),
    ...(status !== undefined && { response_status: status }),
    ...(forward !== undefined && { forward: forwardOf(forward) }),
  };
}

/** True where a page would see no difference. */
export const isSameRow = (one: DeliveryRow, other: DeliveryRow): boolean =>
  JSON.stringify(one) === JSON.stringify(other);
