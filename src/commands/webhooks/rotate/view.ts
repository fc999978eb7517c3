import type { FailureReport } from '../../../cli/failure.ts';
import { bad, dim, good, MARKS, type Text, type View } from '../../../terminal/view.ts';
import { why } from '../../batch.ts';
import { viewHandedOver } from '../handing-over.ts';
import type { Item, Rotated } from '../rotate.ts';

export const viewOne = (rotated: Rotated): View => ({
  kind: 'record',
  title: [MARKS.ok, ' Secret rotated'],
  fields: [
    ['id', rotated.id],
    ['secret', [rotated.secret_key ?? '', dim('  stored; kycgenie secrets show prints it')]],
    ['previous', rotated.previous_kept ? 'kept: listen accepts both' : dim('not known here')],
    ...(rotated.handed_over ? [['secret is', viewHandedOver(rotated)] as const] : []),
    ...(rotated.verified ? [['receiver', viewVerified(rotated)] as const] : []),
  ],
});

export const viewAll = (items: readonly Item[]): View => ({
  kind: 'table',
  columns: [
    { title: 'ID' },
    { title: 'EVENT TYPE' },
    { title: 'SECRET' },
    { title: 'OUTCOME', shrink: true },
  ],
  rows: items.map((item) => [
    item.id,
    item.event_type ?? dim('-'),
    item.secret_key ?? dim('-'),
    item.error ? failure(item.error) : outcome(item),
  ]),
  empty: 'There is no webhook to rotate.',
});

/** Where a condition was not met, it says itself that nothing was rotated. */
const failure = (error: FailureReport): Text =>
  error.code === 'condition_not_met' ? bad(error.message) : [bad('failed: '), why(error)].flat();

const outcome = (item: Item): Text => [
  good('rotated, secret stored'),
  ...(item.handed_over ? [', ', ...viewHandedOver(item)] : []),
  ...(item.verified ? [', ', viewVerified(item)] : []),
];

const viewVerified = ({ verified }: Rotated) =>
  verified?.success
    ? good('receiver accepts the new one')
    : bad(`receiver does not accept the new one (${verified?.http_status_code ?? 'no answer'})`);
