import type { Context } from '../../cli/context.ts';
import type { ListedSetting, Places } from '../../config/settings.ts';
import { type Check, failed, look, ok, warned } from './check.ts';

/** Settings, and where those came from that are not as they are by default. */
export const checkSettings = (context: Context, places: Places | null): Promise<Check> =>
  look(context, 'settings', async () => {
    const damage = places && (await damageOf(places));
    if (damage) {
      return failed(
        `${damage.path} ${damage.reason}`,
        'Mend it or move it away; kycgenie login makes a new one.',
      );
    }
    const { listSettings } = await import('../../config/settings.ts');
    const settings = await context.settings();
    const chosen = listSettings(settings).filter(isChosen);
    const { profile } = settings;
    const shown = chosen.map(
      ({ key, value, origin, source }) => `${key} ${shorten(value)} (${source ?? origin})`,
    );
    const message = [`profile ${profile.value}`, ...shown].join('; ');
    const shadowed = await shadowedBy(context, profile.value, chosen);
    return shadowed.length === 0
      ? ok(message)
      : warned(message, `${shadowed.join('; ')}. Unset what you do not mean.`);
  });

interface Damage {
  readonly path: string;
  readonly reason: string;
}

/** Looked at before the settings are read: reading sets a damaged file aside, and the next run goes on without it. */
async function damageOf({ configDir }: Places): Promise<Damage | null> {
  const { configDamage } = await import('../../config/profiles.ts');
  const { configPath } = await import('../../config/names.ts');
  const reason = configDamage(configDir.value);
  return reason === null ? null : { path: configPath(configDir.value), reason: `is damaged: ${reason}` };
}

const isChosen = ({ key, origin }: ListedSetting): boolean =>
  origin === 'flag' || origin === 'environment' || (origin === 'profile' && key !== 'api_key');

const MAX_SHOWN_CHARS = 60;

/** A scheme has many lines. */
function shorten(value: string | null): string {
  const [first = '', ...more] = (value ?? '').trimEnd().split('\n');
  return more.length > 0 || first.length > MAX_SHOWN_CHARS ? `${first.slice(0, MAX_SHOWN_CHARS)}…` : first;
}

/** What the environment decides although the profile says something else: the usual surprise. */
async function shadowedBy(
  context: Context,
  profile: string,
  chosen: readonly ListedSetting[],
): Promise<readonly string[]> {
  const { apiKey, values } = await (await context.profiles()).read(profile);
  const kept = new Map<string, string | undefined>([...Object.entries(values), ['api_key', apiKey?.mask()]]);
  return chosen
    .filter(({ key, value, origin }) => {
      const stored = kept.get(key);
      return origin === 'environment' && stored !== undefined && stored !== value;
    })
    .map(({ key, source }) => `${source} wins over the ${key} that profile ${profile} has`);
}
