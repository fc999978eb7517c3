import { randomUUID } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type NewIntent, openJournal } from '../../src/config/journal.ts';
import { describeOwner, type Owner } from '../../src/config/owner.ts';
import { environment, failureOf, modeOf, scratch, standingClock } from './scratch.ts';
import { bundleWorkers, type Workers } from './workers.ts';

let workers: Workers;
beforeAll(async () => {
  workers = await bundleWorkers();
});
afterAll(() => workers.remove());

const HOST = hostname();
const MINUTE_MS = 60_000;

/** Process ids that only exist here: those in `alive` run. */
function population(pid: number, alive: ReadonlySet<number>) {
  return { pid, isAlive: (asked: number) => alive.has(asked) };
}

const real = {
  pid: process.pid,
  isAlive(pid: number): boolean {
    try {
      process.kill(pid, 0);
      return true;
    } catch {
      return false;
    }
  },
};

function open(dataDir: string, { processes = real, clock = standingClock(), host = HOST } = {}) {
  const { damages, onDamage } = environment(clock);
  return { journal: openJournal({ dataDir, hostname: host, processes, clock, onDamage }), damages };
}

const CREATE: NewIntent = {
  kind: 'create',
  idempotencyKey: '0123456789abcdef',
  profile: 'default',
  baseUrl: 'https://api.kycgenie.com',
  apiVersion: 'v2',
  account: 'account-1',
  request: {
    webhook_url: 'https://a.example/hook?token=canary',
    event_type: 'case.opened',
    filters: { b: 1, constructor: { deep: [null] }, a: 2 },
  },
};
const ROTATE: NewIntent = {
  ...CREATE,
  kind: 'rotate',
  webhookId: 'one',
  obtainedAt: '2030-01-01T00:00:00.000Z',
};

/** A process of this machine that has ended: no id is that high. */
const GONE_PID = 2 ** 22 + 1;
const gone = () => population(GONE_PID, new Set());

/** Journal and id of an intent whose process is gone. */
async function orphan(dataDir: string, wish: NewIntent = CREATE, clock = standingClock()): Promise<string> {
  return (await open(dataDir, { processes: gone(), clock }).journal.begin(wish)).id;
}

const fileOf = (dataDir: string, id: string): string => join(dataDir, 'journal', `${id}.json`);

/** Changes the owner that is on disk. */
function disown(path: string, change: Partial<Owner>): void {
  const file = JSON.parse(readFileSync(path, 'utf8'));
  writeFileSync(path, JSON.stringify({ ...file, owner: { ...file.owner, ...change } }));
}

describe('an intent', () => {
  it('is on disk when begin returns, private and whole', async () => {
    const dir = join(scratch(), 'data');
    const intent = await open(dir).journal.begin(CREATE);
    expect(intent).toMatchObject({ ...CREATE, startedAt: '2026-01-02T03:04:05.678Z' });
    expect(intent.id).toMatch(/^[0-9a-f-]+$/);
    expect(readdirSync(join(dir, 'journal'))).toEqual([`${intent.id}.json`]);
    expect([dir, join(dir, 'journal'), fileOf(dir, intent.id)].map(modeOf)).toEqual(['700', '700', '600']);
    expect(JSON.parse(readFileSync(fileOf(dir, intent.id), 'utf8'))).toMatchObject({ intent: CREATE });
  });

  it.each([0o000, 0o777])('is private under umask %o', async (umask) => {
    const dir = join(scratch(), 'data');
    const worker = workers.start({ do: 'begin', dir, count: 1, umask });
    await worker.said(1);
    await worker.kill();
    const [id = ''] = worker.lines;
    expect([dir, join(dir, 'journal'), fileOf(dir, id)].map(modeOf)).toEqual(['700', '700', '600']);
  });

  it.each(['', 'journal'])('cannot begin where a file is in the place of the folder %j', async (name) => {
    const dir = join(scratch(), 'data');
    mkdirSync(join(dir, name, '..'), { recursive: true });
    writeFileSync(join(dir, name), '');
    expect(await failureOf(() => open(dir).journal.begin(CREATE))).toMatchObject({
      kind: 'store_unwritable',
      hint: expect.stringContaining('KYCGENIE_DATA_DIR'),
    });
    expect(await failureOf(() => open(dir).journal.orphans())).toMatchObject({ kind: 'store_unwritable' });
  });

  it('is gone when it is finished, however often', async () => {
    const dir = scratch();
    const { journal } = open(dir);
    const { id } = await journal.begin(CREATE);
    await journal.finish(id);
    await journal.finish(id);
    expect(readdirSync(join(dir, 'journal'))).toEqual([]);
    expect(await journal.claim(id)).toBe(false);
  });

  it('never has an id that leads elsewhere', async () => {
    const { journal } = open(scratch());
    for (const work of [() => journal.finish('../x'), () => journal.claim('a/b')]) {
      expect(await failureOf(work)).toMatchObject({ kind: 'internal' });
    }
  });
});

