import { defineCommand } from '../../cli/define.ts';
import { dim } from '../../terminal/view.ts';
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
      value ?? dim('none'),
      ...(showOrigin ? [origin, source ?? dim('-')] : []),
    ]),
    empty: '',
  }),
  ids: (values) => values.map(({ key }) => key),
});
