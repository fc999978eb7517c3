import { Failure } from '../errors.ts';
import type { Scheme } from '../signing/scheme.ts';

/** The preset of this name, or the default one. */
export async function findScheme(name: string | undefined): Promise<Scheme> {
  const { DEFAULT_SCHEME, findPreset, PRESET_NAMES, PRESETS } = await import('../signing/scheme.ts');
  const scheme = name === undefined ? PRESETS[DEFAULT_SCHEME] : findPreset(name);
  if (scheme) return scheme;
  throw new Failure('usage', `There is no signature scheme ${name}`, {
    hint: `Schemes are ${PRESET_NAMES.join(', ')}.`,
  });
}
