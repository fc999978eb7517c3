import { type Command, Option } from 'commander';
import type { SettingFlags } from '../config/settings.ts';
import { Failure } from '../errors.ts';
import { oneOf } from './one-of.ts';

export const FORMATS = ['table', 'json', 'ndjson', 'yaml'] as const;
export type Format = (typeof FORMATS)[number];

export const COLOR_CHOICES = ['auto', 'always', 'never'] as const;
export type ColorChoice = (typeof COLOR_CHOICES)[number];

/** The options that every command takes, before or after its name. */
export interface GlobalOptions extends SettingFlags {
  readonly output?: Format | undefined;
  readonly json?: boolean | undefined;
  readonly quiet?: boolean | undefined;
  readonly color?: ColorChoice | undefined;
  readonly debug?: boolean | undefined;
}

export const GLOBAL_HEADING = 'Global options:';

type Parser = (text: string) => unknown;

const DECLARED: readonly (readonly [flags: string, description: string, parse?: Parser])[] = [
  ['-o, --output <format>', FORMATS.join(', '), oneOf('--output', FORMATS)],
  ['--json', 'short for --output json'],
  ['-q, --quiet', 'ids only, no notices'],
  ['--color <when>', COLOR_CHOICES.join(', '), oneOf('--color', COLOR_CHOICES)],
  ['--profile <name>', 'profile to use'],
  ['--api-key-file <path>', 'file that holds the API key, - for stdin'],
  ['--base-url <url>', 'where the API is'],
  ['--api-version <version>', 'version of the API: v1 or v2'],
  ['--timeout <duration>', 'time-out of one request'],
  ['--max-retries <n>', 'retries of one request'],
  ['--no-input', 'never ask anything'],
  ['--debug', 'trace requests on stderr, without secrets'],
];

/** True for a global option whose value is the next word. */
export function takesValue(word: string): boolean {
  return DECLARED.some(([flags]) => flags.includes('<') && flags.split(/[ ,]+/).includes(word));
}

const names = new WeakMap<Command, readonly string[]>();

/** Adds the global options, but those whose flag the command has for itself. */
export function addGlobalOptions(command: Command): void {
  const taken = new Set(command.options.flatMap(({ short, long }) => [short, long]));
  const added = DECLARED.map(([flags, description, parse]) => {
    const free = flags.split(', ').filter((flag) => !taken.has(flag));
    const option = new Option(free.join(', '), description).helpGroup(GLOBAL_HEADING);
    return parse ? option.argParser(parse) : option;
  }).filter((option) => !taken.has(option.long));
  for (const option of added) command.addOption(option);
  names.set(
    command,
    added.map((option) => option.attributeName()),
  );
}

/** The global options as given along the path from the program to `command`: the innermost wins. */
export function globalOptions(command: Command): GlobalOptions {
  const outer = command.parent ? globalOptions(command.parent) : {};
  const given = (names.get(command) ?? []).filter((name) => command.getOptionValueSource(name) === 'cli');
  return { ...outer, ...Object.fromEntries(given.map((name) => [name, command.getOptionValue(name)])) };
}

/** The output format, where --json and --output agree. */
export function chosenFormat({ output, json }: GlobalOptions): Format {
  if (json === true && output !== undefined && output !== 'json' && output !== 'ndjson') {
    throw new Failure('usage', `--json and --output ${output} exclude each other`, {
      hint: 'Give one of them.',
    });
  }
  return output ?? (json === true ? 'json' : 'table');
}

/** What argv seems to ask for: good enough to set help and to report what could not be parsed. */
export function guessGlobals(argv: readonly string[]): GlobalOptions {
  const valueAfter = (...flags: readonly string[]): string | undefined => {
    const at = argv.findIndex((word) => flags.includes(word));
    const joined = argv.find((word) => flags.some((flag) => word.startsWith(`${flag}=`)));
    return joined === undefined ? argv[at + 1 || argv.length] : joined.slice(joined.indexOf('=') + 1);
  };
  return {
    json: argv.includes('--json'),
    output: FORMATS.find((format) => format === valueAfter('-o', '--output')),
    color: COLOR_CHOICES.find((choice) => choice === valueAfter('--color')),
    debug: argv.includes('--debug'),
  };
}
