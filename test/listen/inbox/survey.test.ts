import { appendFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import { takeOverOwed } from '../../../src/listen/inbox/owed.ts';
import { surveyInbox } from '../../../src/listen/inbox/survey.ts';
import { all, dataFolder, delivery, opened } from './place.ts';

const APP = 'http://127.0.0.1:3000/';
/** No process of this machine has this id. */
const DEAD = 2 ** 22 + 1;
const processes = { pid: process.pid, isAlive: (pid: number) => pid !== DEAD };

const survey = (dataDir: string, signal = new AbortController().signal) =>
  surveyInbox({ dataDir, processes, clock: systemClock, signal });

describe('a survey of the inbox', () => {
  it('of nothing finds nothing', async () => {
    expect(await survey(dataFolder())).toEqual({ deliveries: 0, bytes: 0, owed: 0, damaged: 0 });
  });

  it('counts what a dead writer owes, until it is done or somebody has taken it over', async () => {
    const dataDir = dataFolder();
    const dead = await opened(dataDir, { pid: DEAD });
    for (const id of ['a', 'b', 'c']) await dead.keep(delivery({ id, owedTo: APP }));
    await dead.amend('b', { owedTo: null });
    expect(await survey(dataDir)).toMatchObject({ deliveries: 3, owed: 2, damaged: 0 });
    await all(takeOverOwed({ dataDir, clock: systemClock, processes }));
    expect(await survey(dataDir)).toMatchObject({ deliveries: 3, owed: 0 });
  });

  it('counts bytes, and records that cannot be read', async () => {
    const dataDir = dataFolder();
    const inbox = await opened(dataDir, { pid: DEAD });
    await inbox.keep(delivery({ id: 'a' }));
    const [name = ''] = readdirSync(join(dataDir, 'inbox'));
    const { bytes } = await survey(dataDir);
    appendFileSync(join(dataDir, 'inbox', name), Buffer.alloc(1000, 7));
    await inbox.keep(delivery({ id: 'b' }));
    const after = await survey(dataDir);
    expect(after).toMatchObject({ deliveries: 2, damaged: 1 });
    expect(after.bytes).toBeGreaterThan(bytes + 1000);
  });

  it('ends when it is told to', async () => {
    const dataDir = dataFolder();
    await (await opened(dataDir)).keep(delivery({ id: 'a' }));
    const reason = new Error('enough');
    await expect(survey(dataDir, AbortSignal.abort(reason))).rejects.toBe(reason);
  });
});
