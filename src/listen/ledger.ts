import type { ReceivedRequest } from '../serve.ts';
import type { Verdict } from '../signing/verdict.ts';
import { Duplicates } from './duplicates.ts';
import { eventIdOf, eventTypeOf, parseBody } from './envelope.ts';
import type { EventLine, RequestFields, SignatureFields, SummaryLine } from './line.ts';

/** A delivery between its answer and its line. */
export interface Delivery {
  readonly id: string;
  readonly receivedMs: number;
  readonly request: ReceivedRequest;
  readonly path: string;
  readonly query: string | null;
  readonly verdict: Verdict;
  readonly isAccepted: boolean;
  readonly status: number;
}

/** Turns deliveries into lines, in order, and keeps count. */
export class Ledger {
  readonly #duplicates = new Duplicates();
  readonly #byStatus = { valid: 0, invalid: 0, unverified: 0 };
  #received = 0;
  #duplicated = 0;

  enter(delivery: Delivery): EventLine {
    const { headers } = delivery.request;
    const bytes = viewOf(delivery.request.body);
    const body = parseBody(bytes);
    const eventType = eventTypeOf(body);
    const eventId = eventIdOf(headers, body);
    // A refused delivery may be forged, and must not pass for the first of an event.
    const { id, path } = delivery;
    const duplicateOf = delivery.isAccepted ? this.#duplicates.note(id, { eventId, eventType, path }) : null;
    this.#received++;
    this.#byStatus[delivery.verdict.status]++;
    if (duplicateOf !== null) this.#duplicated++;
    return {
      type: 'event',
      id: delivery.id,
      received_at: new Date(delivery.receivedMs).toISOString(),
      event_type: eventType,
      event_id: eventId,
      duplicate_of: duplicateOf,
      signature: signatureFields(delivery.verdict),
      request: requestFields(delivery, bytes, body),
      response: { status: delivery.status },
      forward: null,
    };
  }

  summary(): SummaryLine {
    return {
      type: 'summary',
      received: this.#received,
      ...this.#byStatus,
      duplicates: this.#duplicated,
      forwarded: 0,
      forward_failed: 0,
    };
  }
}

function signatureFields(verdict: Verdict): SignatureFields {
  return {
    status: verdict.status,
    reason: verdict.status === 'invalid' ? verdict.reason : null,
    hint: verdict.status === 'valid' ? null : verdict.hint,
    scheme: verdict.status === 'unverified' ? null : verdict.scheme,
    webhook_id: verdict.status === 'valid' ? verdict.webhookId : null,
    secret_age: verdict.status === 'valid' ? verdict.secretAge : null,
  };
}

function requestFields({ request, path, query }: Delivery, bytes: Buffer, body: unknown): RequestFields {
  const { method, headers } = request;
  return { method, path, query, headers, body, body_base64: bytes.toString('base64') };
}

/** The same bytes, not a copy. */
function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}
