import type { Context } from '../../cli/context.ts';
import { Failure } from '../../errors.ts';
import type { Damage } from '../../listen/inbox/segment-file.ts';
import type { KeptDelivery } from '../../listen/kept.ts';
import type { EventLine } from '../../listen/line.ts';
import type { EventFilter } from './filters.ts';

/** The events that the filter means, in order of receipt; one body is in memory at a time. */
export async function* readOldestFirst(
  context: Context,
  { isWanted, isWantedType }: EventFilter,
): AsyncGenerator<EventLine, void, undefined> {
  const inbox = await openReading(context);
  const toLine = inbox.lineMaker();
  for await (const kept of inbox.read({ onDamage: inbox.tellDamage })) {
    // Of those that are not wanted, too: one of them may be the first of what is delivered again.
    const line = toLine(kept);
    if (isWanted(kept) && isWantedType(line.event_type)) yield line;
  }
}

/** The same, newest first: read twice, since what is delivered again shows in order of receipt alone. */
export async function* readNewestFirst(
  context: Context,
  { isWanted, isWantedType }: EventFilter,
): AsyncGenerator<EventLine, void, undefined> {
  const inbox = await openReading(context);
  const toLine = inbox.lineMaker();
  const originals = new Map<string, string | null>();
  for await (const kept of inbox.read({ onDamage: inbox.tellDamage })) {
    originals.set(kept.id, toLine(kept).duplicate_of);
  }
  for await (const kept of inbox.read({ newestFirst: true, isWanted })) {
    const original = originals.get(kept.id);
    // What came after the first reading is for the next list.
    if (original === undefined) continue;
    const line = inbox.lineMaker()(kept);
    if (isWantedType(line.event_type)) yield { ...line, duplicate_of: original };
  }
}

/** One delivery as an event, with what came before it in view. */
export async function toEvent(context: Context, kept: KeptDelivery): Promise<EventLine> {
  const inbox = await openReading(context);
  const toLine = inbox.lineMaker();
  const isBefore = ({ accepted, receivedMs }: Pick<KeptDelivery, 'accepted' | 'receivedMs'>): boolean =>
    accepted && receivedMs <= kept.receivedMs;
  for await (const earlier of inbox.read({ isWanted: isBefore })) {
    const line = toLine(earlier);
    if (line.id === kept.id) return line;
  }
  return toLine(kept);
}

/** The delivery of an id, a unique prefix of one, or `last`. Throws Failure `not_found` or `usage`. */
export async function findEvent(context: Context, wanted: string): Promise<KeptDelivery> {
  const { findInInbox } = await import('../../listen/inbox/read.ts');
  const finding = await findInInbox(await inboxPlace(context), wanted);
  if (finding.kind === 'found') return finding.delivery;
  if (finding.kind === 'none') {
    throw new Failure('not_found', `The inbox has no event ${wanted}`, {
      hint: 'kycgenie events list shows what listen has kept.',
    });
  }
  throw new Failure('usage', `${finding.count} events in the inbox begin with ${wanted}`, {
    hint: `Such as ${finding.ids.join(', ')}: give more of the id.`,
  });
}

/** The data folder. */
export async function inboxPlace(context: Context): Promise<string> {
  return (await context.places()).dataDir.value;
}

/** Says what of the inbox could not be read: it is left out. */
export function damageTeller({ talk }: Context): (damage: Readonly<Damage>) => void {
  return ({ damagedRecords, tornTails }) => {
    if (damagedRecords > 0) talk.warn(`${counted(damagedRecords, 'damaged record')} in the inbox left out`);
    if (tornTails > 0) {
      talk.notice(`${counted(tornTails, 'record')} in the inbox not written to the end, never acknowledged`);
    }
  };
}

const counted = (count: number, what: string): string => `${count} ${count === 1 ? what : `${what}s`}`;

type ReadOptions = Parameters<typeof import('../../listen/inbox/read.ts')['readInbox']>[1];

async function openReading(context: Context) {
  const { readInbox } = await import('../../listen/inbox/read.ts');
  const { readEnvelope, toEventLine } = await import('../../listen/event-line.ts');
  const { Duplicates } = await import('../../listen/duplicates.ts');
  const dataDir = await inboxPlace(context);
  return {
    tellDamage: damageTeller(context),
    /** Heeds Ctrl-C. */
    async *read(options: ReadOptions): AsyncGenerator<KeptDelivery, void, undefined> {
      for await (const kept of readInbox(dataDir, options)) {
        context.signal.throwIfAborted();
        yield kept;
      }
    },
    /** For deliveries in order of receipt. */
    lineMaker(): (kept: KeptDelivery) => EventLine {
      const duplicates = new Duplicates();
      return (kept) => toEventLine(kept, readEnvelope(kept), duplicates);
    },
  };
}
