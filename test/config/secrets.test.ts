import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmodSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { type NewSecret, openSecrets, type WebhookSecrets } from '../../src/config/secrets.ts';
import { Secret } from '../../src/secret.ts';
import { environment, failureOf, filesIn, modeOf, scratch } from './scratch.ts';
import { bundleWorkers, type Workers } from './workers.ts';

let workers: Workers;
beforeAll(async () => {
  workers = await bundleWorkers();
});
afterAll(() => workers.remove());

function open(configDir: string, profile = 'default') {
  const surroundings = environment(systemClock);
  return { store: openSecrets({ ...surroundings, configDir, profile }), damages: surroundings.damages };
}

const secret = (value: string, minute = 0, more: Partial<NewSecret> = {}): NewSecret => ({
  webhookId: 'one',
  secret: new Secret(value),
  obtainedAt: `2026-01-01T00:${String(minute).padStart(2, '0')}:00.000Z`,
  ...more,
});

const values = (kept: WebhookSecrets | null): readonly string[] =>
  kept?.secrets.map((each) => each.secret.reveal()) ?? [];

describe('secrets', () => {
  it('are none where nothing was stored, and reading makes nothing', async () => {
    const dir = scratch();
    const { store } = open(dir);
    expect([await store.get('one'), await store.list(), await store.forget('one')]).toEqual([
      null,
      [],
      false,
    ]);
    expect(filesIn(dir)).toEqual([]);
  });

  it('are read back as stored', async () => {
    const dir = scratch();
    await open(dir).store.put(
      secret('whsec_1', 0, { eventType: 'case.opened', webhookUrl: 'https://a.example' }),
    );
    const read = await open(dir).store.get('one');
    expect(read).toMatchObject({
      webhookId: 'one',
      eventType: 'case.opened',
      webhookUrl: 'https://a.example',
    });
    expect(read?.secrets[0]?.obtainedAt).toBe('2026-01-01T00:00:00.000Z');
    expect(values(read)).toEqual(['whsec_1']);
  });

  it('have the newest first, in whatever order they came', async () => {
    const { store } = open(scratch());
    for (const [value, minute] of [
      ['b', 2],
      ['a', 1],
      ['d', 4],
      ['c', 3],
    ] as const)
      await store.put(secret(value, minute));
    expect(values(await store.get('one'))).toEqual(['d', 'c', 'b', 'a']);
  });

  it('obtained at the same time have the one that came last first', async () => {
    const { store } = open(scratch());
    await store.put(secret('a'));
    await store.put(secret('b'));
    expect(values(await store.get('one'))).toEqual(['b', 'a']);
  });

  it('keep their time when they come again', async () => {
    const { store } = open(scratch());
    await store.put(secret('a', 1));
    await store.put(secret('b', 2));
    await store.put(secret('a', 3));
    expect(values(await store.get('one'))).toEqual(['b', 'a']);
  });

  it('are at most five a webhook, the oldest out first', async () => {
    const { store } = open(scratch());
    for (let minute = 1; minute <= 7; minute += 1) await store.put(secret(`s${minute}`, minute));
    expect(values(await store.get('one'))).toEqual(['s7', 's6', 's5', 's4', 's3']);
  });

  it('stay when they are added, though all others look newer: the oldest of those goes', async () => {
    const { store } = open(scratch());
    for (let minute = 1; minute <= 5; minute += 1) await store.put(secret(`s${minute}`, minute));
    await store.put(secret('added', 0));
    expect(values(await store.get('one'))).toEqual(['s5', 's4', 's3', 's2', 'added']);
  });

  it('compare times, not texts', async () => {
    const { store } = open(scratch());
    await store.put(secret('later', 0, { obtainedAt: '2026-01-01T01:00:00+00:00' }));
    await store.put(secret('earlier', 0, { obtainedAt: '2026-01-01T02:30:00+02:00' }));
    const kept = await store.get('one');
    expect(values(kept)).toEqual(['later', 'earlier']);
    expect(kept?.secrets[1]?.obtainedAt).toBe('2026-01-01T00:30:00.000Z');
  });

  it('say what they are of as the newest call knew it', async () => {
    const { store } = open(scratch());
    await store.put(secret('b', 2));
    await store.put(secret('a', 1, { eventType: 'old.type', webhookUrl: 'https://old.example' }));
    await store.put(secret('c', 3, { webhookUrl: 'https://new.example' }));
    await store.put(secret('z', 0, { eventType: 'x', webhookUrl: 'https://oldest.example' }));
    expect(await store.get('one')).toMatchObject({
      eventType: 'old.type',
      webhookUrl: 'https://new.example',
    });
  });

  it('are listed by webhook', async () => {
    const { store } = open(scratch());
    for (const webhookId of ['b', 'c', 'A', 'a'])
      await store.put(secret(`of ${webhookId}`, 0, { webhookId }));
    expect((await store.list()).map(({ webhookId }) => webhookId)).toEqual(['A', 'a', 'b', 'c']);
  });

  it('of one profile are not those of another', async () => {
    const dir = scratch();
    await open(dir, 'live').store.put(secret('a'));
    expect(await open(dir, 'test').store.list()).toEqual([]);
  });

  it('are forgotten when asked, of that webhook only', async () => {
    const { store } = open(scratch());
    await store.put(secret('a'));
    await store.put(secret('b', 0, { webhookId: 'two' }));
    expect([await store.forget('one'), await store.forget('one')]).toEqual([true, false]);
    expect((await store.list()).map(({ webhookId }) => webhookId)).toEqual(['two']);
  });

  it.each([
    '../../escape',
    '/etc/passwd',
    'con.json',
    'con',
    'aux',
    'com1',
    'lpt9',
    '',
    '.',
    'UPPER',
    'a\0b',
    'ünïcode',
    'x'.repeat(5000),
    `x-${'0'.repeat(64)}`,
  ])('of the id %j stay in their folder', async (webhookId) => {
    const dir = scratch();
    const { store } = open(dir);
    await store.put(secret('a', 0, { webhookId }));
    expect(values(await store.get(webhookId))).toEqual(['a']);
    expect((await store.list()).map((each) => each.webhookId)).toEqual([webhookId]);
    expect(filesIn(dir)).toEqual([
      'secrets',
      'secrets/default',
      expect.stringMatching(/^secrets\/default\/x-[0-9a-f]{64}\.json$/),
    ]);
  });

  it.each([
    ['Live', 'live'],
    ['con', 'CON'],
    ['LPT1', 'lpt1'],
    ['x-Y', 'x-y'],
  ])('of the profiles %s and %s are apart where case does not count, and on Windows', async (one, other) => {
    const dir = scratch();
    await open(dir, one).store.put(secret('of one'));
    await open(dir, other).store.put(secret('of other'));
    expect(values(await open(dir, one).store.get('one'))).toEqual(['of one']);
    const folders = readdirSync(join(dir, 'secrets'));
    expect(new Set(folders.map((name) => name.toLowerCase())).size).toBe(2);
    expect(folders.filter((name) => /^(?:con|lpt1)$/i.test(name))).toEqual([]);
  });

  it.each(['live', 'my_profile-2', 'console', 'com10', 'x-1'])(
    'of the profile %s are in a folder of that name',
    async (profile) => {
      const dir = scratch();
      await open(dir, profile).store.put(secret('a'));
      expect(readdirSync(join(dir, 'secrets'))).toEqual([profile]);
    },
  );

  it('need a profile that can be a folder', async () => {
    expect(await failureOf(() => open(scratch(), '../x'))).toMatchObject({ kind: 'usage' });
  });

  it('keep what other releases put beside them', async () => {
    const dir = scratch();
    const { store } = open(dir);
    await store.put(secret('a'));
    const path = join(dir, 'secrets', 'default', 'one.json');
    const file = JSON.parse(readFileSync(path, 'utf8'));
    writeFileSync(
      path,
      JSON.stringify({ ...file, note: 'kept', secrets: [{ ...file.secrets[0], tag: 'kept' }] }),
    );
    await store.put(secret('b', 1));
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({
      note: 'kept',
      secrets: [{}, { tag: 'kept' }],
    });
  });
});

