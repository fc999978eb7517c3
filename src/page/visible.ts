/** A stretch of text from outside: as it is, or characters that would not be seen, by name. */
export interface Stretch {
  readonly text: string;
  readonly isHidden: boolean;
}

/** Of one text; what follows is one stretch with the names between brackets. */
const MAX_STRETCHES = 400;

/**
 * Controls, formats (those that turn the direction of text are among them), separators, halves of characters, and
 * fillers that look like nothing.
 */
const UNSEEN = '\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}\\p{Cs}\\u115F\\u1160\\u2800\\u3164\\uFFA0';
const HIDDEN = new RegExp(`[${UNSEEN}]`, 'gu');
const HIDDEN_IN_LINES = new RegExp(`(?![\\n\\t])[${UNSEEN}]`, 'gu');

const nameOf = (character: string): string =>
  `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;

/** `isMultiline`: line ends and tabs are part of the layout. */
export function split(text: string, isMultiline = false): readonly Stretch[] {
  const stretches: Stretch[] = [];
  let from = 0;
  for (const { 0: character, index } of text.matchAll(isMultiline ? HIDDEN_IN_LINES : HIDDEN)) {
    if (stretches.length >= MAX_STRETCHES) break;
    if (index > from) stretches.push({ text: text.slice(from, index), isHidden: false });
    stretches.push({ text: nameOf(character), isHidden: true });
    from = index + character.length;
  }
  if (from < text.length) stretches.push({ text: bracketed(text.slice(from), isMultiline), isHidden: false });
  return stretches;
}

/** The text with what would not be seen as `[U+202E]`. */
export function bracketed(text: string, isMultiline = false): string {
  return text.replace(isMultiline ? HIDDEN_IN_LINES : HIDDEN, (character) => `[${nameOf(character)}]`);
}
