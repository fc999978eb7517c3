import { type Quote, quoteValue } from '../env-value.ts';
import { Failure } from '../errors.ts';

/** Where in a text a variable's value stands. */
interface Span {
  readonly from: number;
  readonly to: number;
}

const ASSIGNMENT = /[ \t]*(?:export[ \t]+)?([A-Za-z_][\w.-]*)[ \t]*=[ \t]*/y;
const BYTE_ORDER_MARK = '\u{ef}\u{bb}\u{bf}';
const QUOTES: readonly string[] = ["'", '"', '`'] satisfies readonly Quote[];

/**
 * The text of an env file, one character a byte, with this variable set: the value of its last line replaced, for that
 * is the one that counts, or a line added. Every other byte stays. Throws Failure `store_unwritable` for a value that no
 * line can hold.
 */
export function setVariable(text: string, name: string, value: string): string {
  const span = findValue(text, name);
  if (span === null) return `${text}${lineEndBefore(text)}${name}=${quoted(value, '')}${lineBreak(text)}`;
  const first = text.charAt(span.from);
  const isQuoted = span.to - span.from > 1 && text.charAt(span.to - 1) === first;
  const wanted = isQuoted && QUOTES.includes(first) ? first : '';
  return text.slice(0, span.from) + quoted(value, wanted) + text.slice(span.to);
}

function quoted(value: string, wanted: string): string {
  const quote: Quote = wanted === "'" || wanted === '"' || wanted === '`' ? wanted : '';
  const text = quoteValue(value, quote);
  if (text !== null) return Buffer.from(text, 'utf8').toString('latin1');
  throw new Failure('store_unwritable', 'The secret holds characters that no line of an env file can hold', {
    hint: 'Use --secret-file or --secret-exec.',
  });
}

/** The value of the last line that sets `name`; lines inside a quoted value are none. */
function findValue(text: string, name: string): Span | null {
  let found: Span | null = null;
  let at = text.startsWith(BYTE_ORDER_MARK) ? BYTE_ORDER_MARK.length : 0;
  while (at < text.length) {
    ASSIGNMENT.lastIndex = at;
    const match = ASSIGNMENT.exec(text);
    const from = match ? ASSIGNMENT.lastIndex : at;
    const to = match ? endOfValue(text, from) : at;
    if (match?.[1] === name) found = { from, to };
    at = endOfLine(text, to) + 1;
  }
  return found;
}

/** Quoted values may go over several lines; the others end before a comment or the end of the line. */
function endOfValue(text: string, from: number): number {
  const closed = QUOTES.includes(text.charAt(from)) ? closingQuote(text, from) : null;
  if (closed !== null) return closed;
  const line = text.slice(from, endOfLine(text, from));
  const comment = line.search(/[ \t]#/);
  return from + (comment < 0 ? line : line.slice(0, comment)).trimEnd().length;
}

/** Just after the quote that closes the one at `from`; null where none does, or where the line goes on behind it. */
function closingQuote(text: string, from: number): number | null {
  const quote = text.charAt(from);
  for (let at = text.indexOf(quote, from + 1); at >= 0; at = text.indexOf(quote, at + 1)) {
    if (quote !== "'" && isEscaped(text, at)) continue;
    const rest = text.slice(at + 1, endOfLine(text, at));
    return /^[ \t\r]*(?:[ \t]#.*)?\r?$/.test(rest) ? at + 1 : null;
  }
  return null;
}

function isEscaped(text: string, at: number): boolean {
  let slashes = 0;
  while (text.charAt(at - 1 - slashes) === '\\') slashes += 1;
  return slashes % 2 === 1;
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end < 0 ? text.length : end;
}

/** As the file has it. */
const lineBreak = (text: string): string => (/\r?\n/.exec(text)?.[0] === '\r\n' ? '\r\n' : '\n');

const lineEndBefore = (text: string): string =>
  text === '' || text === BYTE_ORDER_MARK || text.endsWith('\n') ? '' : lineBreak(text);
