import { Failure } from '../../errors.ts';

type Pairs = readonly (readonly [name: string, value: string])[];

/** Of one connection, not of the message (RFC 9110, 7.6.1), and what the client sets for the new one. */
const NOT_FORWARDED: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'host',
  'content-length',
]);
const NAME = /^[!#$%&'*+.^_`|~0-9a-z-]+$/i;
/** What a header line can carry: Latin-1 without control characters. */
const VALUE = /^[\t\u{20}-\u{7e}\u{80}-\u{ff}]*$/u;

/** Throws Failure `usage` for a header of our own that could not be sent; its value may be a secret. */
export function checkHeaders(headers: Pairs): void {
  for (const [name, value] of headers) {
    if (NAME.test(name) && VALUE.test(value)) continue;
    const shown = NAME.test(name) ? `The value of the header ${name}` : 'The name of a header';
    throw new Failure('usage', `${shown} holds a character that cannot be sent`, {
      hint: "Write it as --forward-header 'Name: value', in ASCII.",
    });
  }
}

/** The delivery's headers in order and as they were written, without those of its connection; `own` replace the same names. */
export function forwardedHeaders(headers: Pairs, own: Pairs): Pairs {
  const replaced = new Set(own.map(([name]) => name.toLowerCase()));
  const named = connectionOptions(headers);
  const kept = headers.filter(([name]) => {
    const lower = name.toLowerCase();
    const isHop = NOT_FORWARDED.has(lower) || lower.startsWith('proxy-') || named.has(lower);
    return !isHop && !replaced.has(lower);
  });
  return [...kept, ...own];
}

/** The headers that a Connection header declares to be of the connection. */
function connectionOptions(headers: Pairs): ReadonlySet<string> {
  const values = headers.filter(([name]) => name.toLowerCase() === 'connection').map(([, value]) => value);
  return new Set(values.flatMap((value) => value.split(',').map((option) => option.trim().toLowerCase())));
}
