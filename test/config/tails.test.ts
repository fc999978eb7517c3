import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { openTail, type TailState } from '../../src/config/tails.ts';

const STATE: TailState = {
  floor: 1_700_000_000_000,
  states: [{ status: 'delivered', attempt: 1, code: 200 }],
  known: [['log_1', 1_700_000_000_001, 0]],
};

let folder: string;
const damage: string[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kycgenie-tails-'));
  damage.length = 0;
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const open = (name = 'alerts', baseUrl = 'https://api.example') =>
  openTail({
    dataDir: folder,
    name,
    baseUrl,
    clock: systemClock,
    onDamage: (text) => void damage.push(text),
  });

const path = (): string => join(folder, 'tails', 'alerts.json');

test('a tail finds what the one before it saved, in a file for its owner alone', async () => {
  const first = await open();
  expect(first.state).toBeNull();
  await first.save({ ...STATE, floor: null });
  await first.save(STATE);
  await first.close();
  const second = await open();
  expect(second.state).toEqual(STATE);
  await second.close();
  expect(readdirSync(join(folder, 'tails'))).toEqual(['alerts.json']);
  if (process.platform !== 'win32') expect(statSync(path()).mode & 0o777).toBe(0o600);
});

test.each(['', '../up', 'a/b', '.hidden', 'x'.repeat(65)])('"%s" is no name', async (name) => {
  await expect(open(name)).rejects.toMatchObject({ kind: 'usage' });
});

test('a tail of another API is refused', async () => {
  const tail = await open();
  await tail.save(STATE);
  await tail.close();
  await expect(open('alerts', 'https://other.example')).rejects.toMatchObject({ kind: 'usage' });
});

test.each(['{"version":1', '[]', '{"version":1,"base_url":"https://api.example","state":{"known":7}}'])(
  'a damaged state (%s) is set aside, told, and begun anew',
  async (text) => {
    await (await open()).close();
    writeFileSync(path(), text);
    const tail = await open();
    expect(tail.state).toBeNull();
    await tail.close();
    expect(damage).toHaveLength(1);
    const [aside = ''] = readdirSync(join(folder, 'tails'));
    expect(readFileSync(join(folder, 'tails', aside), 'utf8')).toBe(text);
  },
);

test('a state of a newer release is left alone', async () => {
  await (await open()).close();
  writeFileSync(path(), '{"version":99}');
  await expect(open()).rejects.toMatchObject({ kind: 'store_unwritable' });
  expect(readFileSync(path(), 'utf8')).toBe('{"version":99}');
});
