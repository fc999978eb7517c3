const MAX_REMEMBERED = 10_000;
/** So that hostile ids cannot fill the memory: a longer one is never a duplicate. */
const MAX_KEY_CHARS = 512;

interface Occurrence {
  readonly eventId: string | null;
  readonly eventType: string | null;
  readonly path: string;
}

/** Recognises events that are delivered again, among the latest of them. */
export class Duplicates {
  readonly #firstByKey = new Map<string, string>();

  /** The `id` under which the event was seen first, or null when this is the first time. */
  note(id: string, { eventId, eventType, path }: Occurrence): string | null {
    if (eventId === null) return null;
    // An id from the body may be that of what the event is about: two types of event are never the same event. And
    // one event may be meant for two paths.
    const key = `${path}\n${eventType ?? ''}\n${eventId}`;
    if (key.length > MAX_KEY_CHARS) return null;
    const first = this.#firstByKey.get(key);
    if (first !== undefined) return first;
    this.#firstByKey.set(key, id);
    if (this.#firstByKey.size > MAX_REMEMBERED) this.#forgetOldest();
    return null;
  }

  #forgetOldest(): void {
    const [oldest] = this.#firstByKey.keys();
    if (oldest !== undefined) this.#firstByKey.delete(oldest);
  }
}