describe('the folder of an intent', () => {
  it('is left as it is where it holds none, and closed once it does', async () => {
    const dir = scratch();
    mkdirSync(join(dir, 'journal'));
    const folders = [dir, join(dir, 'journal')];
    const loosen = () => {
      for (const folder of folders) chmodSync(folder, 0o755);
    };
    loosen();
    const { journal } = open(dir);
    await journal.orphans();
    expect(folders.map(modeOf)).toEqual(['755', '755']);
    await journal.begin(CREATE);
    expect(folders.map(modeOf)).toEqual(['700', '700']);
    loosen();
    await journal.orphans();
    expect(folders.map(modeOf)).toEqual(['700', '700']);
  });

  it('is swept of unfinished copies, and of nothing else', async () => {
    const dir = scratch();
    const folder = join(dir, 'journal');
    mkdirSync(folder);
    const unfinished = ['json', 'claim-2'].map((end) => `${randomUUID()}.${end}.tmp-${randomUUID()}`);
    const mine = ['page.next', 'x.tmp-0123', '.next'];
    for (const name of [...unfinished, ...mine]) writeFileSync(join(folder, name), '');
    for (const name of [...unfinished, ...mine]) utimesSync(join(folder, name), 1, 1);
    await open(dir).journal.orphans();
    expect(readdirSync(folder).sort()).toEqual([...mine].sort());
  });
});

describe('orphans', () => {
  it('are none where nothing was ever begun', async () => {
    expect(await open(join(scratch(), 'data')).journal.orphans()).toEqual([]);
  });

  it('are exactly what was begun, down to the order of keys, oldest first', async () => {
    const dir = scratch();
    const clock = standingClock();
    const begun = [];
    for (const wish of [CREATE, ROTATE, CREATE]) {
      begun.push(await open(dir, { processes: gone(), clock }).journal.begin(wish));
      clock.move(1);
    }
    expect(JSON.stringify(await open(dir).journal.orphans())).toBe(JSON.stringify(begun));
  });

  it('are not those of this process, nor of another living one', { timeout: 30_000 }, async () => {
    const dir = scratch();
    const { journal } = open(dir);
    await journal.begin(CREATE);
    const worker = workers.start({ do: 'begin', dir, count: 2 });
    await worker.said(2);
    expect(await journal.orphans()).toEqual([]);
    expect(await journal.claim(worker.lines[0] ?? '')).toBe(false);
    await worker.kill();
    expect(new Set((await journal.orphans()).map(({ id }) => id))).toEqual(new Set(worker.lines));
  });

  it.skipIf(process.platform !== 'linux')(
    'are those of a process whose id another process has now',
    async () => {
      const dir = scratch();
      const { journal } = open(dir);
      const { id } = await journal.begin(CREATE);
      disown(fileOf(dir, id), { started: '1' });
      expect(await journal.orphans()).toHaveLength(1);
    },
  );

  it.skipIf(process.platform !== 'linux')('are those of before this machine was started anew', async () => {
    const dir = scratch();
    const { journal } = open(dir);
    const { id } = await journal.begin(CREATE);
    disown(fileOf(dir, id), { boot_id: randomUUID() });
    expect(await journal.orphans()).toHaveLength(1);
  });

  it('are those of another host only after a quarter of an hour', async () => {
    const dir = scratch();
    const clock = standingClock();
    const id = await (async () => (await open(dir, { host: 'elsewhere', clock }).journal.begin(CREATE)).id)();
    const { journal } = open(dir, { clock });
    clock.move(15 * MINUTE_MS);
    expect([await journal.orphans(), await journal.claim(id)]).toEqual([[], false]);
    clock.move(1);
    expect(await journal.orphans()).toHaveLength(1);
    expect(await journal.claim(id)).toBe(true);
  });

  it('are those of another container of this host only after a quarter of an hour', async () => {
    const dir = scratch();
    const clock = standingClock();
    const id = await orphan(dir, CREATE, clock);
    disown(fileOf(dir, id), { pid_namespace: 'pid:[1]' });
    const { journal } = open(dir, { clock });
    expect(await journal.orphans()).toEqual([]);
    clock.move(15 * MINUTE_MS + 1);
    expect(await journal.orphans()).toHaveLength(1);
  });

  it('are those of a living process that cannot be told from its successor, after an hour', async () => {
    const dir = scratch();
    const clock = standingClock();
    const { journal } = open(dir, { clock });
    const { id } = await journal.begin(CREATE);
    disown(fileOf(dir, id), { started: null });
    clock.move(60 * MINUTE_MS);
    expect(await journal.orphans()).toEqual([]);
    clock.move(1);
    expect(await journal.orphans()).toHaveLength(1);
  });

  it('are those of another host whose clock was far ahead', async () => {
    const dir = scratch();
    await open(dir, { host: 'elsewhere', clock: standingClock(Date.parse('2030-01-01')) }).journal.begin(
      CREATE,
    );
    expect(await open(dir).journal.orphans()).toHaveLength(1);
  });
});

