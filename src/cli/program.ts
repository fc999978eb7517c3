import { Command, CommanderError, Help, Option } from 'commander';
import { Failure } from '../errors.ts';
import { VERSION } from '../version.ts';
import { type AnyCommand, type Builder, type CommandTree, type Group, isGroup, type Leaf } from './define.ts';
import { EXIT_CODES, type ExitCode } from './failure.ts';
import {
  addGlobalOptions,
  GLOBAL_HEADING,
  type GlobalOptions,
  globalOptions,
  takesValue,
} from './globals.ts';

/** What was typed, found and parsed: a command to run, or a text to print. */
export type Parsed =
  | {
      readonly kind: 'command';
      readonly command: AnyCommand;
      readonly options: object;
      readonly args: unknown[];
      readonly globals: GlobalOptions;
    }
  | { readonly kind: 'text'; readonly text: string };

/** How help texts are set: the width to wrap at and how a heading looks. */
export interface HelpLook {
  readonly width: number;
  readonly heading: (text: string) => string;
}

/** Descriptions in narrower columns are left to the terminal. */
const MIN_WRAP_COLUMNS = 20;

export const HELP_OPTION = new Option('-h, --help', 'show help, of a command too').helpGroup(GLOBAL_HEADING);

export const VERSION_OPTION = new Option('-V, --version', 'print the version');

const footer = ({ heading }: HelpLook): string => `
${heading('Start here:')}
  $ kycgenie demo                the main job in seconds, no account needed
  $ kycgenie sandbox             the whole API on this machine
  $ kycgenie login               store an API key
  $ kycgenie help environment    also: exit-codes, formats, signatures`;

/**
 * Turns argv into a command and its typed options. Only the module of the command that was typed is loaded.
 * Throws Failure `usage` for anything commander refuses.
 */
export async function parse(tree: CommandTree, argv: readonly string[], look: HelpLook): Promise<Parsed> {
  const written: string[] = [];
  let parsed: Parsed | undefined;
  const found: Found = (command) => {
    parsed = command;
  };
  const line = helpAsOption(tree, argv);
  const words = beforeHelp(line).filter(isOperand);
  const program = buildProgram(tree, { pending: new Map(), words, look, found }, written);
  try {
    await program.parseAsync([...line], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (!PRINTED.has(error.code)) throw usageFailure(error);
  }
  return parsed ?? { kind: 'text', text: written.join('') };
}

/** Commander ends these by printing what was asked for; a group without a command shows its help. */
const PRINTED: ReadonlySet<string> = new Set([
  'commander.help',
  'commander.helpDisplayed',
  'commander.version',
]);

function usageFailure(error: CommanderError): Failure {
  const [message = '', suggestion] = error.message.replace(/^error: /, '').split('\n');
  const sentence = `${message.charAt(0).toUpperCase()}${message.slice(1)}`;
  return new Failure('usage', sentence, {
    hint: suggestion?.replace(/^\(|\)$/g, '') ?? 'Add --help to see what it takes.',
    cause: error,
  });
}

/**
 * `help webhooks create` is `webhooks create --help`, global options before it stay; `help <topic>` is a command.
 */
function helpAsOption(tree: CommandTree, argv: readonly string[]): readonly string[] {
  const at = argv.findIndex(isOperand);
  if (argv[at] !== 'help') return argv;
  const second = argv[at + 1];
  if (second === undefined) return [...argv.slice(0, at), '--help'];
  const isCommand = Object.values(tree).some((commands) => Object.hasOwn(commands, second));
  return isCommand ? [...argv.slice(0, at), ...argv.slice(at + 1), '--help'] : argv;
}

/** Help lists all commands at its place, whatever is named behind it. */
function beforeHelp(argv: readonly string[]): readonly string[] {
  const at = argv.findIndex((word) => word === HELP_OPTION.short || word === HELP_OPTION.long);
  return at < 0 ? argv : argv.slice(0, at);
}

/** Neither an option nor the value of the global one before it. */
function isOperand(word: string, index: number, argv: readonly string[]): boolean {
  return !word.startsWith('-') && !takesValue(argv[index - 1] ?? '');
}

type Found = (parsed: Parsed) => void;

/** What the commands of a program under construction share. */
interface Building {
  /** What each command holds. */
  readonly pending: Map<Command, Leaf | Group>;
  /** What was typed beside options: first the names of commands. */
  readonly words: readonly string[];
  readonly look: HelpLook;
  readonly found: Found;
}

function buildProgram(tree: CommandTree, building: Building, written: string[]): Command {
  const { look } = building;
  const program = new Command('kycgenie')
    .usage('<command> [options]')
    .description('Webhooks of KYC Genie: provision, receive, verify, debug.')
    .version(VERSION, VERSION_OPTION.flags, VERSION_OPTION.description)
    .helpCommand(false)
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => written.push(text),
      writeErr: (text) => written.push(text),
      outputError: () => undefined,
      // Commander would open both output streams to ask them: a tenth of an empty process.
      getOutHelpWidth: () => look.width,
      getErrHelpWidth: () => look.width,
      getOutHasColors: () => true,
      getErrHasColors: () => true,
    })
    .configureHelp({
      helpWidth: look.width,
      minWidthToWrap: MIN_WRAP_COLUMNS,
      styleTitle: look.heading,
      subcommandTerm: (command) => command.name(),
      visibleOptions: (command) => (command.commands.length > 0 ? [] : new Help().visibleOptions(command)),
    });
  addGlobalOptions(program);
  fillOnUse(program, building);
  const [word] = building.words;
  const typed = Object.entries(tree).filter(([, commands]) => isIn(commands, word));
  for (const [heading, commands] of typed.length > 0 ? typed : Object.entries(tree)) {
    program.commandsGroup(`${heading}:`);
    addCommands(program, commands, word, building);
  }
  return program.addHelpText('after', () => globalOptionsHelp(program, look) + footer(look));
}

