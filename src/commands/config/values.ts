import type { Context } from '../../cli/context.ts';
import type { ProfileKey } from '../../config/profiles.ts';
import type { ListedSetting } from '../../config/settings.ts';
import { Failure } from '../../errors.ts';

/** Every setting in force, with its origin. */
export async function listValues(context: Context): Promise<readonly ListedSetting[]> {
  const { listSettings } = await import('../../config/settings.ts');
  return listSettings(await context.settings());
}

/** The key of a profile value; Failure `usage` for anything else. */
export async function profileKey(key: string): Promise<ProfileKey> {
  const { PROFILE_KEYS } = await import('../../config/profiles.ts');
  const found = PROFILE_KEYS.find((known) => known === key);
  if (found) return found;
  throw new Failure('usage', `A profile has no setting ${key}`, {
    hint:
      key === 'api_key'
        ? 'Run kycgenie login: what stands on a command line can be read by every user of this machine.'
        : `It may hold ${PROFILE_KEYS.join(', ')}.`,
  });
}
