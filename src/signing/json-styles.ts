import { type JsonStyle, type JsonText, writeJsonText } from '../json-text.ts';

/** One way in which the sender may have written its JSON. */
export interface Rewriting {
  readonly name: string;
  /** Says how, to go behind "its JSON is written". */
  readonly words: string;
  /** Characters for each level. */
  readonly indent: number;
  readonly write: (json: JsonText) => string;
}

type Layout = Pick<JsonStyle, 'indent' | 'afterComma' | 'afterColon'>;
interface Named<T> {
  readonly name: string;
  readonly words: string;
  readonly is: T;
}

const indented = (indent: string): Layout => ({ indent, afterComma: '', afterColon: ' ' });

const LAYOUTS: readonly Named<Layout>[] = [
  { name: 'compact', words: 'without spaces', is: { indent: null, afterComma: '', afterColon: '' } },
  {
    name: 'spaced',
    words: 'with a space behind each comma and colon',
    is: { indent: null, afterComma: ' ', afterColon: ' ' },
  },
  { name: 'indent-2', words: 'indented by 2 spaces', is: indented('  ') },
  { name: 'indent-4', words: 'indented by 4 spaces', is: indented('    ') },
  { name: 'tabs', words: 'indented by tabs', is: indented('\t') },
];

const NON_ASCII = /[\u0080-\uffff]/g;
const MARKUP = /[<>&\u2028\u2029]/g;
/** .NET escapes quotes that way too; pairs of backslashes are taken along, so that none is taken for half of one. */
const DOTNET = /\\[\\"]|[<>&'+`\u007f-\uffff]/g;

/** As JSON.stringify does it. */
const plain = (raw: string): string => JSON.stringify(JSON.parse(raw));
const unicodeEscape = (text: string): string =>
  `\\u${text
    .charCodeAt(text.length - 1)
    .toString(16)
    .padStart(4, '0')}`;
const dotnetEscape = (text: string): string =>
  text === '\\\\' ? text : `\\u${unicodeEscape(text).slice(2).toUpperCase()}`;
const escapeSlashes = (raw: string): string => raw.replaceAll('/', '\\/');
const ascii = (raw: string): string => plain(raw).replace(NON_ASCII, unicodeEscape);

const SPELLINGS: readonly Named<(raw: string) => string>[] = [
  { name: 'unescaped', words: 'no character escaped that need not be', is: plain },
  { name: 'ascii', words: 'all but ASCII escaped, as Python does', is: ascii },
  { name: 'slashes', words: 'slashes escaped', is: (raw) => escapeSlashes(plain(raw)) },
  {
    name: 'php',
    words: 'slashes and all but ASCII escaped, as PHP does',
    is: (raw) => escapeSlashes(ascii(raw)),
  },
  {
    name: 'go',
    words: '<, > and & escaped, as Go does',
    is: (raw) => plain(raw).replace(MARKUP, unicodeEscape),
  },
  {
    name: 'dotnet',
    words: 'quotes, +, <, >, & and all but ASCII escaped, as .NET does',
    is: (raw) => plain(raw).replace(DOTNET, dotnetEscape),
  },
];

/** Those with one change first. */
export const REWRITINGS: readonly Rewriting[] = [
  ...LAYOUTS.map((layout) => rewriting(layout, null, false)),
  ...LAYOUTS.map((layout) => rewriting(layout, null, true)),
  ...SPELLINGS.flatMap((spelling) => LAYOUTS.map((layout) => rewriting(layout, spelling, false))),
  ...LAYOUTS.map((layout) => withLineEnd(rewriting(layout, null, false))),
  ...SPELLINGS.flatMap((spelling) => LAYOUTS.map((layout) => rewriting(layout, spelling, true))),
];

function rewriting(
  layout: Named<Layout>,
  spelling: Named<(raw: string) => string> | null,
  sorted: boolean,
): Rewriting {
  const respell = spelling?.is ?? null;
  return {
    name: ['json', layout.name, ...(sorted ? ['sorted'] : []), ...(spelling ? [spelling.name] : [])].join(
      '-',
    ),
    words: [
      layout.words,
      ...(sorted ? ['with its keys sorted'] : []),
      ...(spelling ? [`with ${spelling.words}`] : []),
    ].join(' and '),
    indent: layout.is.indent?.length ?? 0,
    write: (json) => writeJsonText(json, { ...layout.is, sorted, respell }),
  };
}

function withLineEnd({ name, words, indent, write }: Rewriting): Rewriting {
  return {
    indent,
    name: `${name}-line-end`,
    words: `${words} and with a line end behind it`,
    write: (json) => `${write(json)}\n`,
  };
}
