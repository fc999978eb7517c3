/** `text` where it may stand in a command that people copy, `instead` where it could be more than a word of it. */
export const commandWord = (text: string, instead: string): string =>
  /^[\w.][\w.-]{0,99}$/.test(text) ? text : instead;