describe('the revision', () => {
  it('differs after every change by anyone, and only then', async () => {
    const dir = scratch();
    const [reader, writer] = [open(dir).store, open(dir).store];
    const seen = [await reader.revision()];
    const changes = [
      () => writer.put(secret('a')),
      () => writer.put(secret('b', 1)),
      () => writer.put(secret('c', 0, { webhookId: 'two' })),
      () => writer.forget('one'),
    ];
    for (const change of changes) {
      await change();
      seen.push(await reader.revision());
      await reader.list();
      await writer.proveWritable();
      expect(await reader.revision()).toBe(seen.at(-1));
    }
    expect(new Set(seen).size).toBe(changes.length + 1);
  });
});

describe('a damaged secret file', () => {
  const kept = { secret: 'whsec_canary', obtained_at: '2026-01-01T00:00:00Z' };
  const sound = { version: 1, webhook_id: 'one', event_type: null, webhook_url: null, secrets: [kept] };

  it.each([
    ['not JSON', 'whsec_canary'],
    ['of another webhook', JSON.stringify({ ...sound, webhook_id: 'two' })],
    ['without secrets', JSON.stringify({ ...sound, secrets: [] })],
    ['with a secret of another type', JSON.stringify({ ...sound, secrets: [{ ...kept, secret: 1 }] })],
    ['with an empty secret', JSON.stringify({ ...sound, secrets: [{ ...kept, secret: '' }] })],
    ['with a time that is none', JSON.stringify({ ...sound, secrets: [{ ...kept, obtained_at: 'soon' }] })],
  ])('(%s) is set aside whole and reported, beside sound ones', async (_, content) => {
    const dir = scratch();
    const { store, damages } = open(dir);
    await store.put(secret('b', 0, { webhookId: 'two' }));
    const folder = join(dir, 'secrets', 'default');
    writeFileSync(join(folder, 'one.json'), content);
    expect((await store.list()).map(({ webhookId }) => webhookId)).toEqual(['two']);
    const aside = readdirSync(folder).find((name) => name.startsWith('one.json.damaged-')) ?? '';
    expect(readFileSync(join(folder, aside), 'utf8')).toBe(content);
    expect(damages).toEqual([expect.stringContaining(aside)]);
    expect(damages.join()).not.toContain('canary');
    await store.put(secret('a'));
    expect(values(await store.get('one'))).toEqual(['a']);
  });

  it('of a newer release is refused and left alone', async () => {
    const dir = scratch();
    const { store } = open(dir);
    await store.put(secret('a'));
    const path = join(dir, 'secrets', 'default', 'one.json');
    writeFileSync(path, '{"version":2}');
    expect(await failureOf(() => store.put(secret('b')))).toMatchObject({ kind: 'store_unwritable' });
    expect(await failureOf(() => store.list())).toMatchObject({ kind: 'store_unwritable' });
    expect(readFileSync(path, 'utf8')).toBe('{"version":2}');
  });
});

