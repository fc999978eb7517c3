import { readdirSync } from 'node:fs';
import { rename, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import { takeOverOwed } from '../../../src/listen/inbox/owed.ts';
import { findInInbox } from '../../../src/listen/inbox/read.ts';
import { clearInbox } from '../../../src/listen/inbox/retention.ts';
import { all, dataFolder, delivery, opened, plain } from './place.ts';

const APP = 'http://127.0.0.1:3000/';
/** Ids that no process of this machine has. */
const [DEAD, OTHER_DEAD] = [2 ** 22 + 1, 2 ** 22 + 2];
const alive = (pid: number): boolean => pid !== DEAD && pid !== OTHER_DEAD;

async function taken(dataDir: string, pid = process.pid, isAlive = alive): Promise<readonly string[]> {
  const owed = takeOverOwed({ dataDir, clock: systemClock, processes: { pid, isAlive } });
  return (await all(owed)).map(({ id }) => id);
}

/** A writer that is gone and left these owed. */
async function leave(dataDir: string, ids: readonly string[], pid = DEAD): Promise<void> {
  const inbox = await opened(dataDir, { pid });
  for (const id of ids) await inbox.keep(delivery({ id, owedTo: APP }));
}

describe('what is owed', () => {
  it('by a writer that is gone is taken over whole, but for what was done or never owed', async () => {
    const dataDir = dataFolder();
    await leave(dataDir, ['a', 'b', 'c']);
    const other = await opened(dataDir, { pid: OTHER_DEAD });
    await other.keep(delivery({ id: 'd' }));
    await other.amend('b', { owedTo: null });
    await other.keep(delivery({ id: 'e' }));
    await other.amend('e', { owedTo: APP });
    const owed = takeOverOwed({
      dataDir,
      clock: systemClock,
      processes: { pid: process.pid, isAlive: alive },
    });
    expect((await all(owed)).map(plain)).toEqual(
      ['a', 'c', 'e'].map((id) => plain(delivery({ id, owedTo: APP }))),
    );
  });

  it('by a living process stays its own, until it has closed the inbox', async () => {
    const dataDir = dataFolder();
    const inbox = await opened(dataDir);
    await inbox.keep(delivery({ id: 'a', owedTo: APP }));
    expect(await taken(dataDir)).toEqual([]);
    await inbox.close();
    expect(await taken(dataDir)).toEqual(['a']);
  });

  it('by a process whose id another one has now is taken over', async () => {
    const dataDir = dataFolder();
    await leave(dataDir, ['a'], process.pid);
    const [name = ''] = readdirSync(join(dataDir, 'inbox'));
    const before = join(dataDir, 'inbox', name);
    const after = join(dataDir, 'inbox', name.replace(/^(\d+-\d+)-\d+-/, '$1-1-'));
    await rename(before, after);
    expect(await taken(dataDir)).toEqual(process.platform === 'linux' ? ['a'] : []);
  });

  it('goes to one alone of many that start at once', async () => {
    const dataDir = dataFolder();
    await leave(dataDir, ['a', 'b']);
    await leave(dataDir, ['c'], OTHER_DEAD);
    const shares = await Promise.all(Array.from({ length: 8 }, () => taken(dataDir)));
    expect(shares.flat().toSorted()).toEqual(['a', 'b', 'c']);
    expect(await taken(dataDir)).toEqual([]);
  });

  it('goes on to the next when the one that took it over is gone, too', async () => {
    const dataDir = dataFolder();
    await leave(dataDir, ['a', 'b']);
    expect(await taken(dataDir, OTHER_DEAD, (pid) => pid !== DEAD)).toEqual(['a', 'b']);
    const second = await opened(dataDir, { pid: OTHER_DEAD });
    await second.amend('a', { owedTo: null });
    const shares = await Promise.all(Array.from({ length: 8 }, () => taken(dataDir)));
    expect(shares.flat()).toEqual(['b']);
  });

  it('is not blocked for good by a claim that a kill left empty', async () => {
    const dataDir = dataFolder();
    await leave(dataDir, ['a']);
    const [name = ''] = readdirSync(join(dataDir, 'inbox'));
    const claim = join(dataDir, 'inbox', `${name.split('-')[3]}.claim-1`);
    await writeFile(claim, '');
    expect(await taken(dataDir)).toEqual([]);
    await utimes(claim, 1, 1);
    expect(await taken(dataDir)).toEqual(['a']);
  });

  it('leaves no claims behind once it is cleared', async () => {
    const dataDir = dataFolder();
    await leave(dataDir, ['a']);
    await taken(dataDir);
    expect(readdirSync(join(dataDir, 'inbox'))).toHaveLength(2);
    expect(await clearInbox(dataDir)).toEqual({ deliveries: 1 });
    expect(readdirSync(join(dataDir, 'inbox'))).toEqual([]);
  });
});

describe('finding', () => {
  it('takes an id, a prefix of one alone, or last', async () => {
    const dataDir = dataFolder();
    const inbox = await opened(dataDir);
    for (const [id, receivedMs] of [
      ['abc', 1],
      ['abcd', 3],
      ['abd', 2],
    ] as const)
      await inbox.keep(delivery({ id, receivedMs }));
    await inbox.amend('abd', { status: 500 });
    const found = (id: string, status = 200) => ({ kind: 'found', delivery: { id, status } });
    expect(await findInInbox(dataDir, 'abc')).toMatchObject(found('abc'));
    expect(await findInInbox(dataDir, 'abd')).toMatchObject(found('abd', 500));
    expect(await findInInbox(dataDir, 'last')).toMatchObject(found('abcd'));
    expect(await findInInbox(dataDir, 'ab')).toEqual({
      kind: 'ambiguous',
      ids: ['abc', 'abcd', 'abd'],
      count: 3,
    });
    for (const wanted of ['', 'x', 'abcde'])
      expect(await findInInbox(dataDir, wanted)).toEqual({ kind: 'none' });
  });
});
