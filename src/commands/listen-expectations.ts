import type { Context } from '../cli/context.ts';
import { Failure } from '../errors.ts';
import type { EventLine, ListenLine } from '../listen/line.ts';
import { eventMatcher } from './event-matcher.ts';

/** What `--expect` waits for. */
export class Expectations {
  readonly #open: {
    readonly text: string;
    readonly matches: (type: string | null) => boolean;
    left: number;
  }[];

  /** `type`, `type:n` or `group.*:n`. Throws Failure `usage`. */
  constructor(context: Context, texts: readonly string[]) {
    this.#open = texts.map((text) => {
      const [, name = text, count = '1'] = /^(.+?):(\d{1,6})$/.exec(text) ?? [];
      if (Number(count) === 0) throw new Failure('usage', `--expect ${text} waits for nothing`);
      return { text: name, matches: eventMatcher(context, [name]), left: Number(count) };
    });
  }

  /** Counts accepted deliveries, each event once. */
  note(line: ListenLine): void {
    if (line.type !== 'event' || line.response.status === 401 || line.duplicate_of !== null) return;
    this.#noteEvent(line);
  }

  #noteEvent({ event_type }: EventLine): void {
    const met = this.#open.find(({ matches, left }) => left > 0 && matches(event_type));
    if (met) met.left -= 1;
  }

  get areMet(): boolean {
    return this.#open.every(({ left }) => left === 0);
  }

  /** `2 × screening.completed`. */
  missing(): string {
    return this.#open
      .filter(({ left }) => left > 0)
      .map(({ text, left }) => `${left} × ${text}`)
      .join(', ');
  }
}