describe('the proof that a secret could be written', () => {
  it('leaves nothing but the folders', async () => {
    const dir = join(scratch(), 'config');
    await open(dir).store.proveWritable();
    expect(filesIn(dir)).toEqual(['secrets', 'secrets/default']);
    expect(['', 'secrets', 'secrets/default'].map((name) => modeOf(join(dir, name)))).toEqual([
      '700',
      '700',
      '700',
    ]);
  });

  it.each(['', 'secrets', 'secrets/default'])(
    'fails where a file is in the place of the folder %j',
    async (name) => {
      const dir = join(scratch(), 'config');
      mkdirSync(join(dir, name, '..'), { recursive: true });
      writeFileSync(join(dir, name), '');
      const failure = await failureOf(() => open(dir).store.proveWritable());
      expect(failure.kind).toBe('store_unwritable');
      expect(failure.message).toContain(join(dir, name).replace(/\/$/, ''));
      expect(await failureOf(() => open(dir).store.put(secret('whsec_canary')))).toMatchObject({
        kind: 'store_unwritable',
      });
    },
  );

  it('sweeps what killed processes left long ago', async () => {
    const dir = scratch();
    const { store } = open(dir);
    await store.put(secret('a'));
    const folder = join(dir, 'secrets', 'default');
    const probe = `.probe-${randomUUID()}`;
    const copies = ['one.json.next', 'one.json.next.tmp-0123456789abcdef', `${probe}.next`];
    const mine = ['notes.json.next.md', '.probe-1', 'one.json.tmp-1'];
    for (const name of [...copies, probe, ...mine, 'two.json.next']) writeFileSync(join(folder, name), 'x');
    const locks = [`${probe}.lock`, `${probe}.lock.lock`];
    for (const name of locks) mkdirSync(join(folder, name));
    for (const name of [...copies, probe, ...mine, ...locks, 'one.json'])
      utimesSync(join(folder, name), 1, 1);
    await store.proveWritable();
    expect(readdirSync(folder).sort()).toEqual([...mine, 'one.json', 'two.json.next'].sort());
  });

  it.skipIf(process.getuid?.() !== 0 || process.platform !== 'linux')('fails on a full disk', async () => {
    const dir = scratch();
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', dir], { stdio: 'ignore' });
    } catch {
      return;
    }
    try {
      const { store } = open(dir);
      await store.put(secret('a'));
      writeFileSync(join(dir, 'ballast'), 'x'.repeat(56 * 1024));
      expect(await failureOf(() => store.proveWritable())).toMatchObject({ kind: 'store_unwritable' });
      expect(values(await store.get('one'))).toEqual(['a']);
    } finally {
      execFileSync('umount', [dir]);
    }
  });
});

