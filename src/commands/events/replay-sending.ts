import type { Context } from '../../cli/context.ts';
import { isSuccess } from '../../http/status.ts';
import type { Outcome, Outgoing } from '../../sending/attempt.ts';
import { howStopped } from '../trigger/view.ts';
import type { Prepare, Prepared } from './replay-outgoing.ts';
import type { Order, Selection } from './replay-selection.ts';
import { hintFor, type Replayed, type ReplayedEvent } from './replay-view.ts';

interface Round {
  readonly selection: Selection;
  readonly outgoing: Prepare;
  /** Null: each to where it was forwarded. */
  readonly to: string | null;
  readonly isResigned: boolean;
  readonly order: Order | undefined;
  /** How often all of them are gone through, and how often each is sent in a row. */
  readonly times: number;
  readonly copies: number;
  readonly concurrency: number;
  /** Between deliveries. */
  readonly delayMs: number;
}

/** Sends all that is selected, and counts; an interruption ends it early, with what was done so far. */
export async function sendRound(context: Context, round: Round): Promise<Replayed> {
  const { clock, signal, talk } = context;
  const { Tally } = await import('../../sending/tally.ts');
  const tally = new Tally();
  const events = new Events();
  const total = round.selection.count * round.times * round.copies;
  const progress = total > 1 ? talk.progress('Sending', total) : null;
  const startedMs = clock.now();
  try {
    for await (const outcome of outcomes(context, round, events)) {
      tally.add(outcome);
      events.note(outcome);
      progress?.advance();
    }
  } finally {
    progress?.end();
  }
  const summary = tally.summary(clock.now() - startedMs);
  if (summary.sent < total && !signal.aborted) {
    talk.warn(`${total - summary.sent} deliveries were not made: the inbox let their events go meanwhile`);
  }
  const hint = tally.firstFailure && hintFor(tally.firstFailure, round.isResigned);
  const stopped = signal.aborted ? howStopped(signal.reason) : null;
  return { to: round.to, ...summary, events: events.all(), hint, stopped };
}

async function* outcomes(context: Context, round: Round, events: Events): AsyncGenerator<Outcome> {
  const { clock, env, signal } = context;
  const { concurrency } = round;
  const { sendMany } = await import('../../sending/send-many.ts');
  const { createPooledSend } = await import('../../http.ts');
  const timeoutMs = (await context.settings()).timeoutMs.value;
  // Also for a single one: the other client adds a header.
  const pool = createPooledSend({ env, connections: concurrency });
  try {
    const sending = { send: pool.send, clock, timeoutMs, concurrency, signal };
    yield* sendMany({ ...sending, deliveries: deliveries(context, round, events) });
  } finally {
    await pool.close();
  }
}

async function* deliveries(
  { clock, signal }: Context,
  { selection, outgoing, order, times, copies, delayMs }: Round,
  events: Events,
): AsyncGenerator<Outgoing, void, undefined> {
  let isFirst = true;
  for await (const kept of repeated(() => selection.read(order), times)) {
    for (let copy = 0; copy < copies; copy += 1) {
      if (!isFirst && delayMs > 0) await clock.sleep(delayMs, signal).catch(() => undefined);
      if (signal.aborted) return;
      isFirst = false;
      const prepared = await outgoing(kept);
      events.enter(prepared);
      yield prepared.delivery;
    }
  }
}

async function* repeated<T>(read: () => AsyncIterable<T>, times: number): AsyncGenerator<T> {
  for (let round = 0; round < times; round += 1) yield* read();
}

/** What became of each event; as many as the inbox holds at most. */
class Events {
  readonly #byId = new Map<string, ReplayedEvent>();

  enter({ event }: Prepared): void {
    if (this.#byId.has(event.id)) return;
    const nothing = { status: null, duration_ms: null, error: null, body: null };
    this.#byId.set(event.id, { ...event, sent: 0, succeeded: 0, ...nothing });
  }

  note({ id, status, duration_ms, error, body }: Outcome): void {
    const event = this.#byId.get(id);
    if (event === undefined) return;
    // The first failure stays.
    const told = event.succeeded < event.sent ? {} : { status, duration_ms, error, body };
    const succeeded = event.succeeded + (isSuccess(status) ? 1 : 0);
    this.#byId.set(id, { ...event, ...told, sent: event.sent + 1, succeeded });
  }

  all(): readonly ReplayedEvent[] {
    return [...this.#byId.values()].filter(({ sent }) => sent > 0);
  }
}