describe('a damaged intent', () => {
  const id = '00000000-0000-0000-0000-000000000001';
  const owner = describeOwner(gone(), HOST);
  const intent = { ...CREATE, id, startedAt: '2026-01-01T00:00:00.000Z' };

  it.each([
    ['torn', '{"version":1,"intent":{"webhook_url":"https://a.example/canary'],
    ['empty', ''],
    ['of another id', JSON.stringify({ version: 1, owner, intent: { ...intent, id: '0002' } })],
    ['without an owner', JSON.stringify({ version: 1, intent })],
    ['of a kind nobody knows', JSON.stringify({ version: 1, owner, intent: { ...intent, kind: 'delete' } })],
    [
      'with filters that are none',
      JSON.stringify({ version: 1, owner, intent: { ...intent, request: { ...CREATE, filters: 1 } } }),
    ],
    [
      'with a time that is none',
      JSON.stringify({ version: 1, owner, intent: { ...intent, startedAt: 'soon' } }),
    ],
    [
      'with a time of its secret that is none',
      JSON.stringify({ version: 1, owner, intent: { ...intent, ...ROTATE, obtainedAt: 'soon' } }),
    ],
  ])('(%s) is set aside whole and reported, and hides no other', async (_, content) => {
    const dir = scratch();
    const other = await orphan(dir);
    writeFileSync(fileOf(dir, id), content);
    writeFileSync(join(dir, 'journal', `${id}.claim-1`), '');
    const { journal, damages } = open(dir);
    expect((await journal.orphans()).map((each) => each.id)).toEqual([other]);
    const [aside = '', ...rest] = readdirSync(join(dir, 'journal')).filter((name) => name.startsWith(id));
    expect(aside).toContain('.json.damaged-');
    expect(rest).toEqual([]);
    expect(readFileSync(join(dir, 'journal', aside), 'utf8')).toBe(content);
    expect(damages).toEqual([expect.stringContaining(aside)]);
    expect(damages.join()).not.toContain('canary');
    expect(await journal.claim(id)).toBe(false);
  });

  it('of a newer release is left for it, and reported', async () => {
    const dir = scratch();
    const other = await orphan(dir);
    writeFileSync(fileOf(dir, id), '{"version":2}');
    const { journal, damages } = open(dir);
    expect((await journal.orphans()).map((each) => each.id)).toEqual([other]);
    expect(damages).toEqual([expect.stringContaining('newer kycgenie')]);
    expect(readFileSync(fileOf(dir, id), 'utf8')).toBe('{"version":2}');
  });
});

