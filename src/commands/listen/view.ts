import { isSuccess } from '../../http/status.ts';
import type { ForwardLine, ListenLine, ReadyLine, SchemeLine, SummaryLine } from '../../listen/line.ts';
import { accent, bad, dim, good, MARKS, strong, type Text, type View, warn } from '../../terminal/view.ts';
import { when } from '../../terminal/when.ts';
import { INDENT, outcome, short, viewDelivery, viewTrouble } from '../delivery-view.ts';

export function viewLine(line: ListenLine, verbose: boolean, now: number): View {
  switch (line.type) {
    case 'ready':
      return { kind: 'lines', lines: ready(line) };
    case 'scheme':
      return { kind: 'lines', lines: scheme(line), wrap: true };
    case 'problem':
      return { kind: 'lines', lines: [[MARKS.warn, ' ', warn(line.message)]], wrap: true };
    case 'summary':
      return { kind: 'lines', lines: [viewSummary(line)] };
    case 'event':
      return viewDelivery(line, verbose);
    case 'forward':
      return viewForward(line, now);
  }
}

const ready = ({ url }: ReadyLine): readonly Text[] => [
  [good('Ready'), ' for deliveries at ', accent(url)],
  dim('Ctrl-C stops.'),
];

const scheme = ({ scheme: name, description, pinned }: SchemeLine): readonly Text[] => [
  [good('Signature scheme found: '), strong(name), `, ${description}`],
  dim(
    pinned
      ? 'The profile keeps it, and no other is accepted; kycgenie config unset scheme forgets it.'
      : 'For this run no other is accepted.',
  ),
];

function viewForward(line: ForwardLine, now: number): View {
  const { forward, next_attempt_at: next } = line;
  const isDelivered = isSuccess(forward.status);
  const then =
    next === null
      ? line.is_last
        ? 'given up'
        : 'the next run with --ack on-receipt goes on'
      : `again ${when(next, now)}`;
  return {
    kind: 'stack',
    tight: true,
    views: [
      {
        kind: 'lines',
        lines: [
          [
            INDENT.slice(2),
            isDelivered ? MARKS.ok : MARKS.fail,
            ' ',
            strong(short(line.event_type ?? 'unknown type')),
            dim(`  ${short(line.event_id ?? line.id)}  `),
            ...outcome(forward),
            ...(isDelivered ? [] : [warn(`  ${then}`)]),
          ],
        ],
      },
      viewTrouble(forward),
    ],
  };
}

/** `12 received: 11 valid, 1 invalid, …`; also the line that stays below on a terminal. */
export function viewSummary(summary: SummaryLine): Text {
  const { received, valid, invalid, unverified, duplicates } = summary;
  const { forwarded, forward_failed: failed, forward_pending: pending } = summary;
  const parts = [
    good(`${valid} valid`),
    invalid > 0 ? bad(`${invalid} invalid`) : dim('0 invalid'),
    unverified > 0 ? warn(`${unverified} unverified`) : dim('0 unverified'),
    dim(`${duplicates} duplicates`),
    ...(forwarded > 0 ? [good(`${forwarded} forwarded`)] : []),
    ...(failed > 0 ? [bad(`${failed} not taken by the app`)] : []),
    ...(pending > 0 ? [warn(`${pending} still to be forwarded`)] : []),
  ];
  return [`${received} received: `, ...parts.flatMap((part, index) => (index === 0 ? [part] : [', ', part]))];
}
