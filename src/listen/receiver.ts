import { randomUUID } from 'node:crypto';
import { Failure } from '../errors.ts';
import type { Answer, Handler, ReceivedRequest } from '../serve.ts';
import { answerAside, isAccepted, NOT_KEPT, refusal, STOPPING } from './answer.ts';
import { Channel } from './channel.ts';
import { Judge, type JudgeOptions } from './judge.ts';
import type { Amendment, KeptDelivery } from './kept.ts';
import { Ledger } from './ledger.ts';
import type { EventLine, ForwardLine, ProblemLine, SchemeLine, SummaryLine } from './line.ts';
import type { ReplyTo } from './reply.ts';
import { Taken } from './taken.ts';
import { isAtOrBelow, splitTarget } from './target.ts';

/** What may wait for a slow reader; deliveries beyond it wait for their answers. */
export const QUEUE_BOUNDS = { maxItems: 1_024, maxBytes: 16 * 1024 * 1024 } as const;
/** What a queued delivery takes beyond its body and headers, roughly. */
const DELIVERY_OVERHEAD_BYTES = 1_024;
/** Of deliveries that did not verify, in one run. */
const MAX_REFUSED_KEPT = 500;
const MAX_REFUSED_BYTES = 16 * 1024 * 1024;
/** Different problems that are told; a flood of more would say no more. */
const MAX_PROBLEMS = 100;

const REFUSALS: Readonly<Record<number, string>> = {
  400: 'Something was sent that is not HTTP: refused with 400 (https sent to a receiver without --tls-cert looks so, too)',
  408: 'A request did not come whole in time: refused with 408',
  413: 'A body was larger than --max-body: refused with 413',
  431: 'A request had too many or too long headers: refused with 431',
};

export interface ReceiverOptions extends JudgeOptions {
  /** Deliveries at this path and below it are taken. */
  readonly path: string;
  readonly reply: ReplyTo;
  /** Has a delivery on disk on return. A delivery that cannot be kept is answered 503. */
  readonly keep?: ((delivery: KeptDelivery) => Promise<void>) | undefined;
  /** Has on disk what became known of it afterwards. */
  readonly amend?: ((id: string, change: Amendment) => Promise<void>) | undefined;
  /** Others are treated alike, but have no line and are not counted. Default: all. */
  readonly isWanted?: ((eventType: string | null) => boolean) | undefined;
  /** Later deliveries are answered 503, so that their sender keeps them. */
  readonly maxDeliveries?: number | undefined;
}

interface Answered {
  readonly taken: Taken | null;
  readonly answer: Answer;
}

type Said = SchemeLine | ForwardLine | ProblemLine;

/**
 * Takes deliveries in: decides each answer first and parses later, when the delivery is read. Each delivery that
 * got its answer is read exactly once.
 */
export class Receiver {
  readonly #options: ReceiverOptions;
  readonly #judge: Judge;
  readonly #channel = new Channel<Taken | Said>(QUEUE_BOUNDS);
  readonly #ledger = new Ledger();
  readonly #problems = new Set<string>();
  #taken = 0;
  #refused = 0;
  #refusedBytes = 0;

