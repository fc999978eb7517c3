import { duration } from './format.ts';
import type { Model, Replayed, ReplayTarget } from './model.ts';

/** Of one delivery, kept for as long as the page is open. */
const MAX_REPLAYS = 20;
export const REPLAY_TARGET = 'replay-to';

/** Sends the selected delivery again and says what became of it. */
export async function replay(model: Model, isResigned: boolean): Promise<void> {
  const { selected, replayTo, isReplaying, notices } = model;
  const id = selected.get();
  if (id === null || isReplaying.get()) return;
  const target = replayTo.get();
  const to = target?.id === id ? addressIn(target) : USUAL;
  if (to === '') return askWhere(model);
  isReplaying.set(true);
  try {
    const outcome = await model.server.replay(id, { to, resign: isResigned });
    keep(model, id, { outcome, isResigned });
    const what = isResigned ? 'Replayed with a new signature' : 'Replayed';
    const { status, duration_ms: tookMs } = outcome;
    notices.succeed(`${what}: ${status === null ? 'no answer' : `${status} in ${duration(tookMs)}`}`);
  } catch (error) {
    notices.fail(error);
  }
  isReplaying.set(false);
}

/** The server knows where; and whole, with what is not shown of it. */
const USUAL = null;

/** Empty: nowhere. */
function addressIn({ usual, typed }: ReplayTarget): string | null {
  const address = (typed ?? usual ?? '').trim();
  return address !== '' && address === usual ? USUAL : address;
}

function askWhere({ notices }: Model): void {
  document.getElementById(REPLAY_TARGET)?.focus();
  notices.say('Say where to send it');
}

function keep({ replays }: Model, id: string, replayed: Replayed): void {
  const kept = [...(replays.get().get(id) ?? []), replayed].slice(-MAX_REPLAYS);
  replays.set(new Map(replays.get()).set(id, kept));
}
