import type { Duplicates } from './duplicates.ts';
import { eventIdOf, eventTypeOf, type JsonBody, readJson } from './envelope.ts';
import type { KeptDelivery } from './kept.ts';
import type { EventLine, RequestFields } from './line.ts';

/** What the body of a delivery says of itself. */
export interface Envelope {
  /** Null where the body is not JSON. */
  readonly json: JsonBody | null;
  readonly eventType: string | null;
  readonly eventId: string | null;
}

export function readEnvelope({ headers, body: bytes }: Pick<KeptDelivery, 'headers' | 'body'>): Envelope {
  const json = readJson(viewOf(bytes));
  const body = json?.value ?? null;
  return { json, eventType: eventTypeOf(body), eventId: eventIdOf(headers, body) };
}

/** The line of a delivery; `duplicates` has seen those before it. */
export function toEventLine(kept: KeptDelivery, envelope: Envelope, duplicates: Duplicates): EventLine {
  const { id, path, signature, status, forward } = kept;
  const { json, eventType, eventId } = envelope;
  return {
    type: 'event',
    id,
    received_at: new Date(kept.receivedMs).toISOString(),
    event_type: eventType,
    event_id: eventId,
    // A refused delivery may be forged, and must not pass for the first of an event.
    duplicate_of: kept.accepted ? duplicates.note(id, { eventId, eventType, path }) : null,
    signature,
    request: new Request(kept, json),
    response: { status },
    forward,
  };
}

/** The request as a line has it, and the text of its body besides. */
class Request implements RequestFields {
  readonly method: string;
  readonly path: string;
  readonly query: string | null;
  readonly headers: RequestFields['headers'];
  readonly body: unknown;
  readonly body_base64: string;
  readonly #bodyText: string | null;

  constructor({ method, path, query, headers, body }: KeptDelivery, json: JsonBody | null) {
    this.method = method;
    this.path = path;
    this.query = query;
    this.headers = headers;
    this.body = json?.value ?? null;
    this.body_base64 = viewOf(body).toString('base64');
    this.#bodyText = json?.text ?? null;
  }

  bodyText(): string | null {
    return this.#bodyText;
  }
}

/** The same bytes, not a copy. */
function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}
