import type { Context } from '../../cli/context.ts';
import type { Command, OptionValues } from '../../cli/define.ts';
import { single } from '../../cli/options.ts';
import type { Located } from '../../located.ts';
import type { Reading } from '../../provision/manifest/fields.ts';
import type { Manifest } from '../../provision/manifest.ts';
import { receiverProblem } from './receiver-url.ts';

/** `-f` and `--prune`, as diff and apply take them. */
export const withManifestOptions = <A extends unknown[], O extends OptionValues, G extends OptionValues>(
  command: Command<A, O, G>,
) =>
  command
    .option('-f, --file <path>', 'the manifest, YAML or JSON; - for standard input', single('--file'))
    .option('--prune', 'delete what the manifest does not name, and duplicates but the oldest');

/** What a manifest file says. Throws Failure `usage` that names file, line and column. */
export async function readManifest(context: Context, path: string): Promise<Manifest> {
  const manifest = await parseManifestText(context, await context.readInput(path), nameOf(path));
  for (const type of manifest.unknownTypes) await warnOfType(context, type);
  return manifest;
}

export async function parseManifestText(context: Context, text: string, source: string): Promise<Manifest> {
  const { parseManifest } = await import('../../provision/manifest.ts');
  return parseManifest(await readLocated(text, source), await readingOf(context, source));
}

export async function readLocated(text: string, source: string): Promise<Located> {
  const reader = await import('../../terminal/read-located.ts');
  return reader.readLocated(text, source);
}

/** How a file of this name is to be read: with the variables and for the API of this run. */
export async function readingOf(context: Context, source: string): Promise<Reading> {
  const { baseUrl } = await context.settings();
  return { source, env: context.env, urlProblem: (url) => receiverProblem(url, baseUrl.value) };
}

export const nameOf = (path: string): string => (path === '-' ? 'standard input' : path);

async function warnOfType({ talk }: Context, type: string): Promise<void> {
  const { nearest } = await import('../../nearest.ts');
  const { EVENT_TYPES } = await import('../../events/catalog.ts');
  const meant = nearest(
    type,
    EVENT_TYPES.map((known) => known.type),
  );
  const advice = meant === null ? 'See kycgenie events types.' : `Did you mean ${meant}?`;
  talk.warn(`${type} is not a documented event type; it is sent as it is. ${advice}`);
}
