import { Command, Help, type Option } from 'commander';
import type { Example, Group, Leaf } from '../../src/cli/define.ts';
import { isGroup } from '../../src/cli/define.ts';
import { EXIT_CODES } from '../../src/cli/failure.ts';
import { addGlobalOptions } from '../../src/cli/globals.ts';
import { declaredCommand, HELP_OPTION, VERSION_OPTION } from '../../src/cli/program.ts';
import { TOPICS } from '../../src/commands/help.ts';
import { COMMANDS } from '../../src/commands/index.ts';
import { systemConfigDir, systemDataDir } from '../../src/config/folders.ts';
import { SETTINGS } from '../../src/config/setting-facts.ts';
import { VERSION } from '../../src/version.ts';

/** The program as its pages tell it, all from what runs. */

/** A term and what it means. */
export type Item = readonly [term: string, meaning: string];

export interface DescribedCommand {
  /** `webhooks create` */
  readonly name: string;
  readonly summary: string;
  /** Paragraphs. */
  readonly description: readonly string[];
  readonly usage: string;
  readonly arguments: readonly Item[];
  readonly options: readonly { readonly heading: string; readonly items: readonly Item[] }[];
  readonly examples: readonly Example[];
  readonly exits: readonly Item[];
}

export interface DescribedProgram {
  readonly version: string;
  readonly sections: readonly { readonly heading: string; readonly commands: readonly DescribedCommand[] }[];
  readonly globalOptions: readonly Item[];
  readonly exitCodes: readonly Item[];
  readonly variables: readonly Item[];
  readonly environmentNotes: readonly string[];
  readonly files: readonly Item[];
  readonly formats: readonly Item[];
}

const help = new Help();
const toItem = (option: Option): Item => [help.optionTerm(option), help.optionDescription(option)];
const codes: readonly Item[] = EXIT_CODES.map(([code, meaning]) => [String(code), meaning]);

export async function describeProgram(): Promise<DescribedProgram> {
  const globals = new Command();
  addGlobalOptions(globals);
  const [environment, formats] = await Promise.all([TOPICS.environment(), TOPICS.formats()]);
  return {
    version: VERSION,
    sections: await Promise.all(
      Object.entries(COMMANDS).map(async ([heading, commands]) => ({
        heading,
        commands: await describeAll(commands, []),
      })),
    ),
    globalOptions: [...globals.options, HELP_OPTION, VERSION_OPTION].map(toItem),
    exitCodes: codes,
    variables: variables(),
    environmentNotes: environment.notes,
    files: files(),
    formats: formats.entries.map(([term, ...texts]) => [term, texts.join(' ')]),
  };
}

async function describeAll(
  commands: Group['commands'],
  above: readonly string[],
): Promise<readonly DescribedCommand[]> {
  const described = Object.entries(commands).map(([name, node]) =>
    isGroup(node) ? describeAll(node.commands, [...above, name]) : describeLeaf(node, [...above, name]),
  );
  return (await Promise.all(described)).flat();
}

async function describeLeaf({ summary, load }: Leaf, words: readonly string[]): Promise<DescribedCommand> {
  const { command } = await load();
  const name = words.join(' ');
  const declared = declaredCommand(words.at(-1) ?? '', command);
  const { examples, exits, description = '' } = command;
  return {
    name,
    summary,
    description: description.split('\n\n').filter((paragraph) => paragraph !== ''),
    usage: `kycgenie ${name} ${usageOf(declared)}`.trim(),
    arguments: declared.registeredArguments.map((argument) => [
      help.argumentTerm(argument),
      help.argumentDescription(argument),
    ]),
    options: grouped(declared.options),
    examples,
    exits: codes.filter(([code]) => exits.some((exit) => String(exit) === code)),
  };
}

function usageOf({ options, registeredArguments }: Command): string {
  const given = registeredArguments.map((argument) => {
    const name = `${argument.name()}${argument.variadic ? '...' : ''}`;
    return argument.required ? `<${name}>` : `[${name}]`;
  });
  return [...(options.length > 0 ? ['[options]'] : []), ...given].join(' ');
}

function grouped(options: readonly Option[]): DescribedCommand['options'] {
  const groups = new Map<string, Item[]>();
  for (const option of options.filter(({ hidden }) => !hidden)) {
    const heading = (option.helpGroupHeading ?? 'Options:').replace(/:$/, '');
    groups.set(heading, [...(groups.get(heading) ?? []), toItem(option)]);
  }
  return [...groups].map(([heading, items]) => ({ heading, items }));
}

const variables = (): readonly Item[] =>
  Object.values(SETTINGS).flatMap(({ variables: names, description, defaultText }) =>
    names.map((name): Item => [name, `${description}. Default: ${defaultText}.`]),
  );

const HOME = '/home/you';

function files(): readonly Item[] {
  const linux = { env: {}, platform: 'linux', homedir: HOME } as const;
  const config = systemConfigDir(linux).replace(HOME, '~');
  const data = systemDataDir(linux).replace(HOME, '~');
  return [
    [`${config}/config.json`, 'Profiles and API keys. Only its owner may read it, as all that follows.'],
    [`${config}/secrets/`, 'Signing secrets: a folder a profile, a file a webhook.'],
    [`${data}/inbox/`, 'Deliveries that listen kept.'],
    [`${data}/journal/`, 'Calls that yield a secret, while they are under way or were interrupted.'],
    [`${data}/updates.json`, 'What the newest version was, and when to ask and to tell of it again.'],
    [`${data}/leases/`, 'Temporary subscriptions of listen, to be deleted when it ends.'],
  ];
}
