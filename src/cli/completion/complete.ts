import type { CommandTree } from '../define.ts';
import type { Edge } from '../edge.ts';
import { HELP_OPTION, VERSION_OPTION } from '../program.ts';
import { ASK_NEXT } from './ask.ts';
import { type Answer, type Candidate, NOTHING, printAnswer, words } from './candidate.ts';
import { findOption, type Line, readLine, splitFlag } from './line.ts';
import { argumentValues, optionValues, type Typed } from './values.ts';

/** A command line with more words than this is no longer typed by hand. */
const MAX_WORDS = 200;

type World = Pick<Edge, 'env' | 'platform' | 'homedir'>;

/**
 * The answer to a shell: what may stand in place of the last word, as lines. Calls no API, changes nothing on disk,
 * and never throws: a shell has nowhere to show an error.
 */
export async function answerShell(tree: CommandTree, argv: readonly string[], world: World): Promise<string> {
  const [ask, ...rest] = argv;
  const typed = ask === ASK_NEXT ? [...rest, ''] : rest;
  const current = typed.at(-1) ?? '';
  try {
    const answer =
      typed.length > MAX_WORDS ? NOTHING : await complete(tree, typed.slice(0, -1), current, world);
    return printAnswer(answer, current);
  } catch {
    return printAnswer(NOTHING, current);
  }
}

async function complete(
  tree: CommandTree,
  before: readonly string[],
  current: string,
  world: World,
): Promise<Answer> {
  const line = await readLine(tree, before);
  if (line === null) return NOTHING;
  const typed: Typed = { path: line.path, given: line.given, values: line.values, current, world };
  if (line.awaiting) return optionValues(line.awaiting, typed);
  if (current.startsWith('-') && !line.isPastOptions) return optionsAt(line, typed);
  if (line.next) return commandsAt(line, typed);
  return argumentsAt(line, typed);
}

/** After `help` topics, too. */
async function commandsAt(line: Line, typed: Typed): Promise<Answer> {
  const commands = Object.entries(line.next ?? {}).map(([value, { summary }]) => ({
    value,
    description: summary,
  }));
  const [topics] = line.isHelp && line.path.length === 0 ? line.arguments : [];
  if (topics === undefined) return words(commands);
  const { candidates } = await argumentValues(topics, typed);
  return words([...commands, ...candidates]);
}

async function optionsAt(line: Line, typed: Typed): Promise<Answer> {
  const { flag, value } = splitFlag(typed.current);
  if (value === null) return words(optionsOf(line));
  const option = findOption(line, flag);
  if (!option?.required) return NOTHING;
  const { candidates, directive } = await optionValues(option, { ...typed, current: value });
  return {
    candidates: candidates.map((found) => ({ ...found, value: `${flag}=${found.value}` })),
    directive,
  };
}

/** What a command takes next; its own options where it takes no more arguments. */
async function argumentsAt(line: Line, typed: Typed): Promise<Answer> {
  const last = line.arguments.at(-1);
  const argument = line.arguments[line.given.length] ?? (last?.variadic ? last : undefined);
  if (argument) return argumentValues(argument, typed);
  return line.isPastOptions
    ? NOTHING
    : words(optionsOf({ ...line, options: line.options.slice(0, line.ownOptions) }));
}

function optionsOf({ options, path }: Line): readonly Candidate[] {
  const offered = path.length === 0 ? [...options, HELP_OPTION, VERSION_OPTION] : [...options, HELP_OPTION];
  return offered.flatMap(({ long, description, hidden }) =>
    long && !hidden ? [{ value: long, description }] : [],
  );
}
