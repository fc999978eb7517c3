import { isSuccess } from '../http/status.ts';
import type { EventLine, ForwardFields } from '../listen/line.ts';
import {
  accent,
  bad,
  dim,
  good,
  MARKS,
  type Span,
  strong,
  type Text,
  type View,
  warn,
} from '../terminal/view.ts';
import { localTime } from '../terminal/when.ts';
import { jsonLines } from './json-view.ts';

/** Longer bodies are cut; JSON output has all of it. */
const MAX_BODY_LINES = 60;
/** Event types of most deliveries end here, so that what follows stands in columns. */
const TYPE_COLUMNS = 26;
/** Where explanations start, below the event type. */
export const INDENT = ' '.repeat(12);

/** One quiet line; what went wrong opens up below it, and the whole request under `verbose`. */
export function viewDelivery(event: EventLine, verbose: boolean): View {
  return {
    kind: 'stack',
    tight: true,
    views: [
      { kind: 'lines', lines: [headline(event)] },
      { kind: 'lines', lines: explanation(event), wrap: true },
      ...(event.forward === null ? [] : [viewTrouble(event.forward)]),
      { kind: 'lines', lines: verbose ? contents(event) : [] },
    ],
  };
}

function headline(event: EventLine): Text {
  const { signature, response, forward, duplicate_of: original } = event;
  return [
    dim(`${localTime(event.received_at)}  `),
    VERDICT_MARKS[signature.status],
    ' ',
    strong(short(event.event_type ?? 'unknown type').padEnd(TYPE_COLUMNS)),
    ...(event.event_id === null ? [] : [dim(`  ${shortId(event.event_id)}`)]),
    '  ',
    ...(forward === null ? [showAnswer(response.status)] : outcome(forward)),
    ...(signature.secret_age === 'previous' ? [warn('  signed with the previous secret')] : []),
    ...(original === null ? [] : [warn('  delivered again')]),
  ];
}

export const VERDICT_MARKS: Readonly<Record<EventLine['signature']['status'], Span>> = {
  valid: MARKS.ok,
  invalid: MARKS.fail,
  unverified: MARKS.warn,
};

/** Types and ids come from the delivery, and may be of any length. */
const MAX_NAME_CHARS = 100;
/** So that a line fits 80 columns; `events show` has all of it. */
const SHOWN_ID_CHARS = 20;
const MAX_LINE_CHARS = 400;

const cutAt =
  (max: number) =>
  (text: string): string =>
    text.length > max ? `${text.slice(0, max)}…` : text;
export const short = cutAt(MAX_NAME_CHARS);
const shortId = cutAt(SHOWN_ID_CHARS);
const cut = cutAt(MAX_LINE_CHARS);

export const showStatus = (status: number): Span => (isSuccess(status) ? good : bad)(String(status));

/** 0: it was never answered, since the run ended before. */
const showAnswer = (status: number): Span => (status === 0 ? bad('not answered') : showStatus(status));

/** `→ 200 in 12 ms`, and which try it was when it is not the first. */
export function outcome({ status, duration_ms, attempts }: ForwardFields): readonly (string | Span)[] {
  return [
    { text: '→', tone: 'dim', ascii: '->' },
    ' ',
    status === null ? bad('no answer') : showStatus(status),
    dim(` in ${Math.round(duration_ms)} ms`),
    ...(attempts > 1 ? [dim(`, attempt ${attempts}`)] : []),
  ];
}

/** What the app said, or why it said nothing; nothing for 2xx. */
export function viewTrouble({ url, status, error, body }: ForwardFields): View {
  if (error !== null) return { kind: 'lines', lines: [[INDENT, bad(error)]], wrap: true };
  if (isSuccess(status)) return { kind: 'lines', lines: [] };
  const said = (body ?? '').split('\n').filter((line) => line.trim() !== '');
  return {
    kind: 'lines',
    lines: [
      [INDENT, dim(`${url} answered ${status}${said.length > 0 ? ':' : ' without a word'}`)],
      ...said.map((line): Text => [INDENT, { text: '│ ', tone: 'bad', ascii: '| ' }, line]),
    ],
  };
}

/** A delivery that did not verify says why, and what to do about it. */
function explanation({ signature }: EventLine): readonly Text[] {
  if (signature.status === 'valid') return [];
  const word = signature.status === 'invalid' ? bad(signature.reason ?? 'invalid') : warn('unverified');
  return [[INDENT, word, ': ', signature.hint ?? '']];
}

function contents({ request }: EventLine): readonly Text[] {
  const target = request.query === null ? request.path : `${request.path}?${request.query}`;
  return [
    [INDENT, dim(`${request.method} ${cut(target)}`)],
    ...request.headers.map(([name, value]): Text => [INDENT, accent(`${name}: `), cut(value)]),
    ...bodyLines(request).map(
      (text): Text => [INDENT, ...(typeof text === 'string' || 'text' in text ? [text] : text)],
    ),
    '',
  ];
}

/** A body that is no JSON is shown as text where it is text. */
function bodyLines({ body_base64 }: EventLine['request']): readonly Text[] {
  const bytes = Buffer.from(body_base64, 'base64');
  if (bytes.length === 0) return [dim('no body')];
  const text = bytes.toString('utf8');
  if (text.includes('\u{fffd}') || text.includes('\0'))
    return [dim(`${bytes.length} bytes that are no text`)];
  return jsonLines(text, MAX_BODY_LINES) ?? textLines(text);
}

function textLines(text: string): readonly Text[] {
  const lines = text.split(/\r?\n/);
  const rest = lines.length > MAX_BODY_LINES ? [dim(`… ${lines.length - MAX_BODY_LINES} more lines`)] : [];
  return [...lines.slice(0, MAX_BODY_LINES).map(cut), ...rest];
}
