import { duration } from './format.ts';
import type { Model, Replayed } from './model.ts';

/** Of one delivery, kept for as long as the page is open. */
const MAX_REPLAYS = 20;
export const REPLAY_TARGET = 'replay-to';

/** Sends the selected delivery again and says what became of it. */
export async function replay(model: Model, isResigned: boolean): Promise<void> {
  const { selected, deliveries, state, replayTo, isReplaying, notices } = model;
  const id = selected.get();
  if (id === null || isReplaying.get()) return;
  const to = replayTo.get().trim();
  const forward = deliveries.rows.get().find((known) => known.id === id)?.forward;
  if (to === '' && state.forward_to === null && forward === null) return askWhere(model);
  isReplaying.set(true);
  try {
    const outcome = await model.server.replay(id, { to: to === '' ? null : to, resign: isResigned });
    keep(model, id, { outcome, isResigned });
    const what = isResigned ? 'Replayed with a new signature' : 'Replayed';
    const { status, duration_ms: tookMs } = outcome;
    notices.say(`${what}: ${status === null ? 'no answer' : `${status} in ${duration(tookMs)}`}`);
  } catch (error) {
    notices.fail(error);
  }
  isReplaying.set(false);
}

function askWhere({ notices }: Model): void {
  document.getElementById(REPLAY_TARGET)?.focus();
  notices.say('Say where to send it');
}

function keep({ replays }: Model, id: string, replayed: Replayed): void {
  const kept = [...(replays.get().get(id) ?? []), replayed].slice(-MAX_REPLAYS);
  replays.set(new Map(replays.get()).set(id, kept));
}
