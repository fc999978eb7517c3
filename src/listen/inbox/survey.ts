import { stat } from 'node:fs/promises';
import type { Clock } from '../../clock.ts';
import { Catalogue } from './catalogue.ts';
import { isClaimed } from './claims.ts';
import { noDamage } from './segment-file.ts';
import { inboxFolder, listSegments, type Writer } from './segments.ts';
import { isGone, type Processes } from './writers.ts';

export interface Survey {
  readonly deliveries: number;
  readonly bytes: number;
  /** Acknowledged and not yet forwarded, by processes that are gone; nobody has taken it over. */
  readonly owed: number;
  /** Records that cannot be read; the unfinished last one of a killed writer is none. */
  readonly damaged: number;
}

interface SurveyOptions {
  readonly dataDir: string;
  readonly processes: Processes;
  readonly clock: Pick<Clock, 'now'>;
  readonly signal: AbortSignal;
}

/** What is in the inbox; reads all of it but the bodies. Throws Failure `store_unwritable`, or the signal's reason. */
export async function surveyInbox(options: SurveyOptions): Promise<Survey> {
  const folder = inboxFolder(options.dataDir);
  const damage = noDamage();
  let deliveries = 0;
  const catalogue = await Catalogue.make(folder, damage, () => {
    options.signal.throwIfAborted();
    deliveries += 1;
    return true;
  });
  const owed = await owedByGone(catalogue, folder, options);
  return { deliveries, bytes: await sizeOf(folder), owed, damaged: damage.damagedRecords };
}

async function owedByGone(catalogue: Catalogue, folder: string, options: SurveyOptions): Promise<number> {
  const { processes, clock, signal } = options;
  const owing = new Map<string, { readonly writer: Writer; count: number }>();
  const noteOwing: Parameters<Catalogue['read']>[1] = ({ owedTo }, { writer }) => {
    signal.throwIfAborted();
    const { count } = owing.get(writer.token) ?? { count: 0 };
    if (owedTo !== null) owing.set(writer.token, { writer, count: count + 1 });
    return false;
  };
  // Wanted by nobody: no body is read.
  for await (const _none of catalogue.read(false, noteOwing));
  let owed = 0;
  for (const { writer, count } of owing.values()) {
    const isLeft = catalogue.ended.has(writer.token) || isGone(writer, processes);
    if (isLeft && !(await isClaimed(folder, writer.token, processes, clock.now()))) owed += count;
  }
  return owed;
}

async function sizeOf(folder: string): Promise<number> {
  const sizes = (await listSegments(folder)).map(({ path }) =>
    stat(path).then(
      ({ size }) => size,
      () => 0,
    ),
  );
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}
