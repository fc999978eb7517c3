import { defineCommand } from '../../cli/define.ts';
import { profileKey } from './values.ts';

export const command = defineCommand({
  examples: [
    { command: 'kycgenie config set api_version v1' },
    { command: 'kycgenie config set base_url http://127.0.0.1:4010 --profile sandbox' },
  ],
  setup: (command) => command.argument('<key>', 'setting').argument('<value>', 'its value'),
  async run(context, _options, key, value) {
    const known = await profileKey(key);
    const { checkProfileValue } = await import('../../config/settings.ts');
    checkProfileValue(known, value);
    const { profile } = await context.places();
    const profiles = await context.profiles();
    await profiles.update(profile.value, (now) => ({ ...now, values: { ...now.values, [known]: value } }));
    return { profile: profile.value, key: known, value };
  },
  view: ({ profile, key, value }) => ({ kind: 'lines', lines: [`${key} = ${value} in profile ${profile}`] }),
  ids: ({ key }) => [key],
});
