import type { Context } from '../../cli/context.ts';
import { Failure } from '../../errors.ts';
import type { KeptDelivery } from '../../listen/kept.ts';
import { type EventFilterOptions, isFiltering, toEventFilter } from './filters.ts';
import { damageTeller, findEvent, inboxPlace } from './inbox-events.ts';

/** Each is looked for by itself, and held; filters are for more. */
const MAX_NAMED = 100;
/** Bodies in memory while the order is shuffled; of more, so much at a time is mixed. */
const MAX_SHUFFLED_BYTES = 32 * 1024 * 1024;
/** What a delivery takes besides its body, roughly. */
const OVERHEAD_BYTES = 1024;

export const ORDERS = ['received', 'reversed', 'shuffled'] as const;
export type Order = (typeof ORDERS)[number];

/** Undefined: as they were named, else as received. */
type PlainOrder = Exclude<Order, 'shuffled'> | undefined;

interface Source {
  readonly count: number;
  read(order: PlainOrder): AsyncIterable<KeptDelivery>;
}

/** Events that were chosen once, to be read as often as they are sent. */
export interface Selection {
  readonly count: number;
  read(order: Order | undefined): AsyncIterable<KeptDelivery>;
}

export interface SelectionOptions extends EventFilterOptions {
  /** Throws for an event that cannot be sent anywhere. */
  readonly check: (kept: KeptDelivery) => void;
  /** False for those that filters leave out, since nothing says where they go. */
  readonly hasTarget: (kept: KeptDelivery) => boolean;
}

/** Throws Failure `usage` unless either events or filters are given, and `not_found` where they mean none. */
export async function select(
  context: Context,
  named: readonly string[],
  options: SelectionOptions,
): Promise<Selection> {
  const byFilter = isFiltering(options);
  if (named.length > 0 === byFilter) {
    throw new Failure(
      'usage',
      byFilter ? 'Events and filters exclude each other' : 'Say which events are to be sent again',
      { hint: 'Such as last, or --since 1h; kycgenie events list shows what there is.' },
    );
  }
  const source = byFilter ? await matching(context, options) : await byName(context, named, options.check);
  const { random } = context.clock;
  return {
    count: source.count,
    read: (order) => (order === 'shuffled' ? shuffled(source.read('received'), random) : source.read(order)),
  };
}

async function byName(
  context: Context,
  named: readonly string[],
  check: SelectionOptions['check'],
): Promise<Source> {
  if (named.length > MAX_NAMED) {
    throw new Failure('usage', `${named.length} events are named, and ${MAX_NAMED} can be`, {
      hint: 'Choose them with filters, such as --failed --since 1h.',
    });
  }
  const found = new Map<string, KeptDelivery>();
  for (const wanted of named) {
    context.signal.throwIfAborted();
    const kept = await findEvent(context, wanted);
    check(kept);
    found.set(kept.id, kept);
  }
  const asNamed = [...found.values()];
  const received = asNamed.toSorted((one, other) => one.receivedMs - other.receivedMs);
  const orders = { received, reversed: received.toReversed() };
  return {
    count: found.size,
    async *read(order) {
      yield* order === undefined ? asNamed : orders[order];
    },
  };
}

/** Refused deliveries may be forged: they are left out, unless the filters ask for bad signatures. */
async function matching(
  context: Context,
  { check, hasTarget, ...options }: SelectionOptions,
): Promise<Source> {
  const { readInbox } = await import('../../listen/inbox/read.ts');
  const { readEnvelope } = await import('../../listen/event-line.ts');
  const dataDir = await inboxPlace(context);
  const filter = toEventFilter(context, options);
  const takesRefused = options.signature?.includes('invalid') ?? false;
  const ids = new Set<string>();
  let withoutTarget = 0;
  const reading = readInbox(dataDir, {
    isWanted: (meta) => (meta.accepted || takesRefused) && filter.isWanted(meta),
    onDamage: damageTeller(context),
  });
  for await (const kept of reading) {
    context.signal.throwIfAborted();
    if (!filter.isWantedType(readEnvelope(kept).eventType)) continue;
    if (!hasTarget(kept)) {
      withoutTarget++;
      continue;
    }
    check(kept);
    ids.add(kept.id);
  }
  tellLeftOut(context, ids.size, withoutTarget);
  return {
    count: ids.size,
    // Never what came in since: it may be what is being sent.
    read: (order) =>
      readInbox(dataDir, { newestFirst: order === 'reversed', isWanted: ({ id }) => ids.has(id) }),
  };
}

function tellLeftOut({ talk }: Context, taken: number, withoutTarget: number): void {
  const hint = 'Such as --to http://localhost:3000/kyc.';
  if (taken === 0 && withoutTarget > 0) {
    throw new Failure('usage', 'None of the events was forwarded anywhere: say where to send them', { hint });
  }
  if (taken === 0) {
    throw new Failure('not_found', 'No event in the inbox matches', {
      hint: 'kycgenie events list takes the same filters.',
    });
  }
  if (withoutTarget > 0) {
    talk.warn(
      `${withoutTarget} more were not forwarded anywhere and are left out: --to names where to send them.`,
    );
  }
}

/** @param random a number in [0, 1) */
export async function* shuffled(
  deliveries: AsyncIterable<KeptDelivery>,
  random: () => number,
  maxBytes = MAX_SHUFFLED_BYTES,
): AsyncGenerator<KeptDelivery, void, undefined> {
  const held: KeptDelivery[] = [];
  let bytes = 0;
  const draw = (): readonly KeptDelivery[] => {
    const drawn = held.splice(Math.floor(random() * held.length), 1);
    for (const { body } of drawn) bytes -= body.byteLength + OVERHEAD_BYTES;
    return drawn;
  };
  for await (const kept of deliveries) {
    held.push(kept);
    bytes += kept.body.byteLength + OVERHEAD_BYTES;
    while (bytes > maxBytes) yield* draw();
  }
  while (held.length > 0) yield* draw();
}
