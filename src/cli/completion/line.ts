import { type Argument, Command, type Option } from 'commander';
import { type CommandTree, type Group, isGroup, type Leaf } from '../define.ts';
import { addGlobalOptions } from '../globals.ts';
import { declaredCommand } from '../program.ts';

/** A command line up to the word at the cursor, understood as far as it goes. */
export interface Line {
  /** The words of the command: `['webhooks', 'create']`. */
  readonly path: readonly string[];
  /** The commands that may come next; null below a command. */
  readonly next: Group['commands'] | null;
  /** Of the command, its own first. */
  readonly options: readonly Option[];
  /** How many of them are its own. */
  readonly ownOptions: number;
  readonly arguments: readonly Argument[];
  /** Arguments before the cursor. */
  readonly given: readonly string[];
  /** Values of options before the cursor, by long flag: the last of each. */
  readonly values: ReadonlyMap<string, string>;
  /** The option whose value is at the cursor. */
  readonly awaiting: Option | null;
  /** After `--` nothing is an option. */
  readonly isPastOptions: boolean;
  /** After `help`: commands to be explained. */
  readonly isHelp: boolean;
}

const HELP = 'help';

/** Null where a word before the cursor is no command that there is. */
export async function readLine(tree: CommandTree, before: readonly string[]): Promise<Line | null> {
  const globals = globalsFor(new Command());
  let line: Line = { ...START, next: Object.assign({}, ...Object.values(tree)), options: globals };
  for (const word of before) {
    const read = await readWord(line, word);
    if (read === null) return null;
    line = read;
  }
  return line;
}

const START = {
  path: [],
  ownOptions: 0,
  arguments: [],
  given: [],
  values: new Map<string, string>(),
  awaiting: null,
  isPastOptions: false,
  isHelp: false,
} as const;

async function readWord(line: Line, word: string): Promise<Line | null> {
  if (line.awaiting) return withValue(line, line.awaiting, word);
  if (!line.isPastOptions && word.startsWith('-') && word !== '-') return readOption(line, word);
  if (line.next === null) return { ...line, given: [...line.given, word] };
  const node = Object.hasOwn(line.next, word) ? line.next[word] : undefined;
  return node ? enter(line, word, node) : null;
}

function readOption(line: Line, word: string): Line {
  if (word === '--') return { ...line, isPastOptions: true };
  const { flag, value } = splitFlag(word);
  const option = findOption(line, flag);
  if (!option?.required) return line;
  return value === null ? { ...line, awaiting: option } : withValue(line, option, value);
}

/** `--event=case.opened` as flag and value; the value is null where none is joined. */
export function splitFlag(word: string): { readonly flag: string; readonly value: string | null } {
  const at = word.startsWith('--') ? word.indexOf('=') : -1;
  return at < 0 ? { flag: word, value: null } : { flag: word.slice(0, at), value: word.slice(at + 1) };
}

export const findOption = ({ options }: Line, flag: string): Option | undefined =>
  options.find(({ short, long }) => flag === short || flag === long);

const withValue = (line: Line, option: Option, value: string): Line => ({
  ...line,
  awaiting: null,
  values: new Map(line.values).set(option.long ?? '', value),
});

async function enter(line: Line, word: string, node: Leaf | Group): Promise<Line> {
  const path = [...line.path, word];
  if (line.isHelp) return { ...line, path, next: isGroup(node) ? node.commands : {} };
  if (isGroup(node)) return { ...line, path, next: node.commands };
  const { command } = await node.load();
  const declared = declaredCommand(word, command);
  const own = declared.options.length;
  // `help webhooks create`: commands again, and topics.
  if (word === HELP && line.path.length === 0)
    return { ...line, isHelp: true, arguments: declared.registeredArguments };
  const options = globalsFor(declared);
  return { ...line, path, next: null, options, ownOptions: own, arguments: declared.registeredArguments };
}

/** All options of a command, with the global ones that it does not have for itself. */
function globalsFor(command: Command): readonly Option[] {
  addGlobalOptions(command);
  return command.options;
}
