import type { Context } from '../../cli/context.ts';
import type { SecretSource } from '../../listen/candidates.ts';
import { type ChosenSecrets, candidatesOf, knownCandidates } from '../signing-secret.ts';

/** The secrets that `listen` tries, read anew as they change; and those that it leaves aside. */
export async function secretSource(context: Context, chosen: ChosenSecrets): Promise<SecretSource> {
  const store = await context.secrets();
  return {
    revision: () => store.revision(),
    load: async () => {
      const candidates = await knownCandidates(context, chosen);
      const tried = new Set(candidates.map(({ secret }) => secret.reveal()));
      const all = (await store.list()).flatMap(candidatesOf);
      return { candidates, others: all.filter(({ secret }) => !tried.has(secret.reveal())) };
    },
  };
}
