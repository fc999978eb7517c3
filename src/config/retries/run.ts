import { openAppendLog } from '../../append-log.ts';
import { doneRecord, type PlannedRetry, Replayed, type RetryEnding, type Standing } from './records.ts';

/** A bulk retry of this process: what was planned and how far it is, and where each step is written down. */
export interface RetryRun {
  readonly planned: readonly PlannedRetry[];
  /** As it was when the run was opened. */
  standingOf(id: string): Standing;
  /** On disk on return, as are the others. Throws Failure `store_unwritable`. */
  begin(id: string): Promise<void>;
  done(id: string, ending: RetryEnding): Promise<void>;
  /** As if it had not begun. */
  back(id: string): Promise<void>;
  /** Nothing is left to do: the journal goes. */
  finish(): Promise<void>;
  /** The rest is left to whoever resumes it. */
  leave(): Promise<void>;
}

interface Kept {
  readonly path: string;
  /** Entries planned. */
  readonly count: number;
}

interface Ends {
  readonly finish: () => void;
  readonly leave: () => void;
}

export async function openRun(
  { path, count }: Kept,
  ends: Ends,
  onDamage: (message: string) => void,
): Promise<RetryRun> {
  const replayed = new Replayed();
  const log = await openAppendLog(path, { onRecord: (record) => replayed.take(record) });
  const { damagedLines, setAsidePath } = log.damage;
  if (damagedLines > 0) {
    onDamage(`${path} had ${damagedLines} damaged lines, and was copied to ${setAsidePath} as it was found`);
  }
  const lost = count - replayed.planned.length;
  if (lost > 0) {
    onDamage(`${lost} of the ${count} entries of this retry are lost with damaged lines: choose them anew`);
  }
  return {
    planned: replayed.planned,
    standingOf: (id) => {
      const standing = replayed.standings.get(id) ?? 'open';
      // A damaged line may have said that it had begun.
      return damagedLines > 0 && standing === 'open' ? 'begun' : standing;
    },
    begin: (id) => log.append({ begin: id }),
    done: (id, ending) => log.append(doneRecord(id, ending)),
    back: (id) => log.append({ back: id }),
    async finish() {
      await log.close();
      ends.finish();
    },
    async leave() {
      await log.close();
      ends.leave();
    },
  };
}
