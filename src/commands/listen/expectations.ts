import type { Context } from '../../cli/context.ts';
import { Failure } from '../../errors.ts';
import type { EventLine, ListenLine } from '../../listen/line.ts';
import { breadthOf, eventMatcher } from '../event-matcher.ts';

/** What `--expect` waits for. */
export class Expectations {
  readonly #open: {
    readonly text: string;
    readonly matches: (type: string | null) => boolean;
    left: number;
  }[];

  /** `type`, `type:n` or `group.*:n`. Throws Failure `usage`. */
  constructor(context: Context, texts: readonly string[]) {
    const all = texts.map((text) => {
      const [, name = text, count = '1'] = /^(.+?):(\d{1,6})$/.exec(text) ?? [];
      if (Number(count) === 0) throw new Failure('usage', `--expect ${text} waits for nothing`);
      return { text: name, matches: eventMatcher(context, [name]), left: Number(count) };
    });
    // A single type first: a group would take what only it waits for.
    this.#open = all.sort((one, other) => breadthOf(one.text) - breadthOf(other.text));
  }

  /** Counts deliveries that were not refused, each event once, whatever the app made of it. */
  note(line: ListenLine): void {
    if (line.type !== 'event' || isRefused(line) || line.duplicate_of !== null) return;
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

/** By this side: an app may answer 401, too, and then there is an answer of it. */
const isRefused = ({ signature, response, forward }: EventLine): boolean =>
  signature.status === 'invalid' ||
  (signature.status === 'unverified' && response.status === 401 && forward === null);
