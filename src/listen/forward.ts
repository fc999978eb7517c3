import type { Clock } from '../clock.ts';
import { excerpt } from '../http/excerpt.ts';
import { isSuccess } from '../http/status.ts';
import type { HttpResponse, Send } from '../http.ts';
import { checkHeaders, forwardedHeaders } from './forward/headers.ts';
import { addressOf, checkTarget, readAddress, shownAddress } from './forward/target.ts';
import { type Trouble, troubleOf } from './forward/trouble.ts';
import type { KeptDelivery } from './kept.ts';
import type { ForwardFields } from './line.ts';

/** How long the app may take for its whole answer. */
const FORWARD_TIMEOUT_MS = 30_000;
/** Of an answer; what follows is not read. */
const MAX_APP_ANSWER_BYTES = 1024 * 1024;
/** To one app at once. */
export const FORWARD_CONNECTIONS = 64;

/** Statuses that can be the last word of an HTTP answer. */
const FIRST_FINAL_STATUS = 200;
const LAST_STATUS = 599;
const BAD_GATEWAY = 502;

/** Of a delivery whose record was changed by other hands. */
const UNREADABLE: Trouble = {
  message: 'what is kept as its address is none',
  answerStatus: BAD_GATEWAY,
};

interface Route {
  readonly matches: (eventType: string) => boolean;
  readonly url: URL;
}

export interface ForwardTargets {
  /** For what no route takes; null: that is not forwarded. */
  readonly default: URL | null;
  /** The first that matches is taken. */
  readonly routes: readonly Route[];
}

export interface ForwarderOptions {
  /** Pooled: its number of connections bounds what one app gets at once. */
  readonly send: Send;
  readonly targets: ForwardTargets;
  /** Added, for the origins of `targets` alone; in place of those of the delivery with the same name. */
  readonly headers: KeptDelivery['headers'];
  /** The path that deliveries come to: what follows it is added to the target's own path. */
  readonly root: string;
  readonly clock: Clock;
  readonly timeoutMs?: number | undefined;
  readonly maxAnswerBytes?: number | undefined;
}

/** What came of one attempt. */
export interface Forwarded {
  /** `attempts` is 1: whoever made others before adds them. */
  readonly forward: ForwardFields;
  /** For the sender of the delivery: the app's own, 502 where it cannot be reached, 504 where it is late. */
  readonly answerStatus: number;
}

export interface Forwarder {
  /** Where a delivery goes, whole; null: deliveries of this type are not forwarded. */
  addressOf(delivery: KeptDelivery, eventType: string | null): string | null;
  /**
   * Sends a delivery on, once, to exactly that address. Rejects with the signal's reason alone; whatever else goes
   * wrong is in the result.
   */
  forward(delivery: KeptDelivery, address: string, signal: AbortSignal): Promise<Forwarded>;
}

/** Throws Failure `usage` for a target or a header that cannot be used. */
export function createForwarder(options: ForwarderOptions): Forwarder {
  const { targets, headers, root } = options;
  checkHeaders(headers);
  const urls = [targets.default, ...targets.routes.map(({ url }) => url)].filter((url) => url !== null);
  for (const url of urls) checkTarget(url);
  const origins = new Set(urls.map(({ origin }) => origin));
  return {
    addressOf: (delivery, eventType) => {
      const url = targetOf(targets, eventType);
      return url && addressOf(delivery, url, root);
    },
    forward: (delivery, address, signal) => attempt(options, origins, { delivery, address, signal }),
  };
}

/** Of deliveries of a type; null: they are not forwarded. */
export function targetOf({ routes, default: usual }: ForwardTargets, eventType: string | null): URL | null {
  const route = eventType === null ? undefined : routes.find(({ matches }) => matches(eventType));
  return route ? route.url : usual;
}

/** 2xx: anything else is worth another attempt. */
export function isDelivered({ status }: ForwardFields): boolean {
  return isSuccess(status);
}

interface Errand {
  readonly delivery: KeptDelivery;
  readonly address: string;
  readonly signal: AbortSignal;
}

async function attempt(
  options: ForwarderOptions,
  origins: ReadonlySet<string>,
  { delivery, address, signal }: Errand,
): Promise<Forwarded> {
  const { send, clock, headers, timeoutMs = FORWARD_TIMEOUT_MS } = options;
  const startedMs = clock.now();
  // A moved clock is no reason for a negative duration.
  const about = () => ({ url: shownAddress(address), duration_ms: Math.max(0, clock.now() - startedMs) });
  const place = readAddress(address);
  if (place === null) return unanswered(about(), UNREADABLE);
  const { origin, target } = place;
  try {
    const response = await send({
      method: delivery.method,
      url: origin,
      target,
      // They may be secrets: one that an earlier run owes goes to another app without them.
      headers: forwardedHeaders(delivery.headers, origins.has(origin.origin) ? headers : []),
      ...(delivery.body.byteLength === 0 ? {} : { body: delivery.body }),
      timeoutMs,
      maxBodyBytes: options.maxAnswerBytes ?? MAX_APP_ANSWER_BYTES,
      cutsBody: true,
      signal,
    });
    return answered(response, about());
  } catch (error) {
    signal.throwIfAborted();
    return unanswered(about(), troubleOf(error, origin, timeoutMs));
  }
}

type About = Pick<ForwardFields, 'url' | 'duration_ms'>;

function unanswered(about: About, { message, answerStatus }: Trouble): Forwarded {
  return { forward: { ...about, status: null, error: message, attempts: 1, body: null }, answerStatus };
}

function answered({ status, headers, body }: HttpResponse, about: About): Forwarded {
  const forward = { ...about, status, error: null, attempts: 1, body: null };
  if (isDelivered(forward)) return { forward, answerStatus: status };
  const isFinal = status >= FIRST_FINAL_STATUS && status <= LAST_STATUS;
  return {
    forward: { ...forward, body: excerpt(body, headers['content-encoding']) },
    answerStatus: isFinal ? status : BAD_GATEWAY,
  };
}