  constructor(options: ReceiverOptions) {
    this.#options = options;
    this.#judge = new Judge(options, {
      onScheme: (line) => this.#say(line),
      onProblem: (error, otherwise) => this.report(error, otherwise),
    });
  }

  readonly handler: Handler = async (request) => {
    const { path, query } = splitTarget(request.target);
    const { path: root } = this.#options;
    const isHere = isAtOrBelow(path, root);
    if (!isHere && request.method === 'POST') {
      this.#tell(`A request was answered 404: deliveries are taken at ${root} and below it, see --path`);
    }
    const aside = answerAside(request.method, isHere);
    return aside ?? this.#receive(request, path, query);
  };

  /** For one reader; ends after `close`, with what was taken in before. */
  async *lines(): AsyncGenerator<EventLine | Said, void, undefined> {
    for await (const item of this.#channel.read()) {
      if (item instanceof Taken) yield this.#ledger.enter(this.#explained(item).kept, item.envelope());
      else yield item.type === 'forward' ? this.#ledger.enterForward(item) : item;
    }
  }

  /** After the answer. */
  #explained(taken: Taken): Taken {
    const signature = this.#judge.explain(taken.kept);
    const explained = signature === null ? taken : taken.with({ signature });
    if (!taken.kept.accepted) this.#keepRefused(explained.kept);
    return explained;
  }

  /** The first of a run: a flood of forged ones must not drive the good ones out of the inbox. */
  #keepRefused(refused: KeptDelivery): void {
    const { keep } = this.#options;
    const bytes = this.#refusedBytes + refused.body.byteLength;
    if (!keep || this.#refused >= MAX_REFUSED_KEPT || bytes > MAX_REFUSED_BYTES) return;
    this.#refused++;
    this.#refusedBytes = bytes;
    keep(refused).catch((error: unknown) => this.#notKept(error));
  }

  /** Tells the reader, once for each message; `otherwise` for an error whose text was not written for people. */
  report(error: unknown, otherwise: string): void {
    this.#tell(error instanceof Failure ? error.message : otherwise);
  }

  #tell(message: string): void {
    if (this.#problems.has(message) || this.#problems.size >= MAX_PROBLEMS) return;
    this.#problems.add(message);
    this.#say({ type: 'problem', message });
  }

  /** A request that was none, or went beyond a bound. */
  reportRefused(status: number): void {
    this.#tell(REFUSALS[status] ?? `A request was refused with ${status}`);
  }

  /** An attempt at forwarding what was owed. */
  async forwarded(line: ForwardLine): Promise<void> {
    await this.#channel.push(line, DELIVERY_OVERHEAD_BYTES);
  }

  /** One that an earlier run owes the app. */
  owes(): void {
    this.#ledger.owe();
  }

  /** One that was owed to the app, and is no longer in the inbox. */
  lost(): void {
    this.#ledger.lose();
  }

  #say(line: Said): void {
    void this.#channel.push(line, DELIVERY_OVERHEAD_BYTES);
  }

  /** Of the events read so far. */
  summary(): SummaryLine {
    return this.#ledger.summary();
  }

  /** Deliveries are answered 503 from now on. */
  close(): void {
    this.#channel.close();
  }

  async #receive(request: ReceivedRequest, path: string, query: string | null): Promise<Answer> {
    const sizeBytes = sizeOf(request);
    if (!(await this.#channel.reserve(sizeBytes, () => request.signal))) return STOPPING;
    if (this.#taken >= (this.#options.maxDeliveries ?? Number.POSITIVE_INFINITY)) {
      this.#channel.release(sizeBytes);
      return STOPPING;
    }
    this.#taken++;
    let isQueued = false;
    try {
      const { taken, answer } = await this.#answer(await this.#examine(request, path, query), request);
      isQueued = taken !== null && this.#isWanted(taken) && this.#channel.put(taken, sizeBytes);
      return answer;
    } finally {
      if (!isQueued) {
        this.#taken--;
        this.#channel.release(sizeBytes);
      }
    }
  }

  async #examine(
    { method, headers, body }: ReceivedRequest,
    path: string,
    query: string | null,
  ): Promise<KeptDelivery> {
    const receivedMs = this.#options.clock.now();
    const signature = await this.#judge.judge({ headers, body }, receivedMs);
    const accepted = isAccepted(signature, this.#options.policy);
    const about = { method, path, query, headers, body, signature, accepted };
    return {
      id: randomUUID(),
      receivedMs,
      ...about,
      status: accepted ? 200 : 401,
      forward: null,
      owedTo: null,
      sentTo: null,
    };
  }

  /** What was refused is always shown: its type may be forged. */
  #isWanted(taken: Taken): boolean {
    const { isWanted } = this.#options;
    return isWanted === undefined || !taken.kept.accepted || isWanted(taken.envelope().eventType);
  }

  /** Null as taken: it was not, and its sender should send it again. */
  async #answer(draft: KeptDelivery, request: ReceivedRequest): Promise<Answered> {
    const first = new Taken(draft);
    if (!draft.accepted) return { taken: first, answer: refusal(draft.signature) };
    const reply = this.#options.reply(draft, () => first.envelope().eventType, request);
    if (reply === null) return { taken: null, answer: STOPPING };
    const kept = first.with(reply.known);
    if (!(await this.#keep(kept.kept))) return { taken: null, answer: NOT_KEPT };
    const { answer, change } = await reply.finish(kept.kept);
    if (answer === STOPPING) {
      this.#tell('What the app had not answered yet was cut off: its sender was told to send it again');
      return { taken: null, answer };
    }
    if (change === null) return { taken: kept, answer };
    this.#options.amend?.(draft.id, change).catch((error: unknown) => this.#notKept(error));
    return { taken: kept.with(change), answer };
  }

  async #keep(delivery: KeptDelivery): Promise<boolean> {
    try {
      await this.#options.keep?.(delivery);
      return true;
    } catch (error) {
      this.#notKept(error);
      return false;
    }
  }

  #notKept(error: unknown): void {
    this.report(error, 'Deliveries cannot be kept on disk: they are answered 503');
  }
}

function sizeOf({ headers, body }: ReceivedRequest): number {
  const headerBytes = headers.reduce((sum, [name, value]) => sum + name.length + value.length, 0);
  return DELIVERY_OVERHEAD_BYTES + headerBytes + body.byteLength;
}
