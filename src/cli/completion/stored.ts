import { commandWord } from '../../command-word.ts';
import type { Places } from '../../config/settings.ts';
import type { Candidate } from './candidate.ts';
import type { Typed } from './values.ts';

/** Candidates from the files of this machine, which are only looked at. */

export async function storedProfiles(typed: Typed): Promise<readonly Candidate[]> {
  const { glanceAtProfiles } = await import('../../config/glance.ts');
  const { configDir } = await placesOf(typed);
  return glanceAtProfiles(configDir.value).map((value) => ({ value: commandWord(value, '') }));
}

export async function storedWebhooks(typed: Typed): Promise<readonly Candidate[]> {
  const { glanceAtWebhooks } = await import('../../config/glance.ts');
  const { configDir, profile } = await placesOf(typed);
  const given = new Set(typed.given);
  return glanceAtWebhooks(configDir.value, profile.value, typed.current)
    .filter(({ webhookId }) => !given.has(webhookId))
    .map(({ webhookId, eventType }) => ({
      value: commandWord(webhookId, ''),
      ...(eventType !== null && { description: eventType }),
    }));
}

/** With the profile that the line names. */
async function placesOf({ values, world }: Typed): Promise<Places> {
  const { resolvePlaces } = await import('../../config/settings.ts');
  return resolvePlaces({ ...world, flags: { profile: values.get('--profile') } });
}
