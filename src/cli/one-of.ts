import { Failure } from '../errors.ts';

/** A parser that takes one of a few words, and tells which: help, completion and documentation read them. */
interface Choosing<T extends string> {
  (text: string): T;
  readonly choices: readonly T[];
}

/** The same for an option that may be repeated. */
interface ChoosingSome<T extends string> {
  (text: string, previous?: readonly string[]): readonly string[];
  readonly choices: readonly T[];
}

/** A parser of an option that takes one of a few words. */
export function oneOf<T extends string>(flag: string, choices: readonly T[]): Choosing<T> {
  const parse = (text: string): T => {
    const choice = choices.find((candidate) => candidate === text);
    if (choice !== undefined) return choice;
    throw new Failure('usage', `${flag} takes ${choices.join(', ')}, not "${text}"`);
  };
  return Object.assign(parse, { choices });
}

/** A parser of an option that takes one of a few words each time that it is given. */
export function someOf<T extends string>(flag: string, choices: readonly T[]): ChoosingSome<T> {
  const parse = oneOf(flag, choices);
  const parseNext = (text: string, previous: readonly string[] = []): readonly string[] => [
    ...previous,
    parse(text),
  ];
  return Object.assign(parseNext, { choices });
}

/** A parser that takes any text, for which these words are suggested. */
export function suggesting(choices: readonly string[]): (text: string) => string {
  return Object.assign((text: string): string => text, { choices });
}

/** The words that a parser of these takes or suggests; none for any other. */
export function choicesOf(parser: unknown): readonly string[] {
  if (typeof parser !== 'function' || !('choices' in parser) || !Array.isArray(parser.choices)) return [];
  return parser.choices.filter((choice): choice is string => typeof choice === 'string');
}
