import { plain } from '../../terminal/text.ts';

/** What a shell may put in place of the word at the cursor. */
export interface Candidate {
  readonly value: string;
  /** For people, where the shell shows it. */
  readonly description?: string;
}

/** What a shell is to do besides offering candidates; the scripts of `completion` know these words. */
export type Directive =
  | 'words'
  /** The word goes on: no space after it. */
  | 'nospace'
  | 'files'
  | 'folders'
  /** A file after the @ that the word begins with. */
  | '@files';

export interface Answer {
  readonly candidates: readonly Candidate[];
  readonly directive: Directive;
}

export const NOTHING: Answer = { candidates: [], directive: 'words' };

export const words = (candidates: readonly Candidate[]): Answer => ({ candidates, directive: 'words' });

/** More than a terminal shows at a time. */
const MAX_CANDIDATES = 500;
const MAX_DESCRIPTION_CHARS = 120;
/** Nothing that a shell, in whatever quotes, takes for more than a word; the star is quoted by the scripts. */
const HARMLESS = /^[\w.-][\w.:=*-]{0,199}$/;

/**
 * The answer as the scripts read it: a line each of value, tab and description, and at the end a colon and the
 * directive. What could be more than a word to a shell is left out: ids come from files.
 */
export function printAnswer({ candidates, directive }: Answer, current: string): string {
  const lines = candidates
    .filter(({ value }) => value.startsWith(current) && HARMLESS.test(value))
    .slice(0, MAX_CANDIDATES)
    .map(({ value, description = '' }) => {
      const text = plain(description).slice(0, MAX_DESCRIPTION_CHARS).trim();
      return text === '' ? value : `${value}\t${text}`;
    });
  return [...lines, `:${directive}`, ''].join('\n');
}
