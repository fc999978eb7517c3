import type { Webhook } from '../../api/wire.ts';
import type { Context } from '../../cli/context.ts';
import { defineCommand } from '../../cli/define.ts';
import { API_EXITS } from '../../cli/failure.ts';
import { FORMATS } from '../../cli/globals.ts';
import { Failure } from '../../errors.ts';
import type { ManifestData } from '../../provision/export.ts';
import type { Subscription } from '../../provision/subscription.ts';
import { good, lines, type View } from '../../terminal/view.ts';
import { writeExport } from '../events/export-file.ts';
import { parseManifestText } from './manifest-file.ts';
import { manifestLines } from './manifest-text.ts';
import { receiverProblem } from './receiver-url.ts';

/** For editors; the file is in the package. */
const SCHEMA_URL = 'https://unpkg.com/kycgenie-cli/dist/manifest.schema.json';

interface Written {
  readonly file: string;
  readonly subscriptions: number;
  /** False: the file said so already. */
  readonly changed: boolean;
}

type Exported = ManifestData & { readonly $schema: string };

export const command = defineCommand({
  description:
    'The account as a manifest for webhooks apply, which then changes nothing. --update brings a manifest that there ' +
    'is up to date instead, and keeps its comments and variables. Here -o names a file, not a format; a file that ' +
    'ends in .json is written as JSON.',
  examples: [
    { command: 'kycgenie webhooks export -o webhooks.yaml' },
    { command: 'kycgenie webhooks export --update webhooks.yaml' },
    { command: 'kycgenie webhooks export --json | jq .webhooks' },
  ],
  exits: API_EXITS,
  setup: (command) =>
    command
      .option('-o, --file <path>', 'write to this file; - for standard output', filePath)
      .option('--update <path>', 'bring this manifest up to date, with its comments', filePath)
      .option('--force', 'replace the file where there is one'),
  async run(context, { file = '-', update, force = false }): Promise<Exported | Written> {
    if (force && file === '-') throw new Failure('usage', '--force replaces a file: name it with --file');
    if (update === '-') throw new Failure('usage', '--update changes a file: name it');
    const before = update === undefined ? null : await context.readInput(update);
    const account = await readSubscriptions(context);
    if (before !== null && update !== undefined)
      return updateFile(context, account, { path: update, before, file, force });
    const exported = await toExport(account);
    if (file === '-') return exported;
    const text = file.endsWith('.json') ? `${JSON.stringify(exported, undefined, 2)}\n` : textOf(exported);
    await writeExport(file, whole(text), force, true);
    return { file, subscriptions: account.length, changed: true };
  },
  view: (data) => ('webhooks' in data ? lines(...manifestLines(data, SCHEMA_URL)) : viewWritten(data)),
});

/** Who writes `-o json` out of habit means a format, and should not find a file of that name. */
function filePath(text: string): string {
  if (text === '') throw new Failure('usage', '--file needs a path');
  if (!FORMATS.some((format) => format === text)) return text;
  throw new Failure('usage', `Here -o names a file, and ${text} is a format`, {
    hint: `--output ${text} names a format, and --file ./${text} a file.`,
  });
}

async function toExport(account: readonly Subscription[]): Promise<Exported> {
  const { toManifest } = await import('../../provision/export.ts');
  return { $schema: SCHEMA_URL, ...toManifest(account) };
}

const textOf = (exported: Exported): string =>
  manifestLines(exported, SCHEMA_URL)
    .map((line) => `${line}\n`)
    .join('');

/** Each identity once, and what a manifest can hold. */
async function readSubscriptions(context: Context): Promise<readonly Subscription[]> {
  const { readAccount } = await import('../../provision/account.ts');
  const { byAge, contentOf } = await import('../../provision/subscription.ts');
  const { withoutDoubles } = await import('../../provision/export.ts');
  const [api, { apiVersion, baseUrl }] = [await context.api(), await context.settings()];
  const account = await readAccount({ api, apiVersion: apiVersion.value, signal: context.signal });
  const fit = [...account].sort(byAge).filter((webhook) => fitsManifest(context, webhook, baseUrl.value));
  const all = fit.map((webhook) => {
    const { event_type, webhook_url } = webhook;
    return { event_type, webhook_url, ...contentOf(webhook) };
  });
  return withoutDoubles(all);
}

function fitsManifest({ talk }: Context, { id, event_type, webhook_url }: Webhook, baseUrl: URL): boolean {
  const isGroup = event_type.endsWith('.*') || event_type.trim() === '';
  const problem = isGroup ? `${event_type} is no event type` : receiverProblem(webhook_url, baseUrl)?.message;
  if (problem !== undefined) talk.warn(`Left out: webhook ${id}, which no manifest can hold. ${problem}.`);
  return problem === undefined;
}

interface Updating {
  readonly path: string;
  readonly before: string;
  readonly file: string;
  readonly force: boolean;
}

async function updateFile(
  context: Context,
  account: readonly Subscription[],
  { path, before, file, force }: Updating,
): Promise<Written> {
  const { updateEdits } = await import('../../provision/export/update.ts');
  const { editYaml } = await import('../../terminal/edit-yaml.ts');
  const edits = updateEdits(await parseManifestText(context, before, path), account);
  const after = await editYaml(before, path, edits);
  await checkUpdated(context, path, after, account);
  const target = file === '-' ? path : file;
  const isNeeded = after !== before || target !== path;
  if (isNeeded) await writeExport(target, whole(after), force || target === path, true);
  return { file: target, subscriptions: account.length, changed: isNeeded };
}

/** An anchor may have had more said through it than was meant. */
async function checkUpdated(
  context: Context,
  path: string,
  text: string,
  account: readonly Subscription[],
): Promise<void> {
  const { keyOf, isSameContent } = await import('../../provision/subscription.ts');
  const { subscriptions } = await parseManifestText(context, text, path);
  const wanted = new Map(subscriptions.map((one) => [keyOf(one), one]));
  const isRight = account.every((one) => {
    const said = wanted.get(keyOf(one));
    return said !== undefined && isSameContent(said, one);
  });
  if (isRight && wanted.size === account.length) return;
  throw new Failure('usage', `${path} cannot be changed in its place: its aliases say one thing in several`, {
    hint: 'Write it anew with --file.',
  });
}

async function* whole(text: string): AsyncGenerator<string> {
  yield text;
}

function viewWritten({ file, subscriptions, changed }: Written): View {
  const count = subscriptions === 1 ? '1 subscription' : `${subscriptions} subscriptions`;
  return lines(
    changed ? [good(count), ` in ${file}`] : [good('Nothing to change'), `: ${file} has ${count}`],
  );
}
