import type { FailureReport } from '../../cli/failure.ts';
import type { Changes, Plan } from '../../provision/plan.ts';
import type { Content, Identity } from '../../provision/subscription.ts';
import { bad, dim, good, MARKS, type Span, strong, type Text, type View, warn } from '../../terminal/view.ts';
import { viewHandedOver, type WithHandedOver } from './handing-over.ts';

/** What applying made of an item; absent while it is only planned. */
interface Ended extends WithHandedOver {
  readonly id?: string | null;
  readonly status?: string;
  readonly error?: FailureReport | null;
  /** Masked, unless --show-secret. */
  readonly secret_key?: string | null;
}

/** A plan, or what became of one: the same shape, so that the same view shows both. */
export interface ShownPlan {
  readonly create: readonly (Plan['create'][number] & Ended)[];
  readonly update: readonly (Plan['update'][number] & Ended)[];
  readonly delete: readonly (Plan['delete'][number] & Ended)[];
  readonly unchanged: Plan['unchanged'];
  /** Where the plan was saved to be applied later. */
  readonly plan_file?: string;
}

/** Everything but what stays as it is. */
export const itemsOf = (plan: ShownPlan) => [...plan.create, ...plan.update, ...plan.delete];

export const isEmpty = (plan: ShownPlan): boolean => itemsOf(plan).length === 0;

/** One line of the plan, and what there is to say below it. */
interface Row extends Identity {
  readonly mark: Span;
  readonly id: string | null;
  readonly notes: readonly Text[];
}

export const viewPlan = (plan: ShownPlan): View => ({ kind: 'lines', wrap: true, lines: planLines(plan) });

/** By URL, then as the plan has them; a summary at the end. */
export function planLines(plan: ShownPlan): readonly Text[] {
  const byUrl = new Map<string, Row[]>();
  for (const row of rowsOf(plan)) {
    const rows = byUrl.get(row.webhook_url);
    if (rows) rows.push(row);
    else byUrl.set(row.webhook_url, [row]);
  }
  const urls = [...byUrl].flatMap(([url, rows]) => [strong(url), ...rows.flatMap(rowLines), '']);
  return [...urls, ...summary(plan)];
}

function rowsOf(plan: ShownPlan): readonly Row[] {
  return [
    ...plan.create.map(
      (item): Row => ({
        ...at(item, good('+')),
        notes: item.status === undefined ? contentNotes(item) : endNotes(item),
      }),
    ),
    ...plan.update.map(
      (item): Row => ({
        ...at(item, warn('~')),
        notes: [...changeNotes(item.changes), ...endNotes(item)],
      }),
    ),
    ...plan.delete.map(
      (item): Row => ({
        ...at(item, bad('-')),
        notes: [...duplicateNotes(item), ...endNotes(item)],
      }),
    ),
    ...plan.unchanged
      .filter(({ duplicate_of }) => duplicate_of !== null)
      .map((item): Row => ({ ...at(item, warn('!')), notes: duplicateNotes(item) })),
  ];
}

const at = ({ event_type, webhook_url, id, error }: Identity & Ended, mark: Span) => ({
  ...{ event_type, webhook_url, id: id ?? null },
  mark: error ? MARKS.fail : mark,
});

const rowLines = ({ mark, event_type, id, notes }: Row): readonly Text[] => [
  ['  ', mark, ' ', event_type, ...(id === null ? [] : [dim(`  ${id}`)])],
  ...notes.map((note) => ['      ', note].flat()),
];

/** What is not as it is by itself. */
const contentNotes = ({ description, is_active, filters }: Content): readonly Text[] => [
  ...(description === '' ? [] : [field('description', said(description))]),
  ...(is_active ? [] : [field('active', 'false')]),
  ...(Object.keys(filters).length === 0 ? [] : [field('filters', said(filters))]),
];

const ARROW: Span = { text: ' → ', tone: 'dim', ascii: ' -> ' };
/** As the manifest calls them. */
const FIELD_NAMES: Readonly<Record<keyof Content, string>> = {
  description: 'description',
  is_active: 'active',
  filters: 'filters',
};

const changeNotes = (changes: Changes): readonly Text[] =>
  (['description', 'is_active', 'filters'] as const).flatMap((name) => {
    const change = changes[name];
    return change ? [[field(FIELD_NAMES[name], said(change.from)), ARROW, said(change.to)].flat()] : [];
  });

const field = (name: string, value: string) => [dim(`${name}: `), value];

function said(value: string | boolean | object): string {
  if (value === '' || (typeof value === 'object' && Object.keys(value).length === 0)) return 'none';
  return JSON.stringify(value);
}

const duplicateNotes = ({ duplicate_of }: { readonly duplicate_of: string | null }): readonly Text[] =>
  duplicate_of === null ? [] : [[warn('duplicate of '), duplicate_of]];

function endNotes({ status, error, secret_key, handed_over = [] }: Ended): readonly Text[] {
  if (error) {
    const request = error.request_id === null ? [] : [dim(` (request ${error.request_id})`)];
    return [[bad('failed: '), error.message, ...request]];
  }
  if (status === undefined) return [];
  if (status === 'withdrawn') return [warn('deleted again: somebody else subscribed the same meanwhile')];
  if (!secret_key) return [good(status)];
  const handed = viewHandedOver({ handed_over });
  return [[good(status), dim(', secret stored: '), secret_key], ...(handed.length > 0 ? [handed] : [])];
}

function summary(plan: ShownPlan): readonly Text[] {
  const { unchanged } = plan;
  const others = unchanged.filter(({ in_manifest }) => !in_manifest).length;
  const duplicates = unchanged.filter(({ duplicate_of }) => duplicate_of !== null).length;
  const same = unchanged.length - others - duplicates;
  return [
    isEmpty(plan)
      ? `Nothing to change: ${counted(same)} as the manifest says.`
      : `${counts(plan)}, ${same} unchanged.`,
    ...(others === 0
      ? []
      : [dim(`${others} more in the account, not in the manifest: --prune deletes them.`)]),
    ...(duplicates === 0 ? [] : [dim(`${duplicates} duplicates: --prune deletes them, the oldest stay.`)]),
    ...(plan.plan_file === undefined
      ? []
      : [['Saved: ', strong(`kycgenie webhooks apply ${plan.plan_file}`)]]),
  ];
}

const counted = (n: number): string => (n === 1 ? '1 subscription is' : `${n} subscriptions are`);

function counts(plan: ShownPlan): string {
  const items = itemsOf(plan);
  if (items.every(({ status }) => status === undefined)) {
    return `${plan.create.length} to create, ${plan.update.length} to update, ${plan.delete.length} to delete`;
  }
  const well = (list: readonly Ended[]): number => list.filter(({ error }) => !error).length;
  const failed = items.filter(({ error }) => error).length;
  const done = `${well(plan.create)} created, ${well(plan.update)} updated, ${well(plan.delete)} deleted`;
  return failed === 0 ? done : `${done}, ${failed} failed`;
}
