import type { Clock } from '../clock.ts';
import type { Answer, ReceivedRequest } from '../serve.ts';
import { acceptance, STOPPING } from './answer.ts';
import type { Forwarder } from './forward.ts';
import type { Amendment, KeptDelivery } from './kept.ts';
import type { Owed } from './owed.ts';

/** How an accepted delivery is answered, in two steps: what is kept of it first, and what comes after that. */
export interface Reply {
  readonly known: Partial<Pick<KeptDelivery, 'status' | 'owedTo' | 'sentTo'>>;
  /** Once it is on disk. */
  finish(kept: KeptDelivery): Promise<Finished>;
}

interface Finished {
  readonly answer: Answer;
  /** What became known of it meanwhile. */
  readonly change: Amendment | null;
}

/** Null: it cannot be taken now. The signal of `request` aborts when the sender goes away. */
export type ReplyTo = (
  delivery: KeptDelivery,
  eventType: () => string | null,
  request: Pick<ReceivedRequest, 'signal'>,
) => Reply | null;

interface ReplyOptions {
  readonly statuses?: readonly number[] | undefined;
  readonly delayMs?: number | undefined;
}

/** These statuses one after the other, each after the delay; the last one stays. Default: 200 at once. */
export function replyInTurn(clock: Clock, { statuses = [], delayMs = 0 }: ReplyOptions = {}): ReplyTo {
  let replied = 0;
  return (_delivery, _eventType, request) => {
    const status = statuses[Math.min(replied, statuses.length - 1)] ?? 200;
    replied++;
    return {
      known: { status },
      async finish() {
        // Who goes away while waiting is answered all the same: nobody hears it.
        if (delayMs > 0) await clock.sleep(delayMs, request.signal).catch(() => undefined);
        return { answer: acceptance(status), change: null };
      },
    };
  };
}

/** What is kept as the status until there is one. */
export const NOT_ANSWERED = 0;

/** The app's own status; `otherwise` for what no target takes. `stop` ends what is under way, which is then not taken. */
export function replyAfterForward(forwarder: Forwarder, stop: AbortSignal, otherwise: ReplyTo): ReplyTo {
  return (delivery, eventType, request) => {
    const address = forwarder.addressOf(delivery, eventType());
    if (address === null) return otherwise(delivery, eventType, request);
    return {
      known: { status: NOT_ANSWERED, sentTo: address },
      async finish(kept) {
        try {
          // The app gets it even if its sender has gone meanwhile.
          const { forward, answerStatus: status } = await forwarder.forward(kept, address, stop);
          return { answer: acceptance(status), change: { status, forward } };
        } catch (error) {
          if (stop.aborted) return { answer: STOPPING, change: null };
          throw error;
        }
      },
    };
  };
}

/** 200 at once: the app gets it after the answer. */
export function replyOnReceipt(
  forwarder: Pick<Forwarder, 'addressOf'>,
  owed: Pick<Owed, 'isFull' | 'add'>,
  otherwise: ReplyTo,
): ReplyTo {
  return (delivery, eventType, request) => {
    const address = forwarder.addressOf(delivery, eventType());
    if (address === null) return otherwise(delivery, eventType, request);
    if (owed.isFull) return null;
    return {
      known: { status: 200, owedTo: address, sentTo: address },
      async finish(kept) {
        owed.add(kept);
        return { answer: acceptance(200), change: null };
      },
    };
  };
}
