import type { LogEntry } from '../../api/wire.ts';
import { accent, bad, type Column, dim, good, type Text, type View, warn } from '../../terminal/view.ts';
import { when } from '../../terminal/when.ts';

const COLUMNS: readonly Column[] = [
  { title: 'ID' },
  { title: 'WHEN' },
  { title: 'STATUS' },
  { title: 'CODE', align: 'right' },
  { title: 'EVENT TYPE' },
  { title: 'URL', shrink: true },
  { title: 'TRY', align: 'right' },
  { title: 'ERROR', shrink: true },
];

export const viewEntries = (entries: readonly LogEntry[], now: number): View => ({
  kind: 'table',
  columns: COLUMNS,
  rows: entries.map((entry) => [
    entry.id,
    when(entry.created_at, now),
    showStatus(entry.status),
    entry.http_status_code === null ? dim('-') : String(entry.http_status_code),
    entry.event_type,
    entry.webhook_url,
    entry.attempt_number === null ? dim('-') : String(entry.attempt_number),
    entry.next_retry_at === null
      ? (entry.error_message ?? '')
      : [entry.error_message ?? 'failed', dim(`, retry ${when(entry.next_retry_at, now)}`)],
  ]),
  empty: 'No delivery matches.',
});

export const viewEntry = (entry: LogEntry, now: number): View => ({
  kind: 'record',
  fields: [
    ['id', entry.id],
    ['event type', entry.event_type],
    ['url', entry.webhook_url],
    ['status', showStatus(entry.status)],
    ['answer', entry.http_status_code === null ? dim('none') : String(entry.http_status_code)],
    ['attempt', entry.attempt_number === null ? dim('not told') : String(entry.attempt_number)],
    ['error', entry.error_message ?? dim('none')],
    ['created', [entry.created_at, dim(`  ${when(entry.created_at, now)}`)]],
    [
      'next retry',
      entry.next_retry_at === null
        ? dim('none')
        : [entry.next_retry_at, dim(`  ${when(entry.next_retry_at, now)}`)],
    ],
  ],
});

const TONES: Readonly<Record<string, (text: string) => Text>> = {
  delivered: good,
  failed: bad,
  retrying: warn,
  pending: accent,
};

const showStatus = (status: string): Text => (TONES[status] ?? dim)(status);
