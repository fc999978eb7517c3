import { defineCommand } from '../../cli/define.ts';
import { readScheme } from '../scheme-name.ts';
import { schemeText } from '../scheme-text.ts';
import { profileKey } from './values.ts';

export const command = defineCommand({
  examples: [
    { command: 'kycgenie config set api_version v1' },
    { command: 'kycgenie config set base_url http://127.0.0.1:4010 --profile sandbox' },
    {
      command: 'kycgenie config set scheme ./scheme.yaml',
      means: 'a preset or a file, as --scheme takes it',
    },
  ],
  setup: (command) => command.argument('<key>', 'setting').argument('<value>', 'its value'),
  async run(context, _options, key, typed) {
    const known = await profileKey(key);
    const { checkProfileValue } = await import('../../config/settings.ts');
    const value =
      known === 'scheme' && typed !== 'auto' ? await schemeText(await readScheme(context, typed)) : typed;
    checkProfileValue(known, value);
    const { profile } = await context.places();
    const profiles = await context.profiles();
    await profiles.update(profile.value, (now) => ({ ...now, values: { ...now.values, [known]: value } }));
    return { profile: profile.value, key: known, value };
  },
  view: ({ profile, key, value }) => ({
    kind: 'lines',
    lines: [
      value.includes('\n')
        ? `${key} stored in profile ${profile}`
        : `${key} = ${value} in profile ${profile}`,
    ],
  }),
  ids: ({ key }) => [key],
});
