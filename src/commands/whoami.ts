import { defineCommand } from '../cli/define.ts';
import { Failure } from '../errors.ts';
import { dim, type Text } from '../terminal/view.ts';

interface Who {
  readonly profile: string;
  /** Masked. */
  readonly api_key: string;
  readonly base_url: string;
  readonly api_version: string;
  /** Where each of them came from: flag, environment, profile or default. */
  readonly origins: Readonly<Record<'profile' | 'api_key' | 'base_url' | 'api_version', string>>;
}

export const command = defineCommand({
  description: 'Asks the API nothing: it says what the next call would use.',
  examples: [
    { command: 'kycgenie whoami' },
    { command: 'kycgenie whoami >/dev/null 2>&1 || kycgenie login' },
  ],
  exits: [4],
  setup: (command) => command,
  async run(context): Promise<Who> {
    const { profile, apiKey, baseUrl, apiVersion } = await context.settings();
    const key = await context.apiKey();
    if (key === null) {
      throw new Failure('not_logged_in', `No API key in profile ${profile.value}`, {
        hint: 'Run kycgenie login, or set KYCGENIE_API_KEY.',
      });
    }
    return {
      profile: profile.value,
      api_key: key.mask(),
      base_url: baseUrl.value.origin,
      api_version: apiVersion.value,
      origins: {
        profile: profile.origin,
        api_key: apiKey.origin,
        base_url: baseUrl.origin,
        api_version: apiVersion.origin,
      },
    };
  },
  view: ({ profile, api_key, base_url, api_version, origins }) => {
    const from = (value: string, origin: string): Text => [value, dim(`  ${origin}`)];
    return {
      kind: 'record',
      fields: [
        ['profile', from(profile, origins.profile)],
        ['key', from(api_key, origins.api_key)],
        ['base url', from(base_url, origins.base_url)],
        ['api version', from(api_version, origins.api_version)],
      ],
    };
  },
});
