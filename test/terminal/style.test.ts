import { describe, expect, test } from 'vitest';
import { decideColor, decideUnicode, loadPaint } from '../../src/terminal/style.ts';

describe('decideColor', () => {
  test.each([
    ['a terminal', 'auto', {}, true, true],
    ['a pipe', 'auto', {}, false, false],
    ['a dumb terminal', 'auto', { TERM: 'dumb' }, true, false],
    ['NO_COLOR on a terminal', 'auto', { NO_COLOR: '1' }, true, false],
    ['an empty NO_COLOR', 'auto', { NO_COLOR: '' }, true, true],
    ['FORCE_COLOR on a pipe', 'auto', { FORCE_COLOR: '1' }, false, true],
    ['FORCE_COLOR on a dumb terminal', 'auto', { FORCE_COLOR: '3', TERM: 'dumb' }, true, true],
    ['an empty FORCE_COLOR', 'auto', { FORCE_COLOR: '' }, false, false],
    ['FORCE_COLOR=0', 'auto', { FORCE_COLOR: '0' }, true, false],
    ['FORCE_COLOR=false', 'auto', { FORCE_COLOR: 'false' }, true, false],
    ['NO_COLOR against FORCE_COLOR', 'auto', { NO_COLOR: '1', FORCE_COLOR: '1' }, true, false],
    ['--color always against NO_COLOR, on a pipe', 'always', { NO_COLOR: '1' }, false, true],
    ['--color never against FORCE_COLOR', 'never', { FORCE_COLOR: '1' }, true, false],
  ] as const)('%s', (_case, flag, env, isTerminal, expected) => {
    expect(decideColor(flag, env, isTerminal)).toBe(expected);
  });
});

describe('decideUnicode', () => {
  test.each([
    [{}, true],
    [{ LANG: 'en_US.UTF-8' }, true],
    [{ LC_CTYPE: 'UTF-8' }, true],
    [{ LANG: 'C.utf8' }, true],
    [{ LANG: 'C' }, false],
    [{ LC_ALL: 'POSIX', LANG: 'en_US.UTF-8' }, false],
    [{ LC_ALL: '', LC_CTYPE: 'de_DE.ISO-8859-1', LANG: 'en_US.UTF-8' }, false],
    [{ LC_ALL: 'en_US.UTF-8', LANG: 'C' }, true],
  ])('%o is %s', (env, expected) => {
    expect(decideUnicode(env)).toBe(expected);
  });
});

describe('loadPaint', () => {
  test('paints in the sixteen colours of the terminal, whatever the environment of this process says', async () => {
    const paint = await loadPaint(true);
    const tones = ['plain', 'strong', 'dim', 'good', 'warn', 'bad', 'accent'] as const;
    expect(tones.map((tone) => paint(tone, tone))).toEqual([
      'plain',
      '\u{1b}[1mstrong\u{1b}[22m',
      '\u{1b}[2mdim\u{1b}[22m',
      '\u{1b}[32mgood\u{1b}[39m',
      '\u{1b}[33mwarn\u{1b}[39m',
      '\u{1b}[31mbad\u{1b}[39m',
      '\u{1b}[36maccent\u{1b}[39m',
    ]);
  });

  test('adds nothing where colour is off', async () => {
    const paint = await loadPaint(false);
    expect(paint('bad', 'text')).toBe('text');
  });
});
