import { appendFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { shortIds } from '../../../src/commands/events/view.ts';
import { Failure } from '../../../src/errors.ts';
import { NOW } from '../../listen/deliveries.ts';
import { opened, delivery as stored } from '../../listen/inbox/place.ts';
import { startReceiver } from '../../support/sandbox.ts';
import { linesOf } from '../../support/stream.ts';
import { at, delivery, inboxHome } from './kept.ts';

let inbox: ReturnType<typeof inboxHome>;

beforeEach(async () => {
  inbox = inboxHome();
  await inbox.store();
});

afterEach(() => inbox.remove());

const FOUR = [
  delivery('screening.completed', 'evt_1'),
  delivery('case.opened', 'evt_2', { path: '/kyc?team=a' }),
  delivery('screening.completed', 'evt_1'),
  { body: '{"type": "case.opened", "id": "evt_9"}', headers: [['webhook-id', 'evt_9']] as const },
];

describe('events list', () => {
  test('gives what listen printed, newest first', async () => {
    const told = await inbox.keep(FOUR);
    const [first] = told;
    expect(await inbox.json(['list'])).toStrictEqual(told.toReversed());
    expect(told[2]).toMatchObject({ duplicate_of: first.id });
    expect(told[3]).toMatchObject({ signature: { status: 'invalid' }, response: { status: 401 } });
    const { stdout } = await inbox.run(['list', '-o', 'ndjson']);
    expect(linesOf(stdout)).toStrictEqual(told.toReversed());
    expect((await inbox.run(['list', '-q'])).stdout).toBe(
      told
        .toReversed()
        .map(({ id }) => `${id}\n`)
        .join(''),
    );
  });

  test('is a table with ids to type, and says what was delivered again', async () => {
    const told = await inbox.keep(FOUR);
    const { stdout } = await inbox.run(['list']);
    const [title, ...rows] = stdout.trimEnd().split('\n');
    expect(title).toMatch(/^ID +WHEN +SIGNATURE +EVENT TYPE +EVENT ID +ANSWER +NOTE$/);
    expect(rows.map((row) => row.slice(0, 8))).toEqual(told.toReversed().map(({ id }) => id.slice(0, 8)));
    expect(rows[0]).toMatch(/57 s ago +✗ missing_header +case\.opened +evt_9 +401 +-$/);
    expect(rows[1]).toMatch(/58 s ago +✓ valid +screening\.completed +evt_1 +200 +repeated$/);
    expect(rows[2]).toMatch(/59 s ago +✓ valid +case\.opened +evt_2 +200 +-$/);
  });

  test.each([
    [
      ['--event', 'case.*'],
      [3, 1],
    ],
    [
      ['--event', 'case.opened', '--event', 'screening.completed', '--signature', 'valid'],
      [2, 1, 0],
    ],
    [['--signature', 'invalid'], [3]],
    [['--failed'], [3]],
    [
      ['--since', '58s'],
      [3, 2],
    ],
    [
      ['--since', new Date(NOW + 1000).toISOString(), '--until', '58s'],
      [2, 1],
    ],
    [
      ['--limit', '2'],
      [3, 2],
    ],
    [['--event', 'alert.created'], []],
  ])('takes %j', async (filters, wanted) => {
    const told = await inbox.keep(FOUR);
    const listed = await inbox.json(['list', ...filters]);
    expect(listed).toStrictEqual(wanted.map((index) => told[index]));
  });

  test('shows how forwarding ended, and finds what failed', async () => {
    const app = await startReceiver(500, 200);
    const told = await inbox.keep(FOUR.slice(0, 2), ['--forward-to', app.url]);
    await app.close();
    expect((await inbox.run(['list'])).stdout).toMatch(/→ 200 in \d+ ms\n.*→ 500 in \d+ ms\n$/);
    expect(await inbox.json(['list', '--failed'])).toStrictEqual([told[0]]);
  });

  test('an event that was acknowledged at once failed where your app did not take it', async () => {
    const forward = { url: 'http://localhost:3000/', duration_ms: 1, error: null, attempts: 1, body: null };
    const writer = await opened(join(inbox.home.folder, 'data'));
    await writer.keep(stored({ id: 'taken', forward: { ...forward, status: 204 } }));
    await writer.keep(stored({ id: 'refused', forward: { ...forward, status: 302 } }));
    await writer.keep(stored({ id: 'unreached', forward: { ...forward, status: null, error: 'refused' } }));
    expect((await inbox.run(['list', '--failed', '-q'])).stdout).toBe('unreached\nrefused\n');
  });

  test('says how to fill an empty inbox, and when nothing matches', async () => {
    expect(await inbox.run(['list'])).toStrictEqual({
      code: 0,
      stdout: '',
      stderr: 'The inbox is empty: kycgenie listen keeps what it receives.\n',
    });
    expect(await inbox.json(['list'])).toEqual([]);
    expect((await inbox.run(['list', '--failed'])).stderr).toBe('No event in the inbox matches.\n');
  });

  test('says when there are more than it lists', async () => {
    await inbox.keep(Array.from({ length: 51 }, (_, index) => delivery('case.opened', `evt_${index}`)));
    const { stdout, stderr } = await inbox.run(['list', '-o', 'ndjson']);
    expect(linesOf(stdout)).toHaveLength(50);
    expect(stderr).toContain('The newest 50');
    expect((await inbox.run(['list', '--limit', '51', '-o', 'ndjson'])).stderr).toBe('');
  });

  test('a type that holds escape sequences is harmless, and exact in JSON', async () => {
    const type = 'case\u001b[2J\u001b]0;owned\u0007.opened\u202e';
    const body = JSON.stringify({ type, id: '\u001b[31mevt\r\nforged row' });
    await inbox.keep([{ body }], ['--no-verify']);
    for (const argv of [['list'], ['show', 'last'], ['export']]) {
      const { stdout } = await inbox.run(argv, { columns: 120 });
      expect(stdout).toContain('opened');
      // biome-ignore lint/suspicious/noControlCharactersInRegex: what must not come through
      expect(stdout.replace(/\u001b\[\d*m/g, '')).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
      expect(stdout).not.toMatch(/^forged/m);
    }
    expect((await inbox.json(['list']))[0]).toMatchObject({ event_type: type });
    expect(JSON.parse((await inbox.run(['export'])).stdout)).toMatchObject({ event_type: type });
  });

  test('leaves out what is damaged, and says so', async () => {
    const [kept] = await inbox.keep([delivery('case.opened', 'evt_1')]);
    const folder = join(inbox.home.folder, 'data', 'inbox');
    const [segment = ''] = readdirSync(folder).filter((name) => name.endsWith('.inbox'));
    appendFileSync(join(folder, segment), 'half a record');
    const { stdout, stderr } = await inbox.run(['list', '-q']);
    expect(stdout).toBe(`${kept.id}\n`);
    expect(stderr).toBe('');
    expect((await inbox.run(['list'])).stderr).toContain('1 record in the inbox not written to the end');
  });

  test('a bad filter is a usage error', async () => {
    for (const filters of [
      ['--since', 'soon'],
      ['--signature', 'good'],
      ['--event', 'moon.*'],
      ['--limit', '0'],
    ]) {
      expect((await inbox.run(['list', ...filters])).code).toBe(2);
    }
  });

  test('ends when it is interrupted', async () => {
    await inbox.keep([delivery('case.opened', 'evt_1')]);
    const { code } = await inbox.run(['list'], { signal: interrupted(), clock: at(NOW) });
    expect(code).toBe(130);
  });
});

test('ids are shown as long as it takes to tell them apart', () => {
  const ids = ['0123456789ab', '0123456789cd', 'fedcba9876', 'short'];
  expect([...shortIds(ids).values()].sort()).toEqual(['0123456789a', '0123456789c', 'fedcba98', 'short']);
});

function interrupted(): AbortSignal {
  return AbortSignal.abort(new Failure('interrupted', 'Interrupted'));
}
