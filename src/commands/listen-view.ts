import type { EventLine, ListenLine, ReadyLine, SummaryLine } from '../listen/line.ts';
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

/** Longer bodies are cut under --verbose; JSON output has all of it. */
const MAX_BODY_LINES = 60;
/** Where explanations start, below the event type. */
const INDENT = ' '.repeat(12);

export function viewLine(line: ListenLine, verbose: boolean): View {
  switch (line.type) {
    case 'ready':
      return { kind: 'lines', lines: ready(line) };
    case 'problem':
      return { kind: 'lines', lines: [[MARKS.warn, ' ', warn(line.message)]], wrap: true };
    case 'summary':
      return { kind: 'lines', lines: [summary(line)] };
    case 'event':
      return {
        kind: 'stack',
        tight: true,
        views: [
          { kind: 'lines', lines: [headline(line)] },
          { kind: 'lines', lines: explanation(line), wrap: true },
          { kind: 'lines', lines: verbose ? contents(line) : [] },
        ],
      };
  }
}

const ready = ({ url }: ReadyLine): readonly Text[] => [
  [good('Ready'), ' for deliveries at ', accent(url)],
  dim('Ctrl-C stops.'),
];

function headline(event: EventLine): Text {
  const { signature, response, duplicate_of: original } = event;
  return [
    dim(`${localTime(event.received_at)}  `),
    VERDICT_MARKS[signature.status],
    ' ',
    strong(event.event_type ?? 'unknown type'),
    ...(event.event_id === null ? [] : [dim(`  ${event.event_id}`)]),
    '  ',
    response.status < 300 ? good(String(response.status)) : bad(String(response.status)),
    ...(signature.secret_age === 'previous' ? [warn('  signed with the previous secret')] : []),
    ...(original === null ? [] : [warn('  delivered again')]),
  ];
}

const VERDICT_MARKS: Readonly<Record<EventLine['signature']['status'], Span>> = {
  valid: MARKS.ok,
  invalid: MARKS.fail,
  unverified: MARKS.warn,
};

/** A delivery that did not verify says why, and what to do about it. */
function explanation({ signature }: EventLine): readonly Text[] {
  if (signature.status === 'valid') return [];
  const word = signature.status === 'invalid' ? bad(signature.reason ?? 'invalid') : warn('unverified');
  return [[INDENT, word, ': ', signature.hint ?? '']];
}

function contents({ request }: EventLine): readonly Text[] {
  const target = request.query === null ? request.path : `${request.path}?${request.query}`;
  const body =
    request.body === null ? [dim('no JSON body')] : JSON.stringify(request.body, null, 2).split('\n');
  const cut = body.length > MAX_BODY_LINES ? [dim(`… ${body.length - MAX_BODY_LINES} more lines`)] : [];
  return [
    [INDENT, dim(`${request.method} ${target}`)],
    ...request.headers.map(([name, value]): Text => [INDENT, dim(`${name}: `), value]),
    ...[...body.slice(0, MAX_BODY_LINES), ...cut].map((text): Text => [INDENT, text]),
    '',
  ];
}

function summary({ received, valid, invalid, unverified, duplicates }: SummaryLine): Text {
  const parts = [
    good(`${valid} valid`),
    invalid > 0 ? bad(`${invalid} invalid`) : dim('0 invalid'),
    unverified > 0 ? warn(`${unverified} unverified`) : dim('0 unverified'),
    dim(`${duplicates} duplicates`),
  ];
  return [`${received} received: `, ...parts.flatMap((part, index) => (index === 0 ? [part] : [', ', part]))];
}
