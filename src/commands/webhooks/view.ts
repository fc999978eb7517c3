import type { Webhook } from '../../api/wire.ts';
import { type Column, dim, good, type Text, type View, warn } from '../../terminal/view.ts';
import { when } from '../../terminal/when.ts';

/** A subscription as commands print it: the API's fields, and whether its secret is kept here. */
export interface ShownWebhook extends Webhook {
  readonly has_secret: boolean;
}

const COLUMNS: readonly Column[] = [
  { title: 'ID' },
  { title: 'EVENT TYPE' },
  { title: 'URL', shrink: true },
  { title: 'STATE' },
  { title: 'OK', align: 'right' },
  { title: 'FAILED', align: 'right' },
  { title: 'LAST', shrink: true },
  { title: 'SECRET' },
];

export function viewWebhooks(webhooks: readonly ShownWebhook[], now: number, isFiltered: boolean): View {
  return {
    kind: 'table',
    columns: COLUMNS,
    rows: webhooks.map((webhook) => [
      webhook.id,
      webhook.event_type,
      webhook.webhook_url,
      state(webhook),
      count(webhook.stats?.successful_deliveries),
      failures(webhook.stats?.failed_deliveries),
      webhook.last_triggered_at === null ? dim('never') : when(webhook.last_triggered_at, now),
      secret(webhook),
    ]),
    empty: isFiltered
      ? 'No webhook matches.'
      : 'No webhooks yet. Create one: kycgenie webhooks create --event screening.completed --url https://…',
  };
}

export function viewWebhook(webhook: ShownWebhook, now: number): View {
  const { stats } = webhook;
  return {
    kind: 'record',
    fields: [
      ['id', webhook.id],
      ['event type', webhook.event_type],
      ['url', webhook.webhook_url],
      ['state', state(webhook)],
      ['description', webhook.description || dim('none')],
      ['filters', isEmpty(webhook.filters) ? dim('none') : JSON.stringify(webhook.filters)],
      ['secret', secret(webhook)],
      [
        'deliveries',
        stats ? deliveries(stats.successful_deliveries, stats.failed_deliveries) : dim('not told'),
      ],
      ['last triggered', time(webhook.last_triggered_at, now, 'never')],
      ['created', time(webhook.created_at, now, 'not told')],
      ['updated', time(webhook.updated_at, now, 'not told')],
    ],
  };
}

const isEmpty = (filters: Webhook['filters']): boolean =>
  filters === null || Object.keys(filters).length === 0;

function state({ is_active }: ShownWebhook): Text {
  if (is_active === null) return dim('unknown');
  return is_active ? good('active') : warn('inactive');
}

const secret = ({ has_secret }: ShownWebhook): Text => (has_secret ? good('stored') : dim('not here'));

const count = (n: number | undefined): Text => (n === undefined ? dim('-') : String(n));

const failures = (n: number | undefined): Text => (n === undefined || n === 0 ? count(n) : warn(String(n)));

const deliveries = (delivered: number, failed: number): Text => [
  `${delivered} delivered, `,
  failed === 0 ? 'none failed' : warn(`${failed} failed`),
];

const time = (iso: string | null, now: number, none: string): Text =>
  iso === null ? dim(none) : [iso, dim(`  ${when(iso, now)}`)];
