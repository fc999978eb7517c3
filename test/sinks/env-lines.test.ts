import { execFileSync } from 'node:child_process';
import { parseEnv } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { quoteValue } from '../../src/env-value.ts';
import { setVariable } from '../../src/sinks/env-lines.ts';

const NEW = 'whsec_bmV3IHNlY3JldA==';

/** The last line that sets it: node's own reader gives up where a line means nothing. */
const readBack = (text: string): string | undefined => {
  const [line = ''] = text
    .split(/\r?\n/)
    .filter((one) => /^\s*(?:export )?KYC\s*=/.test(one))
    .slice(-1);
  return parseEnv(line)['KYC'];
};

describe('a line of an env file', () => {
  it.each<[string, string, string]>([
    ['of an empty file', '', `KYC=${NEW}\n`],
    ['after others', 'A=1\nB=2\n', `A=1\nB=2\nKYC=${NEW}\n`],
    ['after one without a line break', 'A=1', `A=1\nKYC=${NEW}\n`],
    ['in a file of Windows', 'A=1\r\nB=2\r\n', `A=1\r\nB=2\r\nKYC=${NEW}\r\n`],
    ['not for a longer name', 'KYC_2=x\nMY_KYC=y\n', `KYC_2=x\nMY_KYC=y\nKYC=${NEW}\n`],
    ['not for a comment', '# KYC=x\n  #KYC=y\n', `# KYC=x\n  #KYC=y\nKYC=${NEW}\n`],
    ['not inside a quoted value', 'K="a\nKYC=x\nb"\n', `K="a\nKYC=x\nb"\nKYC=${NEW}\n`],
  ])('is added, %s', (_where, before, after) => {
    expect(setVariable(before, 'KYC', NEW)).toBe(after);
  });

  it.each<[string, string, string]>([
    ['among others', 'A=1\nKYC=old\nB=2\n', `A=1\nKYC=${NEW}\nB=2\n`],
    ['without a line break at the end', 'KYC=old', `KYC=${NEW}`],
    ['without a value', 'KYC=\nB=2\n', `KYC=${NEW}\nB=2\n`],
    ['with an export before', 'export KYC=old\n', `export KYC=${NEW}\n`],
    ['with spaces and a comment', '  KYC = old  # of May\n', `  KYC = ${NEW}  # of May\n`],
    ['with a number sign in the old value', 'KYC=o#d # of May\n', `KYC=${NEW} # of May\n`],
    ['of Windows', 'KYC=old\r\nB=2\r\n', `KYC=${NEW}\r\nB=2\r\n`],
    ['in double quotes', 'KYC="old" # "x"\r\n', `KYC="${NEW}" # "x"\r\n`],
    ['in single quotes', "KYC='old'\nB=2", `KYC='${NEW}'\nB=2`],
    ['over several lines', 'KYC="o\nl\\"d"\nB=2\n', `KYC="${NEW}"\nB=2\n`],
    ['with a quote that nothing closes', 'KYC="old\nB=2\n', `KYC=${NEW}\nB=2\n`],
    ['that is the last of two', 'KYC=1\nKYC=2\nB=3\n', `KYC=1\nKYC=${NEW}\nB=3\n`],
    ['behind a byte order mark', '\u{ef}\u{bb}\u{bf}KYC=old\n', `\u{ef}\u{bb}\u{bf}KYC=${NEW}\n`],
  ])('is replaced, %s', (_where, before, after) => {
    expect(setVariable(before, 'KYC', NEW)).toBe(after);
  });

  test('that nothing can hold is refused', () => {
    for (const value of ['a\nb', `'"`, "it's $5"]) {
      expect(() => setVariable('A=1\n', 'KYC', value)).toThrow('no line of an env file can hold');
    }
  });

  test('changes nothing else, whatever stands there, and is read back', () => {
    const line = fc.oneof(
      fc.constantFrom('', '# c', 'A=1', 'export B="x y" # z', "C='q'", 'KYC=old', 'export KYC="old"', 'X'),
      fc.string({ maxLength: 20 }).map((text) => text.replace(/[\r\n'"`\\]/g, '')),
    );
    fc.assert(
      fc.property(
        fc.array(line, { minLength: 1, maxLength: 8 }),
        fc.constantFrom('\n', '\r\n'),
        (lines, eol) => {
          const before = lines.map((text) => `${text}${eol}`).join('');
          const after = setVariable(before, 'KYC', NEW);
          expect(readBack(after)).toBe(NEW);
          expect(setVariable(after, 'KYC', NEW)).toBe(after);
          const others = (text: string) =>
            text.split(eol).filter((one) => !/^\s*(?:export )?KYC\s*=/.test(one));
          expect(others(after)).toEqual(others(before));
        },
      ),
    );
  });
});

describe('a quoted value', () => {
  test('is read back alike by the shell and by dotenv', () => {
    const values = [
      'plain',
      NEW,
      'a b',
      'a#b',
      'a$HOME',
      'a"b',
      "it's",
      'a;b&c|d',
      '~',
      '*',
      'a=b',
      '(x)',
      '<',
      'ü',
    ];
    const lines = values.map((value, index) => `V${index}=${quoteValue(value)}`);
    const script = [...lines, `printf '%s\\n' ${values.map((_, index) => `"$V${index}"`).join(' ')}`].join(
      '\n',
    );
    expect(execFileSync('/bin/sh', ['-c', script], { encoding: 'utf8' }).split('\n').slice(0, -1)).toEqual(
      values,
    );
    const read = parseEnv(lines.join('\n'));
    expect(values.map((_, index) => read[`V${index}`])).toEqual(values);
  });

  test('is null where readers would disagree', () => {
    for (const value of ['a\nb', `'"`, "it's $5", "it's `x`", '\\']) expect(quoteValue(value)).toBeNull();
  });
});
