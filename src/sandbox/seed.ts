import type { DeliveryStatus } from '../api/wire.ts';
import { EVENT_TYPES } from '../events/catalog.ts';
import { drawUuid } from '../events/payloads.ts';
import { EVENT_ID_PREFIX } from './assumptions.ts';
import type { Delivery } from './records.ts';

const SPAN_MS = 3 * 24 * 3_600_000;
const GROUPED = EVENT_TYPES.filter(({ group }) => group !== null).map(({ type }) => type);
const TYPES: readonly [string, ...string[]] = ['screening.completed', ...GROUPED];
/** Hosts of the top-level domain that is reserved for examples: a retry of a seed reaches nobody. */
const URLS: readonly [string, ...string[]] = [
  'https://hooks.acme.example/kyc',
  'https://ops.acme.example/webhooks',
  'https://crm.acme.example/in',
];
type Ending = readonly [code: number | null, message: string | null];
const FAILURES: readonly [Ending, ...Ending[]] = [
  [500, 'Webhook endpoint returned HTTP 500'],
  [503, 'Webhook endpoint returned HTTP 503'],
  [404, 'Webhook endpoint returned HTTP 404'],
  [null, 'Webhook endpoint did not answer in time'],
];
const DELIVERED: Ending = [200, null];
const FAILED_SHARE = 0.12;

/** `count` deliveries of the last days, oldest first; the same draws make the same deliveries. */
export function* seedDeliveries(
  count: number,
  firstSeq: number,
  nowMs: number,
  random: () => number,
): Generator<Delivery> {
  for (let index = 0; index < count; index += 1) {
    const createdAtMs = nowMs - Math.floor((SPAN_MS * (count - index)) / (count + 1));
    yield seedDelivery(firstSeq + index, createdAtMs, random);
  }
}

function seedDelivery(seq: number, createdAtMs: number, random: () => number): Delivery {
  const failed = random() < FAILED_SHARE;
  const status: DeliveryStatus = failed ? 'failed' : 'delivered';
  const [httpStatusCode, errorMessage] = failed ? oneOf(FAILURES, random) : DELIVERED;
  return {
    id: drawUuid(random),
    seq,
    eventId: `${EVENT_ID_PREFIX}${drawUuid(random).replaceAll('-', '')}`,
    eventType: oneOf(TYPES, random),
    subscriptionId: null,
    webhookUrl: oneOf(URLS, random),
    status,
    httpStatusCode,
    attemptNumber: failed ? 10 : 1 + Math.floor(random() * 2),
    errorMessage,
    createdAtMs,
    nextRetryAtMs: null,
    single: false,
  };
}

function oneOf<T>(choices: readonly [T, ...T[]], random: () => number): T {
  return choices[Math.floor(random() * choices.length)] ?? choices[0];
}
