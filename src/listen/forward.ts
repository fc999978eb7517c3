import type { Clock } from '../clock.ts';
import { excerpt } from '../http/excerpt.ts';
import type { HttpResponse, Send } from '../http.ts';
import { checkHeaders, forwardedHeaders } from './forward/headers.ts';
import { checkTarget, wireTargetOf } from './forward/target.ts';
import { troubleOf } from './forward/trouble.ts';
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
  /** Added; in place of those of the delivery with the same name. */
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
  /** Null: deliveries of this type are not forwarded. */
  targetOf(eventType: string | null): URL | null;
  /** Sends a delivery on, once. Rejects with the signal's reason alone; whatever else goes wrong is in the result. */
  forward(delivery: KeptDelivery, url: URL, signal: AbortSignal): Promise<Forwarded>;
}

/** Throws Failure `usage` for a target or a header that cannot be used. */
export function createForwarder(options: ForwarderOptions): Forwarder {
  const { targets, headers } = options;
  checkHeaders(headers);
  for (const url of [targets.default, ...targets.routes.map((route) => route.url)]) if (url) checkTarget(url);
  return {
    targetOf: (eventType) => {
      const route = eventType === null ? undefined : targets.routes.find(({ matches }) => matches(eventType));
      return route ? route.url : targets.default;
    },
    forward: (delivery, url, signal) => attempt(options, delivery, url, signal),
  };
}

/** 2xx: anything else is worth another attempt. */
export function isDelivered({ status }: ForwardFields): boolean {
  return status !== null && status >= 200 && status < 300;
}

async function attempt(
  options: ForwarderOptions,
  delivery: KeptDelivery,
  url: URL,
  signal: AbortSignal,
): Promise<Forwarded> {
  const { send, clock, root, headers, timeoutMs = FORWARD_TIMEOUT_MS } = options;
  const startedMs = clock.now();
  const target = wireTargetOf(delivery, url, root);
  // A moved clock is no reason for a negative duration.
  const about = () => ({ url: shown(url, target), duration_ms: Math.max(0, clock.now() - startedMs) });
  try {
    const response = await send({
      method: delivery.method,
      url,
      target,
      headers: forwardedHeaders(delivery.headers, headers),
      ...(delivery.body.byteLength === 0 ? {} : { body: delivery.body }),
      timeoutMs,
      maxBodyBytes: options.maxAnswerBytes ?? MAX_APP_ANSWER_BYTES,
      cutsBody: true,
      signal,
    });
    return answered(response, about());
  } catch (error) {
    signal.throwIfAborted();
    const { message, answerStatus } = troubleOf(error, url, timeoutMs);
    return { forward: { ...about(), status: null, error: message, attempts: 1, body: null }, answerStatus };
  }
}

function answered(
  { status, headers, body }: HttpResponse,
  about: Pick<ForwardFields, 'url' | 'duration_ms'>,
): Forwarded {
  const forward = { ...about, status, error: null, attempts: 1, body: null };
  if (isDelivered(forward)) return { forward, answerStatus: status };
  const isFinal = status >= FIRST_FINAL_STATUS && status <= LAST_STATUS;
  return {
    forward: { ...forward, body: excerpt(body, headers['content-encoding']) },
    answerStatus: isFinal ? status : BAD_GATEWAY,
  };
}

/** Without the query: it may hold a token. */
function shown(url: URL, target: string): string {
  return url.origin + target.replace(/\?.*$/s, '');
}
