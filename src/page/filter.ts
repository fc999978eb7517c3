import type { DeliveryRow } from '../inspector/protocol.ts';

type Verdict = DeliveryRow['signature'];

/** What the words of the filter ask for. */
export interface Filter {
  /** All of them have to fit. */
  readonly types: readonly Term[];
  readonly statuses: readonly Term[];
  /** What is left, as one text in lower case. */
  readonly text: string;
  /** Texts in lower case that no delivery may hold. */
  readonly without: readonly string[];
  /** Words that look as if they meant something. */
  readonly unknown: readonly string[];
}

/** With a minus before it, it must not fit. */
interface Term {
  readonly wanted: string;
  readonly isExcluded: boolean;
}

/** `type:case.* status:invalid -type:*.created anna -test` */
export function parseFilter(typed: string): Filter {
  // A minus alone is half typed.
  const typedWords = typed
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '' && word !== '-');
  const words = typedWords.map(readWord);
  const free = words.filter(({ name }) => name === '');
  return {
    types: words.filter(({ name, wanted }) => name === 'type' && wanted !== ''),
    statuses: words.filter(({ name, wanted }) => name === 'status' && wanted !== ''),
    text: wordsOf(free.filter(({ isExcluded }) => !isExcluded)).join(' '),
    without: wordsOf(free.filter(({ isExcluded }) => isExcluded)),
    unknown: wordsOf(words.filter(isUnknown)),
  };
}

interface Word extends Term {
  /** Empty for a text. */
  readonly name: string;
  readonly word: string;
}

const wordsOf = (words: readonly Word[]): readonly string[] => words.map(({ word }) => word);

function readWord(typed: string): Word {
  const isExcluded = /^-./.test(typed);
  const word = isExcluded ? typed.slice(1) : typed;
  const [, name = '', wanted = ''] = /^(type|status):(.*)$/.exec(word) ?? [];
  return { word, name, wanted, isExcluded };
}

const VERDICTS: Readonly<Record<Verdict['status'], true>> = { valid: true, invalid: true, unverified: true };
const REASONS: Readonly<Record<NonNullable<Verdict['reason']>, true>> = {
  missing_header: true,
  malformed_header: true,
  timestamp_too_old: true,
  timestamp_in_future: true,
  wrong_secret: true,
  body_altered: true,
  wrong_scheme: true,
};
const STATUS_WORDS = [...Object.keys({ ...VERDICTS, ...REASONS }), 'duplicate', 'ok', 'failed', 'none'];

/** `foo:bar`, which is looked for as text all the same, and `status:nonsense`; not what is only half typed. */
function isUnknown({ word, name, wanted }: Word): boolean {
  if (name === '') return /^[a-z]+:(?!\/\/)./.test(word);
  if (name === 'type') return false;
  return !/^\d{0,3}$|^\dxx?$/.test(wanted) && !STATUS_WORDS.some((known) => known.startsWith(wanted));
}

/** Texts that are looked for in what the list does not hold, too. */
export const textsOf = ({ text, without }: Filter): readonly string[] => [text, ...without].filter(Boolean);

export const isEmpty = ({ types, statuses, text, without }: Filter): boolean =>
  types.length + statuses.length + without.length === 0 && text === '';

/** `elsewhere`: by text, ids of deliveries that hold it in a body, a header or an answer. */
export function applyFilter(
  rows: readonly DeliveryRow[],
  filter: Filter,
  elsewhere: ReadonlyMap<string, ReadonlySet<string>>,
): readonly DeliveryRow[] {
  if (isEmpty(filter)) return rows;
  const types = filter.types.map(({ wanted, isExcluded }) => ({ fits: typePattern(wanted), isExcluded }));
  const holds = (row: DeliveryRow, text: string): boolean =>
    visibleText(row).includes(text) || elsewhere.get(text)?.has(row.id) === true;
  return rows.filter(
    (row) =>
      types.every(({ fits, isExcluded }) => fits(row.event_type?.toLowerCase() ?? '') !== isExcluded) &&
      filter.statuses.every(({ wanted, isExcluded }) => hasStatus(row, wanted) !== isExcluded) &&
      (filter.text === '' || holds(row, filter.text)) &&
      !filter.without.some((text) => holds(row, text)),
  );
}

/** With a star it is a pattern of the whole type, without one a part of it. */
function typePattern(wanted: string): (type: string) => boolean {
  if (!wanted.includes('*')) return (type) => type.includes(wanted);
  const pieces = wanted.split('*');
  const [first = '', last = ''] = [pieces[0], pieces.at(-1)];
  return (type) => {
    if (!type.startsWith(first) || type.length < first.length + last.length) return false;
    let at = first.length;
    for (const piece of pieces.slice(1, -1)) {
      const found = type.indexOf(piece, at);
      if (found < 0) return false;
      at = found + piece.length;
    }
    return type.endsWith(last) && type.length - last.length >= at;
  };
}

/** A verdict, its reason, `duplicate`, `ok` or `failed` of the app, or a status: the app's, ours where it was not asked. */
function hasStatus(row: DeliveryRow, wanted: string): boolean {
  const { status, reason } = row.signature;
  if (wanted === 'duplicate') return row.duplicate_of !== null;
  if (wanted === 'ok' || wanted === 'failed')
    return row.forward !== null && isTaken(row) === (wanted === 'ok');
  const answered = String(row.forward === null ? row.response_status : (row.forward.status ?? 'none'));
  const classOf = /^\d\d\d$/.test(answered) ? `${answered[0]}xx` : '';
  return [status, reason ?? '', classOf].includes(wanted) || answered.startsWith(wanted);
}

/** True when the app answered 2xx. */
export const isTaken = ({ forward }: DeliveryRow): boolean =>
  forward?.status != null && forward.status >= 200 && forward.status < 300;

/** Made once for each row: a filter that is being typed looks at all of them at each key. */
const texts = new WeakMap<DeliveryRow, string>();

function visibleText(row: DeliveryRow): string {
  const known = texts.get(row);
  if (known !== undefined) return known;
  const fields = [row.event_type, row.event_id, row.id, row.method, row.path, row.forward?.error];
  const made = fields
    .filter((field) => field != null)
    .join('\n')
    .toLowerCase();
  texts.set(row, made);
  return made;
}
