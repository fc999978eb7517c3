import type { Clock } from '../../clock.ts';
import type { KeptDelivery } from '../kept.ts';
import { Catalogue } from './catalogue.ts';
import { claim } from './claims.ts';
import { noDamage } from './segment-file.ts';
import { inboxFolder, type Writer } from './segments.ts';
import { isGone, type Processes } from './writers.ts';

interface TakeOverOptions {
  readonly dataDir: string;
  readonly processes: Processes;
  readonly clock: Pick<Clock, 'now'>;
}

/**
 * Deliveries that are still to be forwarded and whose writer is gone, oldest first. They are this process's from
 * then on, as long as it runs: of several that ask at the same time, one alone gets what a writer left. Amend each
 * when it is done. Throws Failure `store_unwritable`.
 */
export async function* takeOverOwed(options: TakeOverOptions): AsyncGenerator<KeptDelivery, void, undefined> {
  const folder = inboxFolder(options.dataDir);
  const mine = new Set<string>();
  for (const { token } of await goneAndOwing(folder, options.processes)) {
    if (await claim(folder, token, options.processes, options.clock.now())) mine.add(token);
  }
  if (mine.size === 0) return;
  // Read anew: between the first look and the claim another process may have done some of it, and ended.
  const catalogue = await Catalogue.make(folder, noDamage(), (_meta, { writer }) => mine.has(writer.token));
  yield* catalogue.read(false, ({ owedTo }) => owedTo !== null);
}

async function goneAndOwing(folder: string, processes: Processes): Promise<Iterable<Writer>> {
  const owing = new Map<string, Writer>();
  const catalogue = await Catalogue.make(folder, noDamage());
  const noteOwing = ({ owedTo }: Pick<KeptDelivery, 'owedTo'>, { writer }: { readonly writer: Writer }) => {
    if (owedTo !== null) owing.set(writer.token, writer);
    return false;
  };
  for await (const _none of catalogue.read(false, noteOwing));
  return [...owing.values()].filter(
    (writer) => catalogue.ended.has(writer.token) || isGone(writer, processes),
  );
}
