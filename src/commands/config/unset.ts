import { defineCommand } from '../../cli/define.ts';
import { profileKey } from './values.ts';

export const command = defineCommand({
  examples: [
    { command: 'kycgenie config unset base_url' },
    { command: 'kycgenie config unset timeout --profile live' },
  ],
  setup: (command) => command.argument('<key>', 'setting'),
  async run(context, _options, key) {
    const known = await profileKey(key);
    const { profile } = await context.places();
    const profiles = await context.profiles();
    const before = (await profiles.read(profile.value)).values[known] ?? null;
    await profiles.update(profile.value, ({ apiKey, values: { [known]: _removed, ...values } }) => ({
      apiKey,
      values,
    }));
    return { profile: profile.value, key: known, removed: before };
  },
  view: ({ profile, key, removed }) => ({
    kind: 'lines',
    lines: [
      removed === null
        ? `${key} was not set in profile ${profile}`
        : `Removed ${key} from profile ${profile}`,
    ],
  }),
  ids: ({ key }) => [key],
});