/** The root help lists its options last, below the commands. */
function globalOptionsHelp(program: Command, look: HelpLook): string {
  const help = program.createHelp();
  help.prepareContext({ helpWidth: look.width });
  const options = [...program.options, HELP_OPTION];
  const width = Math.max(...options.map((option) => help.optionTerm(option).length));
  const items = options.map((option) =>
    help.formatItem(help.optionTerm(option), width, help.optionDescription(option), help),
  );
  return ['', look.heading('Global options, before or after the command:'), ...items, ''].join('\n');
}

const isIn = (commands: Group['commands'], word: string | undefined): word is string =>
  word !== undefined && Object.hasOwn(commands, word);

/**
 * Adds the command that was typed, or all for the help and for a word that is none of them, by name and summary; what
 * one holds is added when commander comes to it.
 */
function addCommands(
  parent: Command,
  commands: Group['commands'],
  word: string | undefined,
  { pending }: Building,
): void {
  const typed = isIn(commands, word) ? [word] : Object.keys(commands);
  for (const name of typed) {
    const node = commands[name];
    if (node) pending.set(parent.command(name).description(node.summary), node);
  }
}

/** Fills a command, and loads its module, right before commander looks at its arguments. */
function fillOnUse(parent: Command, building: Building): void {
  parent.hook('preSubcommand', async (_parent, child) => {
    const node = building.pending.get(child);
    if (node === undefined) return;
    if (isGroup(node)) fillGroup(child, node, building);
    else configure(child, (await node.load()).command, building);
  });
}

function fillGroup(child: Command, group: Group, building: Building): void {
  child.usage('<command> [options]').enablePositionalOptions().helpCommand(false);
  child.addHelpText(
    'after',
    '\nAdd --help to a command for its options; kycgenie --help shows the global ones.',
  );
  addGlobalOptions(child);
  addCommands(child, group.commands, building.words[1], building);
  fillOnUse(child, building);
}

/** A command with what it declares and nothing more: to be looked at, not to be run. */
export function declaredCommand(name: string, command: AnyCommand): Command {
  const declared = new Command(name);
  command.setup(declared as unknown as Builder);
  return declared;
}

function configure(child: Command, command: AnyCommand, { look, found }: Building): void {
  command.setup(child as unknown as Builder);
  addGlobalOptions(child);
  child.addHelpOption(HELP_OPTION);
  if (command.description !== undefined)
    child.description(`${child.description()}.\n\n${command.description}`);
  child.addHelpText('after', afterHelp(command, look));
  child.action((...given: unknown[]) => {
    const args = given.slice(0, child.registeredArguments.length);
    found({ kind: 'command', command, options: child.opts(), args, globals: globalOptions(child) });
  });
}

/** Examples, then the exit codes that the command adds. */
function afterHelp({ examples, exits }: AnyCommand, look: HelpLook): string {
  const shown = examples.map(({ command, means }) =>
    means === undefined ? `  $ ${command}` : `  # ${means}\n  $ ${command}`,
  );
  const codes = EXIT_CODES.filter(([code]) => exits.includes(code as ExitCode)).map(
    ([code, meaning]) => `  ${String(code).padEnd(4)}${meaning}`,
  );
  return [
    ...(shown.length > 0 ? ['', look.heading('Examples:'), ...shown] : []),
    ...(codes.length > 0 ? ['', look.heading('Exit codes beside 0, 1 and 2:'), ...codes] : []),
  ].join('\n');
}
