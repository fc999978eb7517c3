/** How a value may be written in an env file. */
export type Quote = '' | "'" | '"' | '`';

/** Means itself to every reader, without quotes. */
const BARE = /^[A-Za-z0-9_./+=:@%,-]+$/;
/** Means something else within double quotes to one reader or another. */
const SPECIAL_IN_DOUBLE = /["$`\\!]/;

/** `value` between these quotes, or null where some reader would take it for something else. */
function between(quote: Quote, value: string): string | null {
  const isFit =
    quote === ''
      ? BARE.test(value)
      : BARE.test(value) || (quote === "'" ? !/['\\]/.test(value) : !SPECIAL_IN_DOUBLE.test(value));
  return isFit ? `${quote}${value}${quote}` : null;
}

/**
 * One line's value, so that a POSIX shell and dotenv read back the same: with the wanted quotes where they can hold
 * it. Null where there is no such way.
 */
export function quoteValue(value: string, wanted: Quote = ''): string | null {
  if (/[\r\n\0]/.test(value)) return null;
  // Only dotenv knows backticks; they stay where somebody chose them.
  const choices: readonly Quote[] = [wanted, '', "'", '"'];
  for (const quote of choices) {
    const quoted = between(quote, value);
    if (quoted !== null) return quoted;
  }
  return null;
}
