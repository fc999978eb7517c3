/** What a person looks at before turning to the receiver's own log. */
const MAX_LINES = 12;
const MAX_CHARS = 2_000;

/** The first lines of an answer as text; null when there is nothing to read. Bytes that are no UTF-8 become U+FFFD. */
export function excerpt(body: Uint8Array): string | null {
  // No character takes more than four bytes.
  const text = new TextDecoder().decode(body.subarray(0, MAX_CHARS * 4)).trim();
  if (text === '') return null;
  const lines = text.split(/\r\n|\r|\n/, MAX_LINES + 1);
  const shown = lines.slice(0, MAX_LINES).join('\n');
  const start = firstCharacters(shown, MAX_CHARS);
  return start.length < shown.length || lines.length > MAX_LINES ? `${start}…` : start;
}

/** Never half of a surrogate pair. */
function firstCharacters(text: string, count: number): string {
  return text.slice(0, count).replace(/[\u{d800}-\u{dbff}]$/u, '');
}
