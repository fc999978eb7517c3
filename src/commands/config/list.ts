import { defineCommand } from '../../cli/define.ts';
import { dim, MARKS, type Text } from '../../terminal/view.ts';
import { listValues } from './values.ts';

export const command = defineCommand({
  examples: [{ command: 'kycgenie config list' }, { command: 'kycgenie config list --show-origin' }],
  setup: (command) => command.option('--show-origin', 'name where each value came from'),
  run: (context) => listValues(context),
  view: (values, { options: { showOrigin } }) => ({
    kind: 'table',
    columns: [
      { title: 'SETTING' },
      { title: 'VALUE' },
      ...(showOrigin ? [{ title: 'ORIGIN' }, { title: 'SOURCE' }] : []),
    ],
    rows: values.map(({ key, value, origin, source }) => [
      key,
      value === null ? dim('none') : firstLine(value),
      ...(showOrigin ? [origin, source ?? dim('-')] : []),
    ]),
    empty: '',
  }),
  ids: (values) => values.map(({ key }) => key),
});

/** A scheme has many: `config get` prints them. */
function firstLine(value: string): Text {
  const [first = '', ...more] = value.trimEnd().split('\n');
  return more.length === 0 ? first : [first, ' ', MARKS.more];
}
