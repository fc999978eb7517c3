import { chmod, mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readInbox } from '../../src/listen/inbox/read.ts';
import { clearInbox } from '../../src/listen/inbox/retention.ts';
import { all, dataFolder, delivery, everything, opened, plain, segmentsIn } from './inbox/place.ts';

const modeOf = async (path: string): Promise<number> => (await stat(path)).mode & 0o777;
const numbered = (count: number, from = 0) =>
  Array.from({ length: count }, (_, index) => delivery({ id: `d-${from + index}` }));

describe('what is kept', () => {
  it('comes back as it was, to the byte', async () => {
    const dataDir = dataFolder();
    const kept = [
      delivery({ body: new Uint8Array(0) }),
      delivery({ body: new Uint8Array(new ArrayBuffer(0)) }),
      delivery({ body: Uint8Array.of(0, 255, 0xc3, 0x28, 0, 10, 13) }),
      delivery({ body: Uint8Array.from({ length: 1024 * 1024 }, (_, index) => (index * 7) % 256) }),
      delivery({
        path: '/a%20b/\u00e9',
        query: 'x=%00&y',
        headers: [['X-Odd', '\u00ff\u0007']],
        accepted: false,
        status: 401,
        signature: { ...delivery().signature, status: 'invalid', reason: 'body_altered', hint: 'é \ud800' },
        forward: { url: 'u', status: null, duration_ms: 1.5, error: 'no', attempts: 2, body: null },
        owedTo: 'http://127.0.0.1:1/',
      }),
    ];
    const inbox = await opened(dataDir);
    await Promise.all(kept.map((each) => inbox.keep(each)));
    const { deliveries, damage } = await everything(dataDir);
    expect(deliveries.map(plain)).toEqual(kept.map(plain));
    expect(damage).toEqual({ tornTails: 0, damagedRecords: 0 });
  });

  it('is in the file when it resolves, in order, and many share a write', async () => {
    const dataDir = dataFolder();
    const inbox = await opened(dataDir);
    const order: string[] = [];
    const kept = numbered(1000);
    await Promise.all(kept.map((each) => inbox.keep(each).then(() => order.push(each.id))));
    expect(order).toEqual(kept.map(({ id }) => id));
    expect((await everything(dataDir)).ids).toEqual(order);
  });

  it('of several writers is read by the time it was received, then by the age of the file', async () => {
    const dataDir = dataFolder();
    const [one, other] = [await opened(dataDir, { now: () => 1 }), await opened(dataDir, { now: () => 2 })];
    for (const [inbox, id, receivedMs] of [
      [one, 'a', 10],
      [other, 'd', 20],
      [one, 'c', 20],
      [other, 'b', 15],
    ] as const)
      await inbox.keep(delivery({ id, receivedMs }));
    expect((await everything(dataDir)).ids).toEqual(['a', 'b', 'c', 'd']);
    expect((await everything(dataDir, true)).ids).toEqual(['d', 'c', 'b', 'a']);
  });

  it('can be chosen from before a body is read, as amended', async () => {
    const dataDir = dataFolder();
    const inbox = await opened(dataDir);
    for (const each of numbered(3)) await inbox.keep(each);
    await inbox.amend('d-1', { status: 502 });
    const found = await all(readInbox(dataDir, { isWanted: ({ status }) => status === 502 }));
    expect(found.map(({ id }) => id)).toEqual(['d-1']);
  });

  it('too long to be read again is refused, and the inbox goes on', async () => {
    const inbox = await opened(dataFolder());
    const failed = { kind: 'store_unwritable' };
    await expect(inbox.keep(delivery({ body: Buffer.alloc(65 * 1024 * 1024) }))).rejects.toMatchObject(
      failed,
    );
    await expect(inbox.keep(delivery({ path: 'x'.repeat(2 ** 20) }))).rejects.toMatchObject(failed);
    await inbox.keep(delivery());
  });

  it('is waited for when the inbox closes, and nothing is taken afterwards', async () => {
    const dataDir = dataFolder();
    const inbox = await opened(dataDir);
    const first = inbox.keep(delivery({ id: 'first' }));
    const closed = inbox.close();
    await expect(inbox.keep(delivery())).rejects.toMatchObject({ kind: 'store_unwritable' });
    await Promise.all([first, closed, inbox.close()]);
    expect((await everything(dataDir)).ids).toEqual(['first']);
  });
});

describe('an amendment', () => {
  it('changes what it names, the last one last, also one by another writer', async () => {
    const dataDir = dataFolder();
    const [one, other] = [await opened(dataDir, { now: () => 1 }), await opened(dataDir, { now: () => 2 })];
    const kept = delivery({ id: 'x', owedTo: 'http://app/' });
    await one.keep(kept);
    const forward = { url: 'u', status: 200, duration_ms: 3, error: null, attempts: 2, body: null };
    await one.amend('x', { status: 500, forward: { ...forward, attempts: 1 } });
    await other.amend('x', { forward, owedTo: null });
    await other.amend('unknown', { status: 1 });
    const { deliveries } = await everything(dataDir);
    expect(deliveries.map(plain)).toEqual([plain({ ...kept, status: 500, forward, owedTo: null })]);
  });
});

