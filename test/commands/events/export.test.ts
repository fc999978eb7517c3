import { existsSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { linesOf } from '../../support/stream.ts';
import { delivery, inboxHome } from './kept.ts';

let inbox: ReturnType<typeof inboxHome>;
let told: Awaited<ReturnType<typeof inbox.keep>>;
let file: string;

beforeEach(async () => {
  inbox = inboxHome();
  await inbox.store();
  told = await inbox.keep([
    delivery('case.opened', 'evt_1'),
    delivery('screening.completed', 'evt_2'),
    delivery('case.opened', 'evt_1'),
  ]);
  file = join(inbox.home.folder, 'out.ndjson');
});

afterEach(() => inbox.remove());

const leftovers = (): readonly string[] =>
  readdirSync(inbox.home.folder).filter((name) => name.startsWith('out.ndjson.'));

test('writes every event as a line, oldest first, whatever the format', async () => {
  for (const more of [[], ['--json'], ['-o', '-'], ['--output', 'ndjson']]) {
    const { code, stdout, stderr } = await inbox.run(['export', ...more]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(linesOf(stdout)).toStrictEqual(told);
  }
  expect((await inbox.run(['export', '-q'])).stdout).toBe(told.map(({ id }) => `${id}\n`).join(''));
});

test('takes filters, and still knows what was delivered again', async () => {
  const { stdout } = await inbox.run(['export', '--event', 'case.opened', '--since', '58s']);
  expect(linesOf(stdout)).toStrictEqual([told[2]]);
  expect(told[2].duplicate_of).toBe(told[0].id);
});

test.each(['-o', '--file'])("%s names a file of one's own", async (flag) => {
  expect(await inbox.json(['export', flag, file])).toStrictEqual({ type: 'exported', file, events: 3 });
  expect(linesOf(readFileSync(file, 'utf8'))).toStrictEqual(told);
  if (process.platform !== 'win32') expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(leftovers()).toEqual([]);
});

test('a file that is there stays as it is, unless --force replaces it', async () => {
  writeFileSync(file, 'mine');
  const { code, stderr } = await inbox.run(['export', '-o', file]);
  expect(code).toBe(2);
  expect(stderr).toContain('--force');
  expect(readFileSync(file, 'utf8')).toBe('mine');
  const { stdout } = await inbox.run(['export', '-o', file, '--force', '--event', 'case.opened']);
  expect(stdout).toBe(`2 events in ${file}\n`);
  expect(linesOf(readFileSync(file, 'utf8'))).toHaveLength(2);
  expect(leftovers()).toEqual([]);
});

test('--force replaces what a link points to, and nothing but a plain file', async () => {
  const link = join(inbox.home.folder, 'link');
  writeFileSync(file, 'mine');
  symlinkSync(file, link);
  expect((await inbox.run(['export', '-o', link, '--force'])).code).toBe(0);
  expect(linesOf(readFileSync(file, 'utf8'))).toHaveLength(3);
  const { code, stderr } = await inbox.run(['export', '-o', inbox.home.folder, '--force']);
  expect(code).toBe(2);
  expect(stderr).toContain('no plain file');
});

test('a format after -o is no file name', async () => {
  const { code, stderr } = await inbox.run(['export', '-o', 'json']);
  expect(code).toBe(2);
  expect(stderr).toContain('-o names a file');
  expect(existsSync('json')).toBe(false);
  expect((await inbox.run(['export', '--force'])).code).toBe(2);
});

test('a file that cannot be written is told, and nothing is left behind', async () => {
  const { code, stderr } = await inbox.run(['export', '-o', join(inbox.home.folder, 'none', 'out')]);
  expect(code).toBe(1);
  expect(stderr).toContain('cannot be written');
});

test('of an empty inbox is empty', async () => {
  await inbox.run(['clear', '--yes']);
  expect(await inbox.run(['export'])).toEqual({ code: 0, stdout: '', stderr: '' });
});
