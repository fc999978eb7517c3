import type { Context } from '../cli/context.ts';
import { Failure } from '../errors.ts';
import type { Scheme } from '../signing/scheme.ts';

/** What `--scheme` and the profile may say instead of a scheme: it is to be found. */
const AUTO = 'auto';

/** For help, after a command's own words. */
export const SCHEME_HELP = 'preset or file.yaml: see kycgenie help signatures';

/** How deliveries are to be verified: as typed, else as the profile has it; null: to be found. */
export async function verifyingScheme(context: Context, typed: string | undefined): Promise<Scheme | null> {
  if (typed === AUTO) return null;
  return typed === undefined ? pinnedScheme(context) : readScheme(context, typed);
}

/** How deliveries are to be signed: as typed, else as the profile has it, else by the default scheme. */
export async function signingScheme(context: Context, typed: string | undefined): Promise<Scheme> {
  const scheme = typed === undefined ? await pinnedScheme(context) : await readScheme(context, typed);
  if (scheme !== null) return scheme;
  const { DEFAULT_SCHEME, PRESETS } = await import('../signing/scheme.ts');
  return PRESETS[DEFAULT_SCHEME];
}

/** The scheme of this name or in this file. Throws Failure `usage`. */
export async function readScheme(context: Context, typed: string): Promise<Scheme> {
  return isPath(typed) ? parseText(await context.readInput(typed), typed) : findScheme(typed);
}

/** The preset of this name, or the default one. Throws Failure `usage`. */
export async function findScheme(name: string | undefined): Promise<Scheme> {
  const { DEFAULT_SCHEME, findPreset, PRESET_NAMES, PRESETS } = await import('../signing/scheme.ts');
  const scheme = name === undefined ? PRESETS[DEFAULT_SCHEME] : findPreset(name);
  if (scheme) return scheme;
  if (name === AUTO) {
    throw new Failure('usage', 'auto finds a scheme from deliveries, and names none itself', {
      hint: `Name one of ${PRESET_NAMES.join(', ')}, or a file such as ./scheme.yaml.`,
    });
  }
  const { nearest } = await import('../nearest.ts');
  const meant = nearest(name ?? '', PRESET_NAMES);
  const known = `Schemes are ${PRESET_NAMES.join(', ')}, or a file such as ./scheme.yaml.`;
  throw new Failure('usage', `There is no signature scheme ${name}`, {
    hint: meant === null ? known : `Did you mean ${meant}? ${known}`,
  });
}

/** The scheme that the profile keeps; null where it keeps none. */
async function pinnedScheme(context: Context): Promise<Scheme | null> {
  const { value, source } = (await context.settings()).scheme;
  if (value === AUTO) return null;
  const { findPreset } = await import('../signing/scheme.ts');
  return findPreset(value) ?? parseText(value, source === null ? 'the scheme' : `scheme in ${source}`);
}

const isPath = (text: string): boolean => /[/\\]/.test(text) || /\.(?:ya?ml|json)$/i.test(text);

async function parseText(text: string, source: string): Promise<Scheme> {
  const { readYaml } = await import('../terminal/read-yaml.ts');
  const { parseScheme } = await import('../signing/scheme-file.ts');
  return parseScheme(await readYaml(text, source), source);
}
