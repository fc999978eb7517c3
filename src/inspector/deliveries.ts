import type { Clock } from '../clock.ts';
import { Failure } from '../errors.ts';
import { Duplicates } from '../listen/duplicates.ts';
import type { KeptDelivery } from '../listen/kept.ts';
import type { EventLine, ListenLine } from '../listen/line.ts';
import { Feed } from './feed.ts';
import { deliveryAt, InboxReader, type News, type ReadDelivery, type Spot } from './inbox-reader.ts';
import type { DeliveryPage, DeliveryRow, Found, LiveLine } from './protocol.ts';
import { amended, rowOf, rowOfLine } from './rows.ts';
import { searchAll } from './search.ts';
import { type Entry, Shelf } from './shelf.ts';

/** How often the inbox is looked at while a page is open. */
const LOOK_MS = 500;

/** A delivery of the inbox, until it is put in its place among the others. */
interface Picked {
  readonly row: DeliveryRow;
  readonly receivedMs: number;
  readonly accepted: boolean;
  readonly spot: Spot;
}

interface DeliveriesOptions {
  readonly clock: Clock;
  /** Where the inbox is; null: there is none, and only the latest lines of this run are kept, in memory. */
  readonly dataDir: string | null;
}

/** A whole delivery, and its row. */
export interface Whole {
  readonly kept: KeptDelivery;
  readonly row: DeliveryRow;
}

/** What the inbox holds and what `listen` tells, as one list; it is looked after only while somebody looks. */
export class Deliveries {
  readonly #clock: Clock;
  readonly #feed: Feed<LiveLine>;
  readonly #shelf: Shelf;
  readonly #reader: InboxReader<Picked> | null;
  readonly #duplicates = new Duplicates();
  #looking = new AbortController();

  constructor({ clock, dataDir }: DeliveriesOptions) {
    this.#clock = clock;
    this.#feed = new Feed<LiveLine>({ clock, onHeard: (isHeard) => this.#heard(isHeard) });
    this.#shelf = new Shelf((line) => this.#feed.tell(line));
    const onRead = (news: News<Picked>): void => this.#enter(news);
    this.#reader = dataDir === null ? null : new InboxReader({ dataDir, pick, onRead });
  }

  /** A line of `listen`, as it is printed. */
  note(line: ListenLine): void {
    // Who looks later reads it in the inbox.
    if (this.#reader !== null && !this.#feed.isHeard) return;
    if (line.type === 'problem') this.#feed.tell(line);
    else if (line.type === 'forward') this.#shelf.amend(line.id, { forward: line.forward });
    else if (line.type === 'event') this.#noteEvent(line);
  }

  /** Throws Failure `store_unwritable` where the inbox cannot be read. */
  async page(before: string | null, limit: number): Promise<DeliveryPage> {
    await this.#reader?.readOn();
    return this.#shelf.page(before, limit);
  }

  /** Null where there is none of that id, or none any more. */
  async find(id: string): Promise<Whole | null> {
    if (this.#shelf.get(id) === undefined) await this.#reader?.readOn();
    const entry = this.#shelf.get(id);
    if (entry === undefined) return null;
    const kept = await keptOf(entry);
    return kept && { kept: { ...kept, ...entry.change }, row: entry.row };
  }

  async search(text: string, signal: AbortSignal): Promise<Found> {
    await this.#reader?.readOn();
    return searchAll(this.#shelf.all(), text, { clock: this.#clock, signal });
  }

  /** What happens from now on, until the signal aborts; null is a sign of life. */
  live(signal: AbortSignal): AsyncIterable<LiveLine | null> {
    return this.#feed.open(signal);
  }

  #noteEvent(line: EventLine): void {
    // The inbox may have been read first, and knows more.
    if (this.#shelf.get(line.id)) return;
    const receivedMs = Date.parse(line.received_at);
    this.#shelf.put({ receivedMs, row: rowOfLine(line), spot: null, line, change: {} });
  }

  #enter({ deliveries, amendments, gone }: News<Picked>): void {
    for (const segment of gone) this.#shelf.removeOf(segment);
    const inOrder = deliveries.toSorted((one, other) => one.receivedMs - other.receivedMs);
    for (const picked of inOrder) this.#enterOne(picked);
    for (const { id, change } of amendments) this.#shelf.amend(id, change);
  }

  #enterOne({ row, receivedMs, accepted, spot }: Picked): void {
    const { id, event_id: eventId, event_type: eventType, path } = row;
    // A refused delivery may be forged, and must not pass for the first of an event.
    const original = accepted ? this.#duplicates.note(id, { eventId, eventType, path }) : null;
    const before = this.#shelf.get(id);
    const change = before ? { ...(before.line && toldBy(before.line)), ...before.change } : {};
    const whole = amended({ ...row, duplicate_of: original }, change);
    this.#shelf.put({ receivedMs, row: whole, spot, line: null, change });
  }

  #heard(isHeard: boolean): void {
    this.#looking.abort();
    if (!isHeard || this.#reader === null) return;
    this.#looking = new AbortController();
    void this.#look(this.#reader, this.#looking.signal);
  }

  async #look(reader: InboxReader<Picked>, signal: AbortSignal): Promise<void> {
    let told = '';
    while (!signal.aborted) {
      const message = await reader.readOn().then(() => '', problemOf);
      if (message !== '' && message !== told) this.#feed.tell({ type: 'problem', message });
      told = message;
      await this.#clock.sleep(LOOK_MS, signal).catch(() => undefined);
    }
  }
}

const problemOf = (error: unknown): string =>
  error instanceof Failure ? error.message : 'The inbox could not be read';

function pick({ segment, place, kept, envelope }: ReadDelivery): Picked {
  const { receivedMs, accepted } = kept;
  return { row: rowOf(kept, envelope, null), receivedMs, accepted, spot: { segment, place } };
}

/** What a line tells that the record of its delivery may not have yet. */
const toldBy = ({ signature, response, forward }: EventLine) => ({
  signature,
  status: response.status,
  forward,
});

async function keptOf({ spot, line }: Entry): Promise<KeptDelivery | null> {
  if (spot !== null) return deliveryAt(spot);
  return line && keptOfLine(line);
}

/** The address that it was forwarded to is known without its query alone. */
function keptOfLine(line: EventLine): KeptDelivery {
  const { method, path, query, headers, body_base64: body } = line.request;
  return {
    id: line.id,
    receivedMs: Date.parse(line.received_at),
    ...{ method, path, query, headers },
    body: Buffer.from(body, 'base64'),
    signature: line.signature,
    accepted: line.signature.status !== 'invalid',
    status: line.response.status,
    forward: line.forward,
    owedTo: null,
    sentTo: line.forward?.url ?? null,
  };
}
