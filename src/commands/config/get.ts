import { defineCommand } from '../../cli/define.ts';
import { Failure } from '../../errors.ts';
import { listValues } from './values.ts';

export const command = defineCommand({
  description: 'Prints the value in force, whatever it came from.',
  examples: [
    { command: 'kycgenie config get base_url' },
    { command: 'kycgenie config get api_version --profile live' },
    { command: 'kycgenie config get scheme > scheme.yaml', means: 'for --scheme ./scheme.yaml elsewhere' },
  ],
  exits: [3],
  setup: (command) => command.argument('<key>', 'setting'),
  async run(context, _options, key) {
    const values = await listValues(context);
    const found = values.find((value) => value.key === key);
    if (!found) {
      throw new Failure('usage', `There is no setting ${key}`, {
        hint: `Settings are ${values.map((value) => value.key).join(', ')}.`,
      });
    }
    if (found.value === null) throw new Failure('not_found', `${key} has no value`);
    return found;
  },
  view: ({ value }) => ({ kind: 'lines', lines: (value ?? '').trimEnd().split('\n') }),
  ids: ({ value }) => [value ?? ''],
});
