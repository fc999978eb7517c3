import type { Context } from '../../cli/context.ts';
import type { Places } from '../../config/settings.ts';
import { InKeychain } from '../../secret.ts';
import { type Check, look, ok, skipped, warned } from './check.ts';
import { counted } from './store.ts';

/** Whether the keychain of the system works, where it is chosen or holds something already. */
export const checkKeychain = (context: Context, { profile }: Places): Promise<Check> =>
  look(context, 'keychain', async () => {
    const vault = await context.vault();
    const { inKeychain, inFiles } = await count(context, profile.value);
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

async function count(context: Context, profile: string) {
  const { apiKey } = await (await context.profiles()).read(profile);
  const secrets = (await (await context.secrets()).survey()).flatMap((webhook) => webhook.secrets);
  const keys = apiKey === null ? [] : [apiKey instanceof InKeychain ? 'keychain' : 'file'];
  const places = [...keys, ...secrets.map(({ storedIn }) => storedIn)];
  const inKeychain = places.filter((place) => place === 'keychain').length;
  return { inKeychain, inFiles: places.length - inKeychain };
}
