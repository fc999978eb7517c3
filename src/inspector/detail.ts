import { Duplicates } from '../listen/duplicates.ts';
import { readEnvelope, toEventLine } from '../listen/event-line.ts';
import { shownAddress } from '../listen/forward/target.ts';
import type { KeptDelivery } from '../listen/kept.ts';
import type { Scheme } from '../signing/scheme.ts';
import { curlOf, isTooLong } from './curl.ts';
import type { Whole } from './deliveries.ts';
import type { DeliveryDetail, Fixture } from './protocol.ts';
import { signedOf } from './signed.ts';

/** Of a body, sent to the page. */
const MAX_SHOWN_BODY_BYTES = 2 * 1024 * 1024;

interface Surroundings {
  readonly scheme: Scheme | null;
  /** Where `listen` takes deliveries. */
  readonly receiverUrl: string;
  /** Where a replay goes that names no address, whole. */
  readonly usualAddress: string | null;
}

export function detailOf(
  { kept, row }: Whole,
  { scheme, receiverUrl, usualAddress }: Surroundings,
): DeliveryDetail {
  const isCut = kept.body.byteLength > MAX_SHOWN_BODY_BYTES;
  const shown = isCut ? { ...kept, body: kept.body.subarray(0, MAX_SHOWN_BODY_BYTES) } : kept;
  const envelope = isCut
    ? { json: null, eventType: row.event_type, eventId: row.event_id }
    : readEnvelope(kept);
  const curl = curlOf(kept, urlOf(kept, receiverUrl));
  const event = toEventLine(shown, envelope, new Duplicates());
  return {
    event: { ...event, duplicate_of: row.duplicate_of },
    row,
    signed: scheme && signedOf(scheme, kept),
    is_body_cut: isCut,
    curl,
    curl_problem: curl !== null ? null : isTooLong(kept) ? 'too_long' : 'not_text',
    replay_to: usualAddress && shownAddress(usualAddress),
  };
}

export function fixtureOf({ kept }: Whole): Fixture {
  const { method, path, query, headers, body } = kept;
  return {
    event_type: readEnvelope(kept).eventType,
    ...{ method, path, query, headers },
    body_base64: Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('base64'),
  };
}

/** Where the app is, else where it came in. An address of the app may hold a token in its query: that is left out. */
function urlOf({ forward, path, query }: KeptDelivery, receiverUrl: string): string {
  const search = query === null ? '' : `?${query}`;
  return (forward === null ? new URL(receiverUrl).origin + path : forward.url) + search;
}