describe('the folder', () => {
  it('is private, whatever the umask, and left alone until something is kept', async () => {
    const dataDir = join(dataFolder(), 'deep', 'er');
    const inbox = await opened(dataDir);
    expect(segmentsIn(dataDir)).toEqual([]);
    await inbox.keep(delivery());
    expect(await modeOf(join(dataDir, 'inbox'))).toBe(0o700);
    expect(await Promise.all(segmentsIn(dataDir).map(modeOf))).toEqual([0o600]);
  });

  it('is closed to others where it was open', async () => {
    const dataDir = dataFolder();
    await mkdir(join(dataDir, 'inbox'), { mode: 0o755 });
    await chmod(join(dataDir, 'inbox'), 0o755);
    await opened(dataDir);
    expect(await modeOf(join(dataDir, 'inbox'))).toBe(0o700);
  });

  it('that cannot be made is store_unwritable; one that is not there is empty', async () => {
    const dataDir = dataFolder();
    expect((await everything(dataDir)).ids).toEqual([]);
    expect(await clearInbox(dataDir)).toEqual({ deliveries: 0 });
    await writeFile(join(dataDir, 'inbox'), '');
    await expect(opened(dataDir)).rejects.toMatchObject({ kind: 'store_unwritable' });
    await expect(everything(dataDir)).rejects.toMatchObject({ kind: 'store_unwritable' });
  });

  it('that is removed whole under a writer is made anew', async () => {
    const dataDir = dataFolder();
    const inbox = await opened(dataDir);
    await inbox.keep(delivery());
    await rm(join(dataDir, 'inbox'), { recursive: true });
    await inbox.keep(delivery({ id: 'after' }));
    expect((await everything(dataDir)).ids).toEqual(['after']);
  });
});

describe('bounds', () => {
  it('let the oldest go by count, never the newest so many', async () => {
    const dataDir = dataFolder();
    const inbox = await opened(dataDir, { bounds: { maxDeliveries: 50 } });
    for (const each of numbered(173)) await inbox.keep(each);
    await inbox.close();
    const { ids } = await everything(dataDir);
    expect(ids).toEqual(numbered(ids.length, 173 - ids.length).map(({ id }) => id));
    expect(ids.length).toBeGreaterThanOrEqual(50);
    expect(ids.length).toBeLessThanOrEqual(60);
  });

  it('let the oldest go by size', async () => {
    const dataDir = dataFolder();
    const maxBytes = 1024 * 1024;
    const inbox = await opened(dataDir, { bounds: { maxBytes } });
    for (const each of numbered(150)) await inbox.keep({ ...each, body: Buffer.alloc(20_000) });
    await inbox.close();
    const sizes = await Promise.all(segmentsIn(dataDir).map(async (path) => (await stat(path)).size));
    const total = sizes.reduce((sum, size) => sum + size, 0);
    expect(total).toBeGreaterThan(maxBytes);
    expect(total).toBeLessThan(maxBytes * 1.2);
    expect((await everything(dataDir)).ids.at(-1)).toBe('d-149');
  });

  it('count what earlier processes left, and spare the file that a living one may append to', async () => {
    const dataDir = dataFolder();
    const bounds = { maxDeliveries: 20 };
    const idle = await opened(dataDir, { pid: 3, now: () => 1 });
    await idle.keep(delivery({ id: 'idle' }));
    const dead = await opened(dataDir, { bounds, pid: 2, now: () => 2 });
    for (const each of numbered(25)) await dead.keep(each);
    const alive = (pid: number): boolean => pid !== 2;
    const inbox = await opened(dataDir, { bounds, alive });
    for (const each of numbered(30, 100)) await inbox.keep(each);
    await inbox.close();
    const { ids } = await everything(dataDir);
    expect(ids[0]).toBe('idle');
    expect(ids).not.toContain('d-24');
    expect(ids.slice(-20)).toEqual(numbered(20, 110).map(({ id }) => id));
    await idle.keep(delivery({ id: 'still' }));
    expect((await everything(dataDir)).ids).toContain('still');
  });

  it('that cannot be kept are told, and keeping goes on', async () => {
    const dataDir = dataFolder();
    const problems: Error[] = [];
    const name = `${'0'.repeat(15)}-1-0-${'a'.repeat(16)}-000000001.inbox`;
    await mkdir(join(dataDir, 'inbox', name, 'in-the-way'), { recursive: true });
    const inbox = await opened(dataDir, { bounds: { maxDeliveries: 2 }, alive: () => false, problems });
    for (const each of numbered(9)) await inbox.keep(each);
    await inbox.close();
    expect(problems[0]).toMatchObject({ kind: 'store_unwritable', message: expect.stringContaining(name) });
    expect((await everything(dataDir)).ids).toContain('d-8');
  });
});

describe('clearing', () => {
  it('tells how many there were, and leaves nothing', async () => {
    const dataDir = dataFolder();
    const inbox = await opened(dataDir);
    for (const each of numbered(3)) await inbox.keep(each);
    await inbox.amend('d-1', { status: 500 });
    expect(await clearInbox(dataDir)).toEqual({ deliveries: 3 });
    expect((await everything(dataDir)).ids).toEqual([]);
    expect(segmentsIn(dataDir)).toEqual([]);
  });

  it('under a writer loses nothing that is kept afterwards', async () => {
    const dataDir = dataFolder();
    const inbox = await opened(dataDir);
    const clears = 20;
    for (let round = 0; round < clears; round += 1) {
      // Some writes are under way when their file is removed, some have not begun.
      const before = [...numbered(5, round * 100)].map((each) => inbox.keep(each));
      const cleared = clearInbox(dataDir);
      await Promise.all(before);
      await cleared;
      await inbox.keep(delivery({ id: `after-${round}` }));
      expect((await everything(dataDir)).ids).toContain(`after-${round}`);
    }
  });
});
