import type { Context } from '../../cli/context.ts';
import type { Places } from '../../config/settings.ts';
import { type Check, look, ok, skipped, warned } from './check.ts';
import { counted } from './store.ts';

/** Whether the keychain of the system works, where it is chosen or holds something already. */
export const checkKeychain = (context: Context, { profile, configDir }: Places): Promise<Check> =>
  look(context, 'keychain', async () => {
    const vault = await context.vault();
    const { glanceAtPlaces } = await import('../../config/glance.ts');
    const { inKeychain, inFiles } = glanceAtPlaces(configDir.value, profile.value);
    const held = `it holds ${counted(inKeychain, 'value')} of profile ${profile.value}`;
    if (!vault.isChosen && inKeychain === 0) {
      return skipped('Not in use: KYCGENIE_STORE=keychain has keys and secrets kept there');
    }
    const problem = await (await vault.open()).probe();
    if (problem !== null) {
      const outcome = vault.isChosen ? 'new keys and secrets go into files' : 'those cannot be read';
      return warned(
        `It cannot be used: ${problem}; ${held}, and ${outcome}`,
        'Unlock it, or install what is missing; KYCGENIE_STORE=file does without.',
      );
    }
    if (vault.isChosen && inFiles > 0) {
      return warned(
        `It works; ${held}, ${counted(inFiles, 'other')} in files`,
        'kycgenie login moves a key, kycgenie secrets show <webhook_id> | kycgenie secrets import <webhook_id> a secret.',
      );
    }
    return ok(`It works; ${held}`);
  });
