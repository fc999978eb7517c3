import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import type { Questions } from '../../src/cli/context.ts';
import { Failure } from '../../src/errors.ts';
import { createQuestions } from '../../src/terminal/prompt.ts';
import type { Look } from '../../src/terminal/style.ts';
import { plain } from '../../src/terminal/text.ts';

const ENTER = '\r';
const CTRL_C = '\u{3}';
const CTRL_D = '\u{4}';
const DOWN = '\u{1b}[B';

const look: Look = { color: false, unicode: true, columns: 80 };

/** A person at a terminal: streams that look like one, what it showed, and keys to press. */
function sitDown(options: Partial<Parameters<typeof createQuestions>[0]> = {}) {
  const stdin = Object.assign(new PassThrough(), { isTTY: true });
  // Node marks its own stderr like this, so that a pipe into it does not end it.
  const stderr = Object.assign(new PassThrough(), { isTTY: true, columns: 80, _isStdio: true });
  let screen = '';
  stderr.on('data', (chunk: Buffer) => {
    screen += chunk.toString();
  });
  const ask: Questions = createQuestions({
    stdin,
    stderr,
    look,
    noInput: false,
    signal: new AbortController().signal,
    ...options,
  });
  const seen = (): string => screen.split('\n').map(plain).join('\n');
  const shown = async (text: string): Promise<void> => {
    while (!seen().includes(text)) await once(stderr, 'data');
  };
  return { ask, stdin, stderr, shown, seen, raw: () => screen, type: (keys: string) => stdin.write(keys) };
}

const CHOICES = [
  { value: 'screening.completed', description: 'AML screening check finished' },
  { value: 'screening.failed', description: 'AML screening ran into an error' },
  { value: 'case.opened', description: 'New case opened \u{1b}[2Jfor investigation' },
];

describe('questions on a terminal', () => {
  test('text is asked again until it passes its check', async () => {
    const { ask, type, shown } = sitDown();
    const answer = ask.text(
      'Webhook URL',
      '--url <url>',
      (url) => url.startsWith('https://') || 'It must begin with https://',
    );
    await shown('? Webhook URL');
    type(`http${ENTER}`);
    await shown('✗ It must begin with https://');
    type(`s://example.com${ENTER}`);
    expect(await answer).toBe('https://example.com');
    await shown('✓ Webhook URL https://example.com');
  });

  test('a secret is never shown and never empty', async () => {
    const { ask, type, shown, raw } = sitDown();
    const answer = ask.secret('API key', '--api-key-file <path>');
    await shown('? API key');
    type(ENTER);
    await shown('Nothing was typed');
    type(`kycg_0123${ENTER}`);
    expect(await answer).toBe('kycg_0123');
    await shown('✓ API key *********');
    expect(raw()).not.toContain('kycg');
  });

  test.each([
    [ENTER, false],
    [`y${ENTER}`, true],
    [`no${ENTER}`, false],
  ])('a confirmation is no unless said otherwise: %j', async (keys, expected) => {
    const { ask, type, shown } = sitDown();
    const answer = ask.confirm('Delete 3 webhooks?', '--yes');
    await shown('? Delete 3 webhooks? (y/N)');
    type(keys);
    expect(await answer).toBe(expected);
  });

  test('a search narrows by value and by description, and shows no hostile text', async () => {
    const { ask, type, shown, seen, raw } = sitDown();
    const answer = ask.search('Event type', '--event <type>', CHOICES);
    await shown('❯ screening.completed');
    expect(seen()).toContain('↑↓ move');
    type('investi');
    await shown('❯ case.opened');
    await shown('New case opened for investigation');
    expect(raw()).not.toContain('\u{1b}[2Jfor');
    type(ENTER);
    expect(await answer).toBe('case.opened');
  });

  test('a search is moved through with the arrows', async () => {
    const { ask, type, shown } = sitDown({ look: { ...look, unicode: false } });
    const answer = ask.search('Event type', '--event <type>', [...CHOICES, { value: 'all' }]);
    await shown('> screening.completed');
    type(DOWN);
    await shown('> screening.failed');
    type(ENTER);
    expect(await answer).toBe('screening.failed');
  });

  test('nothing is coloured where colour is off, and everything by our own palette where it is on', async () => {
    for (const color of [false, true]) {
      const { ask, type, shown, raw } = sitDown({ look: { ...look, color } });
      const answer = ask.confirm('Sure?', '--yes');
      await shown('? Sure?');
      type(ENTER);
      await answer;
      // biome-ignore lint/suspicious/noControlCharactersInRegex: the colours themselves
      expect(/\u001b\[\d+m/.test(raw())).toBe(color);
    }
  });

  test('Ctrl-C interrupts', async () => {
    const { ask, type, shown, stdin } = sitDown();
    const answer = ask.text('Name', '--name <name>');
    await shown('? Name');
    type(CTRL_C);
    await expect(answer).rejects.toMatchObject({ name: 'Failure', kind: 'interrupted' });
    expect(stdin.listenerCount('pause')).toBe(0);
  });

  test.each([
    ['Ctrl-D', (stdin: PassThrough) => void stdin.write(CTRL_D)],
    ['the end of input', (stdin: PassThrough) => void stdin.end()],
  ])('%s interrupts instead of waiting for ever', async (_what, hangUp) => {
    const { ask, shown, stdin } = sitDown();
    const answer = ask.confirm('Sure?', '--yes');
    await shown('? Sure?');
    hangUp(stdin);
    await expect(answer).rejects.toMatchObject({ name: 'Failure', kind: 'interrupted' });
  });

  test('an aborted run ends the question with its own reason', async () => {
    const stop = new AbortController();
    const { ask, shown } = sitDown({ signal: stop.signal });
    const answer = ask.text('Name', '--name <name>');
    await shown('? Name');
    const reason = new Failure('terminated', 'Terminated');
    stop.abort(reason);
    await expect(answer).rejects.toBe(reason);
    await expect(ask.text('Name', '--name <name>')).rejects.toBe(reason);
  });

  test('one question can follow another', async () => {
    const { ask, type, shown } = sitDown();
    const first = ask.text('First', '--first');
    await shown('? First');
    type(`one${ENTER}`);
    expect(await first).toBe('one');
    const second = ask.text('Second', '--second');
    await shown('? Second');
    type(`two${ENTER}`);
    expect(await second).toBe('two');
  });
});

describe('where nobody can be asked', () => {
  test.each([
    ['--no-input', { noInput: true }, '--no-input'],
    ['piped standard input', { stdin: new PassThrough() }, 'standard input is not a terminal'],
    ['piped standard error', { stderr: new PassThrough() }, 'standard error is not a terminal'],
  ])('%s: the failure says which flag to give', async (_what, options, why) => {
    const { ask, raw } = sitDown(options);
    expect(ask.possible).toBe(false);
    await expect(ask.confirm('Delete wh_1?', '--yes')).rejects.toMatchObject({
      kind: 'usage',
      message: expect.stringContaining(why),
      hint: 'Give --yes.',
    });
    expect(raw()).toBe('');
  });

  test('a terminal at both ends can ask', () => {
    expect(sitDown().ask.possible).toBe(true);
  });
});
