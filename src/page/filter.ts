import type { DeliveryRow } from '../inspector/protocol.ts';

/** What the words of the filter ask for. */
export interface Filter {
  /** All of them have to fit. */
  readonly types: readonly string[];
  readonly statuses: readonly string[];
  /** What is left, as one text in lower case. */
  readonly text: string;
}

/** `type:case.* status:invalid anna` */
export function parseFilter(typed: string): Filter {
  const types: string[] = [];
  const statuses: string[] = [];
  const free: string[] = [];
  for (const word of typed.toLowerCase().split(/\s+/).filter(Boolean)) {
    if (word.startsWith('type:')) types.push(word.slice('type:'.length));
    else if (word.startsWith('status:')) statuses.push(word.slice('status:'.length));
    else free.push(word);
  }
  return { types: types.filter(Boolean), statuses: statuses.filter(Boolean), text: free.join(' ') };
}

export const isEmpty = ({ types, statuses, text }: Filter): boolean =>
  types.length === 0 && statuses.length === 0 && text === '';

/** `inBody`: ids of deliveries whose body holds the text. */
export function applyFilter(
  rows: readonly DeliveryRow[],
  filter: Filter,
  inBody: ReadonlySet<string>,
): readonly DeliveryRow[] {
  if (isEmpty(filter)) return rows;
  const types = filter.types.map(typePattern);
  return rows.filter(
    (row) =>
      types.every((fits) => fits(row.event_type?.toLowerCase() ?? '')) &&
      filter.statuses.every((status) => hasStatus(row, status)) &&
      (filter.text === '' || visibleText(row).includes(filter.text) || inBody.has(row.id)),
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

/** A verdict, its reason, `duplicate`, `ok` or `failed` of the app, or a status as `500` or `5xx`. */
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
