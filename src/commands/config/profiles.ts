import { defineCommand } from '../../cli/define.ts';
import { dim, good } from '../../terminal/view.ts';

export const command = defineCommand({
  examples: [
    { command: 'kycgenie config profiles' },
    { command: 'kycgenie config profiles -q', means: 'names only' },
  ],
  setup: (command) => command,
  async run(context) {
    const { profile } = await context.places();
    const profiles = await context.profiles();
    const names = await profiles.names();
    return Promise.all(
      names.map(async (name) => {
        const { apiKey, values } = await profiles.read(name);
        return {
          name,
          in_use: name === profile.value,
          has_key: apiKey !== null,
          base_url: values.base_url ?? null,
        };
      }),
    );
  },
  view: (profiles) => ({
    kind: 'table',
    columns: [{ title: 'PROFILE' }, { title: 'KEY' }, { title: 'BASE URL', shrink: true }],
    rows: profiles.map(({ name, in_use, has_key, base_url }) => [
      in_use ? good(name) : name,
      has_key ? 'stored' : dim('none'),
      base_url ?? dim('default'),
    ]),
    empty: 'No profile is stored yet. kycgenie login makes one.',
  }),
  ids: (profiles) => profiles.map(({ name }) => name),
});
