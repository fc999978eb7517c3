import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { openTail, type TailState, type TailTarget } from '../../src/config/tails.ts';

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

const TARGET: TailTarget = { profile: 'default', baseUrl: 'https://api.example', account: 'one' };

const open = (name = 'alerts', target: Partial<TailTarget> = {}, clock = systemClock) =>
  openTail({
    dataDir: folder,
    name,
    target: { ...TARGET, ...target },
    clock,
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

test.each<[string, Partial<TailTarget>]>([
  ['https://other.example', { baseUrl: 'https://other.example' }],
  ['profile default', { profile: 'work' }],
  ['another API key', { account: 'two' }],
])('a tail of another log (%s) is refused, and stays as it is', async (reason, other) => {
  const tail = await open();
  await tail.save(STATE);
  await tail.close();
  await expect(open('alerts', other)).rejects.toMatchObject({
    kind: 'usage',
    message: expect.stringContaining(reason),
  });
  const again = await open();
  expect(again.state).toEqual(STATE);
  await again.close();
});

test('a second tail of the name is told of the first without waiting in vain', async () => {
  const first = await open();
  await expect(open()).rejects.toMatchObject({
    kind: 'store_unwritable',
    message: 'Another kycgenie uses the tail alerts',
  });
  await first.save(STATE);
  await first.close();
});

test('the lock of a killed process is taken over', async () => {
  const lock = `${path()}.lock`;
  mkdirSync(lock, { recursive: true });
  const tail = await open('alerts', {}, { ...systemClock, now: () => Date.now() + 60_000 });
  await tail.close();
  expect(existsSync(lock)).toBe(false);
});

describe('after a suspend', () => {
  /** The tail does not trust its lock any more: it has passed by for a minute. */
  async function suspended() {
    let aheadMs = 0;
    const tail = await open('alerts', {}, { ...systemClock, now: () => Date.now() + aheadMs });
    await tail.save(STATE);
    aheadMs = 60_000;
    return tail;
  }

  test('a tail that another process has taken over saves no more, and leaves the lock alone', async () => {
    const tail = await suspended();
    const lock = `${path()}.lock`;
    rmdirSync(lock);
    mkdirSync(lock);
    await expect(tail.save({ ...STATE, floor: 1 })).rejects.toMatchObject({ kind: 'store_unwritable' });
    await tail.close();
    expect(existsSync(lock)).toBe(true);
    expect(JSON.parse(readFileSync(path(), 'utf8'))).toMatchObject({ state: STATE });
  });

  test('a tail that nobody has taken over goes on', async () => {
    const tail = await suspended();
    await tail.save({ ...STATE, floor: 1 });
    await tail.close();
    expect(JSON.parse(readFileSync(path(), 'utf8'))).toMatchObject({ state: { floor: 1 } });
  });
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
