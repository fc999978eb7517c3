import { defineCommand } from '../cli/define.ts';
import { dim } from '../terminal/view.ts';

interface LoggedOut {
  /** Profiles whose key was forgotten. */
  readonly profiles: readonly string[];
}

export const command = defineCommand({
  description:
    'A key in the keychain of the system is removed there, too. Signing secrets stay: they cannot be had a second time. See kycgenie secrets forget.',
  examples: [{ command: 'kycgenie logout' }, { command: 'kycgenie logout --all' }],
  setup: (command) => command.option('--all', 'forget the keys of all profiles'),
  async run(context, { all }): Promise<LoggedOut> {
    const { profile } = await context.places();
    const profiles = await context.profiles();
    const forgotten: string[] = [];
    for (const name of all ? await profiles.names() : [profile.value]) {
      if ((await profiles.read(name)).apiKey === null) continue;
      await profiles.update(name, (stored) => ({ ...stored, apiKey: null }));
      forgotten.push(name);
    }
    return { profiles: forgotten };
  },
  view: ({ profiles }) => ({
    kind: 'lines',
    lines:
      profiles.length === 0
        ? [dim('No key was stored.')]
        : profiles.map((name) => `Forgot the key of profile ${name}.`),
  }),
  ids: ({ profiles }) => profiles,
});
