import type { LogEntry } from '../api/wire.ts';
import type { Clock } from '../clock.ts';
import { Failure } from '../errors.ts';
import { Feed } from './feed.ts';
import type { LogLine, LogRow } from './protocol.ts';
import type { AccountSource } from './sources.ts';

/** Entries that a page which is opened later begins with. */
const MAX_REMEMBERED = 500;

interface Options {
  readonly clock: Clock;
  readonly follow: AccountSource['follow'];
}

/** One follow of the delivery log for all pages, from the first that asks to the last that leaves. */
export class LogFeed {
  readonly #feed: Feed<LogLine>;
  readonly #follow: AccountSource['follow'];
  /** In the order they were listed. */
  readonly #entries = new Map<string, LogRow>();
  #stop = new AbortController();

  constructor({ clock, follow }: Options) {
    this.#follow = follow;
    this.#feed = new Feed<LogLine>({ clock, onHeard: (isHeard) => this.#heard(isHeard) });
  }

  /** Until the signal aborts; null is a sign of life. */
  open(signal: AbortSignal): AsyncIterable<LogLine | null> {
    const known = [...this.#entries.values()].map((entry): LogLine => ({ type: 'entry', entry }));
    return this.#feed.open(signal, known);
  }

  #heard(isHeard: boolean): void {
    this.#stop.abort();
    this.#entries.clear();
    if (!isHeard) return;
    this.#stop = new AbortController();
    void this.#run(this.#stop.signal);
  }

  async #run(signal: AbortSignal): Promise<void> {
    try {
      for await (const event of this.#follow(signal)) {
        if (signal.aborted) return;
        if (event.type === 'entry' || event.type === 'update') this.#told(event.type, rowOf(event));
        else if (event.type === 'problem') this.#feed.tell({ type: 'problem', message: event.message });
        else if (event.type === 'recovered') this.#feed.tell({ type: 'recovered' });
      }
    } catch (error) {
      if (signal.aborted) return;
      const message = error instanceof Failure ? error.message : 'The delivery log could not be read';
      this.#feed.tell({ type: 'problem', message });
    }
  }

  #told(type: 'entry' | 'update', entry: LogRow): void {
    this.#entries.set(entry.id, entry);
    const [oldest] = this.#entries.keys();
    if (oldest !== undefined && this.#entries.size > MAX_REMEMBERED) this.#entries.delete(oldest);
    this.#feed.tell({ type, entry });
  }
}

/** Nothing but what the protocol names, whatever else the API sends. */
const rowOf = (entry: LogEntry): LogRow => ({
  id: entry.id,
  event_type: entry.event_type,
  webhook_url: entry.webhook_url,
  status: entry.status,
  http_status_code: entry.http_status_code,
  attempt_number: entry.attempt_number,
  error_message: entry.error_message,
  created_at: entry.created_at,
  next_retry_at: entry.next_retry_at,
});
