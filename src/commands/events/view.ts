import type { EventLine } from '../../listen/line.ts';
import { type Column, dim, type Text, type View, warn } from '../../terminal/view.ts';
import { when } from '../../terminal/when.ts';
import { outcome, showStatus, VERDICT_MARKS, viewDelivery } from '../delivery-view.ts';

/** Enough of an id to be typed. */
const SHORT_ID_CHARS = 8;

const COLUMNS: readonly Column[] = [
  { title: 'ID' },
  { title: 'WHEN' },
  { title: 'SIGNATURE' },
  { title: 'EVENT TYPE', shrink: true },
  { title: 'EVENT ID', shrink: true },
  { title: 'ANSWER' },
];

export function viewEvents(events: readonly EventLine[], now: number, isFiltered: boolean): View {
  const ids = shortIds(events.map(({ id }) => id));
  const notes = events.map(noteOn);
  const hasNotes = notes.some((note) => note !== '');
  return {
    kind: 'table',
    columns: hasNotes ? [...COLUMNS, { title: 'NOTE' }] : COLUMNS,
    rows: events.map((event, index) => [
      ids.get(event.id) ?? event.id,
      when(event.received_at, now),
      showSignature(event.signature),
      event.event_type ?? dim('unknown type'),
      event.event_id ?? dim('-'),
      answer(event),
      ...(hasNotes ? [notes[index] ?? ''] : []),
    ]),
    empty: isFiltered
      ? 'No event in the inbox matches.'
      : 'The inbox is empty: kycgenie listen keeps what it receives.',
  };
}

export function viewEvent(event: EventLine, now: number): View {
  const { forward, duplicate_of: original } = event;
  return {
    kind: 'stack',
    views: [
      {
        kind: 'record',
        fields: [
          ['id', event.id],
          ['received', [event.received_at, dim(`  ${when(event.received_at, now)}`)]],
          ...(forward === null ? [] : [['forwarded to', forward.url] as const]),
          ...(original === null ? [] : [['first seen as', original] as const]),
        ],
      },
      viewDelivery(event, true),
    ],
  };
}

const showSignature = ({ status, reason }: EventLine['signature']): Text => [
  VERDICT_MARKS[status],
  ` ${reason ?? status}`,
];

function answer({ forward, response: { status } }: EventLine): Text {
  if (forward !== null) return outcome(forward);
  return showStatus(status);
}

function noteOn({ duplicate_of: original, signature }: EventLine): Text {
  if (original !== null) return warn('repeated');
  return signature.secret_age === 'previous' ? warn('old secret') : '';
}

/** The beginning of each id, as long as it takes to tell it from the others. */
export function shortIds(ids: readonly string[]): ReadonlyMap<string, string> {
  const sorted = ids.toSorted();
  return new Map(
    sorted.map((id, index) => {
      const neighbours = [sorted[index - 1] ?? '', sorted[index + 1] ?? ''];
      const shared = Math.max(...neighbours.map((other) => sharedStart(id, other)));
      return [id, id.slice(0, Math.max(SHORT_ID_CHARS, shared + 1))];
    }),
  );
}

function sharedStart(one: string, other: string): number {
  let length = 0;
  while (length < one.length && one[length] === other[length]) length += 1;
  return length;
}
