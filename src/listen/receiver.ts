import { randomUUID } from 'node:crypto';
import { Failure } from '../errors.ts';
import type { Answer, Handler, ReceivedRequest } from '../serve.ts';
import { acceptance, answerAside, isAccepted, NOT_KEPT, refusal, STOPPING } from './answer.ts';
import { Channel } from './channel.ts';
import { Judge, type JudgeOptions } from './judge.ts';
import type { KeptDelivery } from './kept.ts';
import { Ledger } from './ledger.ts';
import type { EventLine, ForwardLine, ProblemLine, SchemeLine, SummaryLine } from './line.ts';
import type { ReplyTo } from './reply.ts';
import { Taken } from './taken.ts';
import { isAtOrBelow, splitTarget } from './target.ts';

/** What may wait for a slow reader; deliveries beyond it wait for their answers. */
export const QUEUE_BOUNDS = { maxItems: 1_024, maxBytes: 16 * 1024 * 1024 } as const;
/** What a queued delivery takes beyond its body and headers, roughly. */
const DELIVERY_OVERHEAD_BYTES = 1_024;
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
  /** Hears a delivery that was kept and is owed to the app. */
  readonly owe?: ((delivery: KeptDelivery) => void) | undefined;
  /** Others are verified, kept and answered, and have no line. Default: all. */
  readonly isWanted?: ((eventType: string | null) => boolean) | undefined;
  /** Later deliveries are answered 503, so that their sender keeps them. */
  readonly maxDeliveries?: number | undefined;
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

  /** After the answer. Of refused deliveries those are kept that are explained: a flood must not drive out the good. */
  #explained(taken: Taken): Taken {
    const signature = this.#judge.explain(taken.kept);
    if (signature === null) return taken;
    const explained = taken.with({ signature });
    this.#options.keep?.(explained.kept).catch((error: unknown) => this.#notKept(error));
    return explained;
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
    if (this.#taken >= (this.#options.maxDeliveries ?? Number.POSITIVE_INFINITY)) return STOPPING;
    this.#taken++;
    let isTaken = false;
    try {
      const draft = new Taken(await this.#examine(request, path, query));
      if (!this.#isWanted(draft)) return await this.#passBy(draft);
      const { taken, answer } = await this.#answer(draft, request);
      if (answer === NOT_KEPT || answer === STOPPING) return answer;
      isTaken = await this.#queue(taken, request);
      return isTaken ? answer : STOPPING;
    } finally {
      if (!isTaken) this.#taken--;
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
    };
  }

  #isWanted(taken: Taken): boolean {
    const { isWanted } = this.#options;
    return isWanted === undefined || isWanted(taken.envelope().eventType);
  }

  /** Answered as it should be, and kept, but none of those that were asked for. */
  async #passBy({ kept }: Taken): Promise<Answer> {
    if (!kept.accepted) return refusal(kept.signature);
    return (await this.#keep(kept)) ? acceptance(kept.status) : NOT_KEPT;
  }

  async #answer(
    draft: Taken,
    request: ReceivedRequest,
  ): Promise<{ readonly taken: Taken; readonly answer: Answer }> {
    if (!draft.kept.accepted) return { taken: draft, answer: refusal(draft.kept.signature) };
    const eventType = (): string | null => draft.envelope().eventType;
    const { answer, forward, owedTo } = await this.#options.reply(draft.kept, eventType, request);
    const taken = draft.with({ status: answer.status, forward, owedTo: owedTo?.href ?? null });
    if (answer === STOPPING) return { taken, answer };
    if (!(await this.#keep(taken.kept))) return { taken, answer: NOT_KEPT };
    if (owedTo !== null) this.#options.owe?.(taken.kept);
    return { taken, answer };
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

  /** What is on disk has its line, whether or not its sender still waits for the answer. */
  #queue(taken: Taken, request: ReceivedRequest): Promise<boolean> {
    const isOnDisk = this.#options.keep !== undefined || taken.kept.forward !== null;
    return this.#channel.push(taken, sizeOf(taken.kept), isOnDisk ? undefined : request.signal);
  }
}

function sizeOf({ headers, body }: KeptDelivery): number {
  const headerBytes = headers.reduce((sum, [name, value]) => sum + name.length + value.length, 0);
  return DELIVERY_OVERHEAD_BYTES + headerBytes + body.byteLength;
}