describe('permissions', () => {
  it.each([0o000, 0o777])('are private under umask %o', async (umask) => {
    const dir = join(scratch(), 'config');
    await workers.all([{ do: 'put', dir, webhookId: 'one', secret: 'a', count: 2, umask }]);
    const paths = ['', 'secrets', 'secrets/default', 'secrets/default/one.json'];
    expect(paths.map((path) => modeOf(join(dir, path)))).toEqual(['700', '700', '700', '600']);
  });

  it('are repaired by reading', async () => {
    const dir = scratch();
    const { store } = open(dir);
    await store.put(secret('a'));
    const paths = ['', 'secrets', 'secrets/default', 'secrets/default/one.json'].map((path) =>
      join(dir, path),
    );
    for (const path of paths) chmodSync(path, 0o777);
    await open(dir).store.get('one');
    expect(paths.map(modeOf)).toEqual(['700', '700', '700', '600']);
  });
});

describe('permissions of a folder that was there before', () => {
  it('stay until it holds a secret of ours', async () => {
    const dir = scratch();
    mkdirSync(join(dir, 'secrets', 'default'), { recursive: true });
    const folders = [dir, join(dir, 'secrets'), join(dir, 'secrets', 'default')];
    for (const folder of folders) chmodSync(folder, 0o755);
    const { store } = open(dir);
    await store.list();
    await store.get('one');
    await store.proveWritable();
    expect(folders.map(modeOf)).toEqual(['755', '755', '755']);
    await store.put(secret('a'));
    expect(folders.map(modeOf)).toEqual(['700', '700', '700']);
    chmodSync(dir, 0o755);
    await store.list();
    expect(modeOf(dir)).toBe('700');
  });
});

