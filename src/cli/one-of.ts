import { Failure } from '../errors.ts';

/** A parser of an option that takes one of a few words. */
export function oneOf<T extends string>(flag: string, choices: readonly T[]): (text: string) => T {
  return (text) => {
    const choice = choices.find((candidate) => candidate === text);
    if (choice !== undefined) return choice;
    throw new Failure('usage', `${flag} takes ${choices.join(', ')}, not "${text}"`);
  };
}
