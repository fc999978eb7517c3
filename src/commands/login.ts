import type { Context } from '../cli/context.ts';
import { defineCommand } from '../cli/define.ts';
import { API_EXITS } from '../cli/failure.ts';
import { Failure } from '../errors.ts';
import { isOneVisibleWord, Secret } from '../secret.ts';
import { dim, MARKS } from '../terminal/view.ts';

interface LoggedIn {
  readonly profile: string;
  /** Masked. */
  readonly api_key: string;
  readonly base_url: string;
  readonly api_version: string;
  /** False under --no-verify. */
  readonly verified: boolean;
  readonly config_path: string;
}

export const command = defineCommand({
  description:
    'Asks for the key without showing it, tries it with one list call and stores it in the profile. ' +
    '--base-url and --api-version, when given, are stored with it. There is no flag that takes the key itself: ' +
    'other users of the machine could read it from the process list. With KYCGENIE_STORE=keychain the key goes to ' +
    'the keychain of the system, and the profile only says so.',
  examples: [
    { command: 'kycgenie login' },
    { command: 'kycgenie login --api-key-file - < key.txt', means: 'without a terminal' },
    { command: 'kycgenie login --profile live' },
  ],
  exits: API_EXITS,
  setup: (command) => command.option('--no-verify', 'store the key without trying it'),
  async run(context, { verify }): Promise<LoggedIn> {
    const settings = await context.settings();
    const { profile, baseUrl, apiVersion, apiKey } = settings;
    const given = apiKey.origin === 'flag' ? await context.apiKey() : null;
    const key = given ?? (await askKey(context));
    if (verify) await (await context.api({ key })).listWebhooks({ signal: context.signal });
    const profiles = await context.profiles();
    const place = await profiles.place(profile.value, key);
    await profiles.update(profile.value, (stored) => ({
      apiKey: place,
      values: {
        ...stored.values,
        ...(baseUrl.origin === 'flag' && { base_url: baseUrl.value.origin }),
        ...(apiVersion.origin === 'flag' && { api_version: apiVersion.value }),
      },
    }));
    if (context.env['KYCGENIE_API_KEY']?.trim()) {
      context.talk.warn('KYCGENIE_API_KEY is set and wins over the stored key.');
    }
    return {
      profile: profile.value,
      api_key: key.mask(),
      base_url: baseUrl.value.origin,
      api_version: apiVersion.value,
      verified: verify,
      config_path: profiles.path,
    };
  },
  view: ({ profile, api_key, base_url, api_version, verified, config_path }) => ({
    kind: 'record',
    title: [MARKS.ok, verified ? ' Logged in' : ' Key stored, not verified'],
    fields: [
      ['key', api_key],
      ['profile', profile],
      ['api', [base_url, dim(` ${api_version}`)]],
      ['stored in', config_path],
    ],
  }),
});

async function askKey(context: Context): Promise<Secret> {
  const answer = (await (await context.ask()).secret('API key:', '--api-key-file <path or ->')).trim();
  if (!isOneVisibleWord(answer)) {
    throw new Failure('usage', 'That is not an API key', {
      hint: 'A key is one word of visible characters.',
    });
  }
  return new Secret(answer);
}
