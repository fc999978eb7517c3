import { stat } from 'node:fs/promises';
import { Catalogue } from './catalogue.ts';
import { noDamage } from './segment-file.ts';
import { inboxFolder, listSegments } from './segments.ts';
import { isGone, type Processes } from './writers.ts';

export interface Survey {
  readonly deliveries: number;
  readonly bytes: number;
  /** Acknowledged and not yet forwarded, by processes that are gone. */
  readonly owed: number;
  /** Records that cannot be read; the unfinished last one of a killed writer is none. */
  readonly damaged: number;
}

/** What is in the inbox; reads all of it but the bodies. Throws Failure `store_unwritable`, or the signal's reason. */
export async function surveyInbox(
  dataDir: string,
  processes: Processes,
  signal: AbortSignal,
): Promise<Survey> {
  const folder = inboxFolder(dataDir);
  const damage = noDamage();
  let deliveries = 0;
  const catalogue = await Catalogue.make(folder, damage, () => {
    signal.throwIfAborted();
    deliveries += 1;
    return true;
  });
  let owed = 0;
  const countOwed: Parameters<Catalogue['read']>[1] = ({ owedTo }, { writer }) => {
    signal.throwIfAborted();
    if (owedTo !== null && (catalogue.ended.has(writer.token) || isGone(writer, processes))) owed += 1;
    return false;
  };
  // Wanted by nobody: no body is read.
  for await (const _none of catalogue.read(false, countOwed));
  return { deliveries, bytes: await sizeOf(folder), owed, damaged: damage.damagedRecords };
}

async function sizeOf(folder: string): Promise<number> {
  const segments = await listSegments(folder);
  const sizes = await Promise.all(
    segments.map(({ path }) =>
      stat(path).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
