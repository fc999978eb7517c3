import { describe, expect, test } from 'vitest';
import type { Talk } from '../../src/cli/context.ts';
import { type Look, loadPaint, unpainted } from '../../src/terminal/style.ts';
import { createTalk } from '../../src/terminal/talk.ts';
import { accent } from '../../src/terminal/view.ts';
import { fakeClock } from './fake-clock.ts';

const terminal: Look = { color: false, unicode: true, columns: 60 };
const CLEAR = '<clear line>';

function listen(options: Partial<Parameters<typeof createTalk>[0]> = {}) {
  const written: string[] = [];
  const clock = fakeClock();
  const write = (text: string): void => void written.push(text);
  const talk: Talk = createTalk({
    write,
    look: terminal,
    paint: unpainted,
    clock,
    quiet: false,
    live: () => true,
    ...options,
  });
  /** What was written since the last look. */
  const heard = (): string => written.splice(0).join('').replaceAll('\r\u{1b}[2K', CLEAR);
  return { talk, clock, heard };
}

describe('talk', () => {
  test('is one line a notice, warnings with a mark', () => {
    const { talk, heard } = listen();
    talk.notice(['Secret stored in ', accent('default')]);
    talk.warn('Two lines\nbecome one');
    expect(heard()).toBe('Secret stored in default\n⚠ Two lines become one\n');
  });

  test('has an ASCII mark where the terminal has no UTF-8', () => {
    const { talk, heard } = listen({ look: { ...terminal, unicode: false } });
    talk.warn('careful');
    expect(heard()).toBe('! careful\n');
  });

  test('is dim where nothing else is said of a tone', async () => {
    const { talk, heard } = listen({ paint: await loadPaint(true) });
    talk.notice(['Listening on ', accent('4242')]);
    talk.warn('careful');
    expect(heard()).toBe(
      '\u{1b}[2mListening on \u{1b}[22m\u{1b}[36m4242\u{1b}[39m\n\u{1b}[33m⚠\u{1b}[39m careful\n',
    );
  });

  test('strips hostile text', () => {
    const { talk, heard } = listen();
    talk.warn('\u{1b}[2Jevil\u{202e}');
    expect(heard()).toBe('⚠ evil\n');
  });

  test('under --quiet is nothing but warnings', () => {
    const { talk, heard } = listen({ quiet: true });
    talk.notice('hello');
    const progress = talk.progress('Working', 10);
    progress.advance();
    progress.end();
    talk.warn('careful');
    talk.raw('::add-mask::x');
    expect(heard()).toBe('⚠ careful\n::add-mask::x\n');
  });
});

describe('progress', () => {
  test('is drawn at once, then as the clock allows, with what remains, and taken away at the end', () => {
    const { talk, clock, heard } = listen();
    const progress = talk.progress('Retrying', 200);
    expect(heard()).toMatchInlineSnapshot(`"<clear line>Retrying  ─────────────────────────    0/200"`);
    progress.advance();
    clock.go(99);
    progress.advance(9);
    expect(heard()).toBe('');
    clock.go(1);
    progress.advance(10);
    expect(heard()).toMatchInlineSnapshot(`"<clear line>Retrying  ━━━──────────────────────   20/200"`);
    clock.go(1900);
    progress.advance(80);
    expect(heard()).toMatchInlineSnapshot(
      `"<clear line>Retrying  ━━━━━━━━━━━━━────────────  100/200  2 s left"`,
    );
    clock.go(100_000);
    progress.advance(1);
    expect(heard()).toMatchInlineSnapshot(
      `"<clear line>Retrying  ━━━━━━━━━━━━━────────────  101/200  2 min left"`,
    );
    clock.go(1000);
    progress.advance(99);
    expect(heard()).toMatchInlineSnapshot(`"<clear line>Retrying  ━━━━━━━━━━━━━━━━━━━━━━━━━  200/200"`);
    progress.end();
    expect(heard()).toBe(CLEAR);
    progress.end();
    clock.go(1000);
    progress.advance();
    talk.notice('done');
    expect(heard()).toBe('done\n');
  });

  test('without a total shows a count and its pace', () => {
    const { talk, clock, heard } = listen();
    const progress = talk.progress('Reading', 0);
    clock.go(2000);
    progress.advance(500);
    expect(heard()).toMatchInlineSnapshot(`"<clear line>Reading  0<clear line>Reading  500  250/s"`);
  });

  test('stays below notices', () => {
    const { talk, heard } = listen();
    const progress = talk.progress('Retrying', 4);
    const drawn = heard();
    talk.notice('one failed');
    expect(heard()).toBe(`${CLEAR}one failed\n${drawn}`);
    progress.end();
  });

  test('a second job takes the place of the first', () => {
    const { talk, clock, heard } = listen();
    const first = talk.progress('First', 4);
    heard();
    talk.progress('Second', 4);
    expect(heard()).toMatch(/Second/);
    clock.go(1000);
    first.advance();
    first.end();
    expect(heard()).toBe('');
  });

  test('has ASCII forms and colours', async () => {
    const { talk, clock, heard } = listen({
      look: { ...terminal, unicode: false },
      paint: await loadPaint(true),
    });
    const progress = talk.progress('Retrying', 4);
    clock.go(1000);
    heard();
    progress.advance(1);
    expect(heard()).toBe(
      `${CLEAR}Retrying  \u{1b}[36m#######\u{1b}[39m\u{1b}[2m----------------------\u{1b}[22m  1/4  \u{1b}[2m3 s left\u{1b}[22m`,
    );
  });

  test.each([[40], [30], [24], [12], [5]])('never wraps at %i columns', (columns) => {
    const { talk, clock, heard } = listen({ look: { ...terminal, columns } });
    const progress = talk.progress('Retrying', 1000);
    clock.go(5000);
    progress.advance(100);
    const lines = heard().split(CLEAR);
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThan(
      Math.max(columns, '100/1000'.length + 1),
    );
    expect(lines.at(-1)).toContain('100/1000');
  });

  test('is absent where a line cannot be redrawn', () => {
    const { talk, clock, heard } = listen({ live: () => false, look: { ...terminal, columns: null } });
    const progress = talk.progress('Retrying', 4);
    clock.go(1000);
    progress.advance();
    progress.end();
    expect(heard()).toBe('');
  });
});

describe('status', () => {
  test('stays below what is printed on the same terminal, and goes at its end', async () => {
    const { talk, clock, heard } = listen();
    const status = talk.status();
    status.set('1 received');
    expect(heard()).toBe(`${CLEAR}1 received`);
    status.set('2 received');
    expect(heard()).toBe('');
    const printed: string[] = [];
    await talk.above(async () => {
      printed.push(heard());
    });
    expect([...printed, heard()]).toEqual([CLEAR, `${CLEAR}2 received`]);
    clock.go(100);
    status.set('3 received');
    expect(heard()).toBe(`${CLEAR}3 received`);
    status.end();
    status.set('4 received');
    expect(heard()).toBe(CLEAR);
  });

  test('is cut to one line, and harmless', () => {
    const { talk, heard } = listen({ look: { ...terminal, columns: 10 } });
    talk.status().set(['a\u{1b}[2J', accent('bcdefghijklmn')]);
    expect(heard()).toBe(`${CLEAR}abcdefghi`);
  });

  test.each([{ quiet: true }, { live: () => false }])('is not there when %j', async (options) => {
    const { talk, heard } = listen(options);
    talk.status().set('1 received');
    await talk.above(async () => undefined);
    expect(heard()).toBe('');
  });
});
