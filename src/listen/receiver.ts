import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock.ts';
import { Failure } from '../errors.ts';
import type { Answer, Handler, ReceivedRequest } from '../serve.ts';
import { explain } from '../signing/explain.ts';
import type { Scheme } from '../signing/scheme.ts';
import type { Verdict } from '../signing/verdict.ts';
import { type Candidate, createVerifier, type Verify } from '../signing/verify.ts';
import { acceptance, answerAside, isAccepted, refusal, type SignaturePolicy, STOPPING } from './answer.ts';
import { Channel } from './channel.ts';
import { type Delivery, Ledger } from './ledger.ts';
import type { EventLine, ProblemLine, SummaryLine } from './line.ts';

/** Of deliveries that did not verify: each may cost some 25 ms. */
const MAX_EXPLAINED_A_SECOND = 10;
/** What may wait for a slow reader; deliveries beyond it wait for their answers. */
export const QUEUE_BOUNDS = { maxItems: 1_024, maxBytes: 16 * 1024 * 1024 } as const;
/** What a queued delivery takes beyond its body and headers, roughly. */
const DELIVERY_OVERHEAD_BYTES = 1_024;
/** Different problems that are told; a flood of more would say no more. */
const MAX_PROBLEMS = 100;

export interface ReceiverOptions {
  readonly scheme: Scheme;
  /** The secrets known at the moment; asked for with each delivery, so keep the Secret objects. */
  readonly candidates: () => readonly Candidate[];
  /** Reads the secrets anew before a delivery is found wanting; true when there is something new to try. May reject. */
  readonly renew?: (() => Promise<boolean>) | undefined;
  readonly clock: Clock;
  readonly policy: SignaturePolicy;
  /** Deliveries at this path and below it are taken. */
  readonly path: string;
  /** The statuses of accepted deliveries, one after the other; the last one stays. Default: 200. */
  readonly respond?: readonly number[] | undefined;
  /** Instead of the scheme's own. */
  readonly toleranceMs?: number | undefined;
  /** Later deliveries are answered 503, so that their sender keeps them. */
  readonly maxDeliveries?: number | undefined;
}

/**
 * Takes deliveries in: decides each answer first and parses later, when the delivery is read. Each delivery that
 * got its answer is read exactly once.
 */
export class Receiver {
  readonly #options: ReceiverOptions;
  readonly #verify: Verify;
  readonly #channel = new Channel<Delivery | ProblemLine>(QUEUE_BOUNDS);
  readonly #ledger = new Ledger();
  readonly #problems = new Set<string>();
  readonly #statuses: readonly number[];
  #explaining = { second: 0, count: 0 };
  #taken = 0;
  #accepted = 0;

  constructor(options: ReceiverOptions) {
    this.#options = options;
    this.#verify = createVerifier(options.scheme);
    this.#statuses = options.respond ?? [];
  }

  readonly handler: Handler = async (request) => {
    const { path, query } = splitTarget(request.target);
    const aside = answerAside(request.method, isAtOrBelow(path, this.#options.path));
    return aside ?? this.#receive(request, path, query);
  };

  /** For one reader; ends after `close`, with what was taken in before. */
  async *lines(): AsyncGenerator<EventLine | ProblemLine, void, undefined> {
    for await (const item of this.#channel.read()) {
      yield 'type' in item ? item : this.#ledger.enter(this.#explained(item));
    }
  }

  /** After the answer: looking for the reason may take longer than a sender waits, so only so often a second. */
  #explained(delivery: Delivery): Delivery {
    const { verdict, request, receivedMs } = delivery;
    if (verdict.status !== 'invalid' || !this.#mayExplain()) return delivery;
    const { scheme, candidates } = this.#options;
    const known = { scheme, delivery: request, candidates: candidates(), nowMs: receivedMs };
    const { reason, hint } = explain({ ...known, problem: verdict });
    return { ...delivery, verdict: { ...verdict, reason, hint } };
  }

  #mayExplain(): boolean {
    const second = Math.floor(this.#options.clock.now() / 1000);
    if (second !== this.#explaining.second) this.#explaining = { second, count: 0 };
    this.#explaining.count += 1;
    return this.#explaining.count <= MAX_EXPLAINED_A_SECOND;
  }

  /** Tells the reader, once for each message; `otherwise` for an error whose text was not written for people. */
  report(error: unknown, otherwise: string): void {
    const message = error instanceof Failure ? error.message : otherwise;
    if (this.#problems.has(message) || this.#problems.size >= MAX_PROBLEMS) return;
    this.#problems.add(message);
    void this.#channel.push({ type: 'problem', message }, message.length);
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
    let isQueued = false;
    try {
      const receivedMs = this.#options.clock.now();
      const verdict = await this.#judge(request, receivedMs);
      const accepted = isAccepted(verdict, this.#options.policy);
      const answer = accepted ? acceptance(this.#nextStatus()) : refusal(verdict);
      const { status } = answer;
      const about = { receivedMs, request, path, query, verdict, isAccepted: accepted, status };
      isQueued = await this.#channel.push({ id: randomUUID(), ...about }, sizeOf(request), request.signal);
      return isQueued ? answer : STOPPING;
    } finally {
      if (!isQueued) this.#taken--;
    }
  }

  async #judge(request: ReceivedRequest, nowMs: number): Promise<Verdict> {
    const { policy, candidates, toleranceMs } = this.#options;
    if (policy === 'ignore')
      return { status: 'unverified', hint: 'Signatures are not checked (--no-verify).' };
    const verdict = this.#verify(request, candidates(), { nowMs, toleranceMs });
    if (verdict.status === 'valid' || !(await this.#renew())) return verdict;
    return this.#verify(request, candidates(), { nowMs, toleranceMs });
  }

  /** Secrets that cannot be read anew are no reason to refuse what those known so far can verify. */
  async #renew(): Promise<boolean> {
    try {
      return (await this.#options.renew?.()) ?? false;
    } catch (error) {
      this.report(error, 'The stored secrets could not be read anew');
      return false;
    }
  }

  #nextStatus(): number {
    const status = this.#statuses[Math.min(this.#accepted, this.#statuses.length - 1)];
    this.#accepted++;
    return status ?? 200;
  }
}

/** The target as sent; its origin, which a proxy may have put in front, is cut off. */
function splitTarget(target: string): { readonly path: string; readonly query: string | null } {
  const local = target.replace(/^https?:\/\/[^/?]*/i, '');
  const mark = local.indexOf('?');
  if (mark === -1) return { path: local || '/', query: null };
  return { path: local.slice(0, mark) || '/', query: local.slice(mark + 1) };
}

function isAtOrBelow(path: string, root: string): boolean {
  const base = root.replace(/\/+$/, '');
  return path === base || path.startsWith(`${base}/`);
}

function sizeOf({ headers, body }: ReceivedRequest): number {
  const headerBytes = headers.reduce((sum, [name, value]) => sum + name.length + value.length, 0);
  return DELIVERY_OVERHEAD_BYTES + headerBytes + body.byteLength;
}
