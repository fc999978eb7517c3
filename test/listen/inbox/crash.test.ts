import { type ChildProcess, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { readInbox } from '../../../src/listen/inbox/read.ts';
import { FULL } from '../../support/full.ts';
import { bundleKeeper, startKeeper } from './child.ts';
import { dataFolder, delivery, everything, opened, segmentsIn } from './place.ts';

const ROUNDS = FULL ? 10 : 3;
/** Deliveries after which a round is killed: at a random moment once there are so many. */
const KEPT_A_ROUND = FULL ? 10_000 : 800;
const TIMEOUT_MS = FULL ? 300_000 : 20_000;

let home = '';
let program = '';
const children: ChildProcess[] = [];

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'kycgenie-keeper-'));
  program = await bundleKeeper(home);
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

function keeper(args: readonly (string | number)[], killAfter: number, shellLimit = '') {
  const onLine = (count: number, child: ChildProcess): void => {
    if (count === killAfter) child.kill('SIGKILL');
  };
  const started = startKeeper(program, args.map(String), onLine, shellLimit);
  children.push(started.child);
  return started;
}

/** How often each number was read, where its body is what was sent with it. */
async function numbersIn(dataDir: string) {
  const times = new Map<number, number>();
  const damages: { readonly tornTails: number; readonly damagedRecords: number }[] = [];
  for await (const { id, body } of readInbox(dataDir, { onDamage: (damage) => damages.push(damage) })) {
    const number = Number(id.replace('delivery-', ''));
    const filling = Buffer.from(body).subarray(`${number} `.length);
    const isExact = Buffer.from(body).toString().startsWith(`${number} `) && isFilled(filling);
    if (isExact) times.set(number, (times.get(number) ?? 0) + 1);
  }
  return { times, damage: damages[0] ?? { tornTails: 0, damagedRecords: 0 } };
}

const isFilled = (bytes: Buffer): boolean => bytes.equals(Buffer.alloc(bytes.length, '\0\xffx'));

describe('kill -9 at full speed', () => {
  it(
    'leaves everything acknowledged, once each, with at most one torn tail a round',
    async () => {
      const dataDir = dataFolder();
      const acknowledged: number[] = [];
      for (let round = 0; round < ROUNDS; round += 1) {
        const killAfter = KEPT_A_ROUND + Math.floor(Math.random() * KEPT_A_ROUND);
        const args = [dataDir, 64, round % 2 === 0 ? 1024 : 20_000, round * 1_000_000];
        acknowledged.push(...(await keeper(args, killAfter).lines).map(Number));
      }
      const { times, damage } = await numbersIn(dataDir);
      expect(acknowledged.length).toBeGreaterThanOrEqual(ROUNDS * KEPT_A_ROUND);
      expect(acknowledged.filter((number) => times.get(number) !== 1)).toEqual([]);
      expect(damage.tornTails).toBeLessThanOrEqual(ROUNDS);
      expect(damage.damagedRecords).toBe(0);
    },
    TIMEOUT_MS,
  );

  it('of several writers, one after the other, loses nothing of any, also while they are read', async () => {
    const dataDir = dataFolder();
    const writers = [0, 1, 2].map((index) =>
      keeper([dataDir, 16, 500, index * 1_000_000], 300 * (index + 1)),
    );
    let isOver = false;
    const lines = Promise.all(writers.map((writer) => writer.lines)).finally(() => {
      isOver = true;
    });
    while (!isOver) expect((await numbersIn(dataDir)).damage.damagedRecords).toBe(0);
    const acknowledged = (await lines).flat().map(Number);
    const { times, damage } = await numbersIn(dataDir);
    expect(acknowledged.filter((number) => times.get(number) !== 1)).toEqual([]);
    expect(damage.damagedRecords).toBe(0);
  });
});

describe('a disk that takes no more', () => {
  it('fails what waits, loses nothing acknowledged, and leaves no half record', async () => {
    const dataDir = dataFolder();
    const lines = await keeper([dataDir, 8, 1024], Number.POSITIVE_INFINITY, 'ulimit -f 64;').lines;
    const acknowledged = lines.filter((line) => !line.startsWith('failed')).map(Number);
    const failed = lines.filter((line) => line.startsWith('failed'));
    expect(new Set(failed)).toEqual(new Set(['failed store_unwritable']));
    const { times, damage } = await numbersIn(dataDir);
    expect([...times.keys()].toSorted((a, b) => a - b)).toEqual(acknowledged.toSorted((a, b) => a - b));
    expect(damage).toEqual({ tornTails: 0, damagedRecords: 0 });
  });

  it('is used again as soon as there is room', async ({ skip }) => {
    const dataDir = dataFolder();
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', dataDir], { stdio: 'ignore' });
    } catch {
      skip('file systems cannot be mounted here');
    }
    try {
      const inbox = await opened(dataDir);
      await inbox.keep(delivery({ id: 'first' }));
      writeFileSync(join(dataDir, 'filling'), Buffer.alloc(200 * 1024));
      const big = delivery({ body: Buffer.alloc(100 * 1024) });
      for (const _time of [1, 2, 3])
        await expect(inbox.keep(big)).rejects.toMatchObject({
          kind: 'store_unwritable',
          message: expect.stringContaining('ENOSPC'),
        });
      await inbox.keep(delivery({ id: 'small' }));
      rmSync(join(dataDir, 'filling'));
      await inbox.keep({ ...big, id: 'big' });
      expect((await everything(dataDir)).ids).toEqual(['first', 'small', 'big']);
      expect((await everything(dataDir)).damage).toEqual({ tornTails: 0, damagedRecords: 0 });
      expect(segmentsIn(dataDir).filter((path) => statSync(path).size === 0)).toEqual([]);
    } finally {
      // Lazily: the inbox is closed after the test.
      execFileSync('umount', ['-l', dataDir]);
    }
  });
});
