import type { Context } from '../cli/context.ts';
import type { Scheme } from '../signing/scheme.ts';

/** A scheme as the YAML that `--scheme <file>` and the profile take. */
export async function schemeText(scheme: Scheme): Promise<string> {
  const { schemeToData } = await import('../signing/scheme-file.ts');
  const { loadYaml } = await import('../terminal/yaml.ts');
  return (await loadYaml())(schemeToData(scheme));
}

/** Keeps a scheme that was found in the profile; false for one that a secret of no stored webhook proved. */
export async function pinScheme(
  context: Context,
  scheme: Scheme,
  webhookId: string | null,
): Promise<boolean> {
  if (webhookId === null) return false;
  const { profile } = await context.places();
  const text = await schemeText(scheme);
  const profiles = await context.profiles();
  await profiles.update(profile.value, (now) => ({ ...now, values: { ...now.values, scheme: text } }));
  return true;
}
