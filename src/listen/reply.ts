import type { Clock } from '../clock.ts';
import type { Answer, ReceivedRequest } from '../serve.ts';
import { acceptance, STOPPING } from './answer.ts';
import type { Forwarder } from './forward.ts';
import type { KeptDelivery } from './kept.ts';
import type { ForwardFields } from './line.ts';
import type { Owed } from './owed.ts';

/** What an accepted delivery is answered, and what came of it until then. */
export interface Reply {
  readonly answer: Answer;
  readonly forward: ForwardFields | null;
  /** Where it is still to be forwarded to, after the answer. */
  readonly owedTo: URL | null;
}

/** The signal of `request` aborts when the sender goes away. */
export type ReplyTo = (
  delivery: KeptDelivery,
  eventType: () => string | null,
  request: Pick<ReceivedRequest, 'signal'>,
) => Promise<Reply>;

interface ReplyOptions {
  readonly statuses?: readonly number[] | undefined;
  readonly delayMs?: number | undefined;
}

/** These statuses one after the other, each after the delay; the last one stays. Default: 200 at once. */
export function replyInTurn(clock: Clock, { statuses = [], delayMs = 0 }: ReplyOptions = {}): ReplyTo {
  let replied = 0;
  return async (_delivery, _eventType, request) => {
    const status = statuses[Math.min(replied, statuses.length - 1)] ?? 200;
    replied++;
    // Who goes away while waiting is answered all the same: nobody hears it.
    if (delayMs > 0) await clock.sleep(delayMs, request.signal).catch(() => undefined);
    return { answer: acceptance(status), forward: null, owedTo: null };
  };
}

/** The app's own status; `otherwise` for what no target takes. */
export function replyAfterForward(forwarder: Forwarder, stop: AbortSignal, otherwise: ReplyTo): ReplyTo {
  return async (delivery, eventType, request) => {
    const url = forwarder.targetOf(eventType());
    if (url === null) return otherwise(delivery, eventType, request);
    // The app gets it even if its sender has gone meanwhile.
    const { forward, answerStatus } = await forwarder.forward(delivery, url, stop);
    return { answer: acceptance(answerStatus), forward, owedTo: null };
  };
}

/** 200 at once: the app gets it after the answer. */
export function replyOnReceipt(
  { targetOf }: Pick<Forwarder, 'targetOf'>,
  owed: Pick<Owed, 'isFull'>,
  otherwise: ReplyTo,
): ReplyTo {
  return async (delivery, eventType, request) => {
    const owedTo = targetOf(eventType());
    if (owedTo === null) return otherwise(delivery, eventType, request);
    if (owed.isFull) return { answer: STOPPING, forward: null, owedTo: null };
    return { answer: acceptance(200), forward: null, owedTo };
  };
}
