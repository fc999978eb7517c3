import { afterEach, beforeEach, expect, test } from 'vitest';
import { ENTER, sitDown } from '../../support/cli.ts';
import { delivery, inboxHome } from './kept.ts';

let inbox: ReturnType<typeof inboxHome>;

beforeEach(async () => {
  inbox = inboxHome();
  await inbox.store();
  await inbox.keep([delivery('case.opened', 'evt_1'), delivery('case.opened', 'evt_2')]);
});

afterEach(() => inbox.remove());

const left = async (): Promise<number> => (await inbox.json(['list'])).length;

test('empties the inbox and says how many there were', async () => {
  expect(await inbox.json(['clear', '--yes'])).toStrictEqual({ deliveries: 2 });
  expect(await left()).toBe(0);
  expect(await inbox.run(['clear', '-y'])).toStrictEqual({
    code: 0,
    stdout: 'There was nothing in the inbox.\n',
    stderr: '',
  });
  await inbox.keep([delivery('case.opened', 'evt_3')]);
  expect((await inbox.run(['clear', '-y'])).stdout).toBe('1 delivery deleted.\n');
});

test('off a terminal --yes is needed, even where there is nothing', async () => {
  for (const expected of [2, 0]) {
    const { code, stderr } = await inbox.run(['clear']);
    expect(code).toBe(2);
    expect(stderr).toContain('--yes');
    expect(await left()).toBe(expected);
    await inbox.run(['clear', '--yes']);
  }
});

test.each([
  ['y', 0, 0],
  ['n', 2, 2],
])('asks a person, and heeds %s', async (answer, code, kept) => {
  const person = sitDown();
  const running = inbox.run(['clear'], { person, env: { KYCGENIE_NO_INPUT: undefined } });
  await person.shown('Delete all 2 deliveries in the inbox for good?');
  person.type(`${answer}${ENTER}`);
  expect((await running).code).toBe(code);
  expect(await left()).toBe(kept);
});

test('a person is not asked about nothing', async () => {
  await inbox.run(['clear', '--yes']);
  const { code, stdout } = await inbox.run(['clear'], {
    person: sitDown(),
    env: { KYCGENIE_NO_INPUT: undefined },
  });
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'There was nothing in the inbox.\n' });
});