describe('exclusive work', () => {
  it('is done for one caller at a time, a webhook', async () => {
    const dir = scratch();
    const order: string[] = [];
    const work = (webhookId: string, name: string) =>
      open(dir).store.exclusive(webhookId, async () => {
        order.push(`${name} in`);
        await new Promise((resolve) => setImmediate(resolve));
        order.push(`${name} out`);
      });
    await Promise.all([work('one', 'a'), work('one', 'b')]);
    expect(order.map((step) => step.split(' ')[1])).toEqual(['in', 'out', 'in', 'out']);
  });

  it('of two webhooks goes side by side', async () => {
    const { store } = open(scratch());
    const result = await store.exclusive('one', () => store.exclusive('two', async () => 'both'));
    expect(result).toBe('both');
  });

  it('may put, forget and enter again without waiting for itself', async () => {
    const { store } = open(scratch());
    await store.exclusive('one', async () => {
      await store.put(secret('a'));
      await store.forget('one');
      return store.exclusive('one', async () => store.put(secret('b')));
    });
    expect(values(await store.get('one'))).toEqual(['b']);
  });

  it('keeps out the puts of everyone else, in this process too', async () => {
    const { store } = open(scratch());
    let start = (): void => undefined;
    const order: string[] = [];
    const begun = new Promise<void>((resolve) => {
      start = resolve;
    });
    // Begins within the work below, but is no part of it.
    const later = begun.then(() => store.put(secret('b', 1))).finally(() => order.push('put'));
    await store.exclusive('one', async () => {
      start();
      await store.put(secret('a'));
      order.push('work');
    });
    await later;
    expect(order).toEqual(['work', 'put']);
    expect(values(await store.get('one'))).toEqual(['b', 'a']);
  });

  it('passes on what the work throws, and lets the next in', async () => {
    const { store } = open(scratch());
    await expect(store.exclusive('one', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await store.exclusive('one', async () => 'next')).toBe('next');
  });

  it('whose lock came in doubt still stores its secret', async () => {
    const dir = scratch();
    let asleepMs = 0;
    const clock = { ...systemClock, now: () => systemClock.now() + asleepMs };
    const store = openSecrets({ ...environment(clock), configDir: dir, profile: 'default' });
    await store.exclusive('one', async () => {
      asleepMs = 60_000;
      return store.put(secret('a'));
    });
    expect(values(await store.get('one'))).toEqual(['a']);
  });
});

describe('many processes', () => {
  it('put one secret each: all are there', { timeout: 120_000 }, async () => {
    const dir = scratch();
    const jobs = Array.from(
      { length: 30 },
      (_, index) => ({ do: 'put', dir, webhookId: `hook-${index}`, secret: `s${index}`, count: 1 }) as const,
    );
    await workers.all(jobs);
    const kept = await open(dir).store.list();
    expect(new Set(kept.flatMap(values))).toEqual(new Set(jobs.map((job) => job.secret)));
    expect(readdirSync(join(dir, 'secrets', 'default'))).toHaveLength(30);
  });

  it('put secrets of the same webhook: all are there', { timeout: 120_000 }, async () => {
    const dir = scratch();
    await workers.all(
      ['a', 'b', 'c', 'd', 'e'].map((name) => ({ do: 'put', dir, webhookId: 'one', secret: name, count: 1 })),
    );
    expect([...values(await open(dir).store.get('one'))].sort()).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it('keep every acknowledged secret when they are killed', { timeout: 120_000 }, async () => {
    const dir = scratch();
    const folder = join(dir, 'secrets', 'default');
    for (let round = 0; round < 12; round += 1) {
      const worker = workers.start({
        do: 'put',
        dir,
        webhookId: `hook-${round}`,
        secret: `s${round}-`,
        count: 1000,
      });
      await worker.said(1 + Math.floor(Math.random() * 3));
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 6));
      await worker.kill();
      for (const name of readdirSync(folder).filter((each) => each.endsWith('.lock')))
        utimesSync(join(folder, name), 1, 1);
      const { store, damages } = open(dir);
      expect(values(await store.get(`hook-${round}`))).toContain(worker.lines.at(-1));
      await store.put(secret('after', 59, { webhookId: `hook-${round}` }));
      expect(damages).toEqual([]);
    }
  });
});