describe('a claim', () => {
  it('is had by one of two recoveries', async () => {
    const dir = scratch();
    const id = await orphan(dir);
    const alive = new Set([GONE_PID + 1, GONE_PID + 2]);
    const [one, two] = [...alive].map((pid) => open(dir, { processes: population(pid, alive) }).journal);
    expect([await one?.claim(id), await two?.claim(id), await one?.claim(id)]).toEqual([true, false, false]);
    expect(await two?.orphans()).toEqual([]);
  });

  it('of a process that died is taken over, again and again', async () => {
    const dir = scratch();
    const id = await orphan(dir);
    for (let round = 0; round < 3; round += 1) {
      const { journal } = open(dir, { processes: gone() });
      expect(await journal.orphans()).toHaveLength(1);
      expect(await journal.claim(id)).toBe(true);
    }
    const { journal } = open(dir);
    expect(await journal.claim(id)).toBe(true);
    expect(await journal.orphans()).toEqual([]);
    await journal.finish(id);
    expect(readdirSync(join(dir, 'journal'))).toEqual([]);
  });

  it('that cannot be read holds for a quarter of an hour', async () => {
    const dir = scratch();
    const clock = standingClock(Date.now());
    const id = await orphan(dir, CREATE, clock);
    writeFileSync(join(dir, 'journal', `${id}.claim-1`), '');
    const { journal } = open(dir, { clock });
    expect([await journal.orphans(), await journal.claim(id)]).toEqual([[], false]);
    clock.move(16 * MINUTE_MS);
    expect(await journal.claim(id)).toBe(true);
  });

  it('on what was finished in between is not had, and leaves nothing', async () => {
    const dir = scratch();
    const id = await orphan(dir);
    const { journal } = open(dir);
    const late = open(dir, {
      // Asked about the owner, between reading the intent and claiming it: the other recovery ends right then.
      processes: {
        pid: 7,
        isAlive: () => {
          void journal.finish(id);
          return false;
        },
      },
    }).journal;
    expect(await late.claim(id)).toBe(false);
    expect(readdirSync(join(dir, 'journal'))).toEqual([]);
  });

  it('without its intent is litter', async () => {
    const dir = scratch();
    await orphan(dir);
    const litter = join(dir, 'journal', `${randomUUID()}.claim-3`);
    writeFileSync(litter, '');
    await open(dir).journal.orphans();
    expect(existsSync(litter)).toBe(false);
  });

  it('is had by one process of many that all try', { timeout: 60_000 }, async () => {
    const dir = scratch();
    const ids: string[] = [];
    for (let index = 0; index < 40; index += 1) ids.push(await orphan(dir));
    const claimants = Array.from({ length: 8 }, () => workers.start({ do: 'claim-all', dir }));
    await Promise.all(claimants.map((worker) => until(() => worker.lines.includes('done'), worker.said)));
    const claimed = claimants.flatMap(({ lines }) => lines.filter((line) => line !== 'done'));
    await Promise.all(claimants.map((worker) => worker.kill()));
    expect([...claimed].sort()).toEqual([...ids].sort());
    expect(await open(dir).journal.orphans()).toHaveLength(40);
  });

  it('is had by one process again when all who had one are killed half-way', {
    timeout: 60_000,
  }, async () => {
    const dir = scratch();
    const ids: string[] = [];
    for (let index = 0; index < 40; index += 1) ids.push(await orphan(dir));
    for (let round = 0; round < 4; round += 1) {
      const victims = [1, 2].map(() => workers.start({ do: 'claim-all', dir }));
      await Promise.race(victims.map((worker) => worker.said(1 + Math.floor(Math.random() * 10))));
      await Promise.all(victims.map((worker) => worker.kill()));
    }
    const { journal, damages } = open(dir);
    const orphans = await journal.orphans();
    expect(orphans.map(({ id }) => id).sort()).toEqual([...ids].sort());
    for (const { id } of orphans) {
      expect(await journal.claim(id)).toBe(true);
      await journal.finish(id);
    }
    expect(damages).toEqual([]);
    for (const name of readdirSync(join(dir, 'journal'))) utimesSync(join(dir, 'journal', name), 1, 1);
    await journal.orphans();
    expect(readdirSync(join(dir, 'journal'))).toEqual([]);
  });
});

it('a process that is killed while it begins leaves whole intents or none', { timeout: 60_000 }, async () => {
  const dir = scratch();
  const begun: string[] = [];
  for (let round = 0; round < 10; round += 1) {
    const worker = workers.start({ do: 'begin', dir, count: 1000 });
    await worker.said(1 + Math.floor(Math.random() * 5));
    await worker.kill();
    begun.push(...worker.lines);
  }
  const { journal, damages } = open(dir);
  const found = new Set((await journal.orphans()).map(({ id }) => id));
  expect(begun.filter((id) => !found.has(id))).toEqual([]);
  expect(damages).toEqual([]);
});

async function until(isSo: () => boolean, said: (count: number) => Promise<void>): Promise<void> {
  for (let count = 1; !isSo(); count += 1) await said(count);
}
