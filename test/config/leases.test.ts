import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Lease, type NewLease, openLeases } from '../../src/config/leases.ts';
import { environment, failureOf, modeOf, scratch, standingClock } from './scratch.ts';

const MINUTE_MS = 60_000;
const GONE_PID = 2 ** 22 + 1;
const WISH: NewLease = {
  idempotencyKey: '0123456789abcdef',
  profile: 'default',
  baseUrl: 'https://api.kycgenie.com',
  account: 'account-1',
  eventType: 'case.opened',
  webhookUrl: 'https://a.example/hook',
};

/** This process finds itself alive, and nobody else; `pid` that of one that is gone for all. */
function open(dataDir: string, { pid = process.pid, clock = standingClock(), host = hostname() } = {}) {
  const { damages, onDamage } = environment(clock);
  const processes = { pid, isAlive: (asked: number) => asked === process.pid };
  return { leases: openLeases({ dataDir, hostname: host, processes, clock, onDamage }), damages, clock };
}

const abandon = (dataDir: string, clock = standingClock(), host = hostname()): Promise<Lease> =>
  open(dataDir, { pid: GONE_PID, clock, host }).leases.begin(WISH);

const fileOf = (dataDir: string, { id }: Lease): string => join(dataDir, 'leases', `${id}.json`);

describe('leases', () => {
  it('are on disk at once, private, and named', async () => {
    const dataDir = scratch();
    const { leases } = open(dataDir);
    const lease = await leases.begin(WISH);
    expect(lease).toMatchObject({ ...WISH, webhookId: null, startedAt: '2026-01-02T03:04:05.678Z' });
    expect(JSON.parse(readFileSync(fileOf(dataDir, lease), 'utf8'))).toMatchObject({
      version: 1,
      owner: { pid: process.pid, hostname: hostname() },
      lease,
    });
    expect([modeOf(fileOf(dataDir, lease)), modeOf(join(dataDir, 'leases'))]).toEqual(['600', '700']);
    expect(leases.get(lease.id)).toEqual(lease);
  });

  it('learn what became known, and keep owner and age', async () => {
    const dataDir = scratch();
    const lease = await abandon(dataDir);
    const before = statSync(fileOf(dataDir, lease)).mtimeMs;
    const { leases, clock } = open(dataDir);
    clock.move(MINUTE_MS);
    await leases.update(lease.id, { webhookId: 'w-1' });
    await leases.update(lease.id, { webhookUrl: 'https://b.example/' });
    expect(leases.get(lease.id)).toEqual({ ...lease, webhookId: 'w-1', webhookUrl: 'https://b.example/' });
    expect(JSON.parse(readFileSync(fileOf(dataDir, lease), 'utf8')).owner.pid).toBe(GONE_PID);
    expect(statSync(fileOf(dataDir, lease)).mtimeMs).toBe(before);
    expect(readdirSync(join(dataDir, 'leases'))).toEqual([`${lease.id}.json`]);
  });

  it('that are over stay over', async () => {
    const dataDir = scratch();
    const { leases } = open(dataDir);
    const lease = await leases.begin(WISH);
    await leases.end(lease.id);
    await leases.end(lease.id);
    await leases.update(lease.id, { webhookId: 'w-1' });
    await leases.renew([lease.id]);
    expect(leases.get(lease.id)).toBeNull();
    expect(existsSync(fileOf(dataDir, lease))).toBe(false);
  });

  it('are abandoned when their process is gone, and then oldest first', async () => {
    const dataDir = scratch();
    const clock = standingClock();
    await open(dataDir, { clock }).leases.begin(WISH);
    const made: Lease[] = [];
    for (let count = 0; count < 4; count += 1) {
      clock.move(1000);
      made.push(await abandon(dataDir, clock));
    }
    expect(await open(dataDir, { clock }).leases.abandoned()).toEqual(made);
  });

  it('are none where there is no folder', async () => {
    const dataDir = scratch();
    expect(await open(dataDir).leases.abandoned()).toEqual([]);
    expect(readdirSync(dataDir)).toEqual([]);
  });

  it('of a process that cannot be asked are not abandoned while it renews them', async () => {
    const dataDir = scratch();
    const clock = standingClock();
    const lease = await abandon(dataDir, clock, 'elsewhere');
    const elsewhere = open(dataDir, { pid: GONE_PID, clock, host: 'elsewhere' }).leases;
    const here = open(dataDir, { clock }).leases;
    for (let minute = 0; minute < 60; minute += 1) {
      clock.move(MINUTE_MS);
      await elsewhere.renew([lease.id]);
      expect(await here.abandoned()).toEqual([]);
    }
    clock.move(16 * MINUTE_MS);
    expect(await here.abandoned()).toEqual([lease]);
  });

  it.each([
    ['cut short', '{"version":1,"own', 'it is not JSON'],
    ['of another shape', '{"version":1,"lease":{}}', 'it has an unexpected shape'],
  ])('that are %s are set aside and told of', async (_what, text, reason) => {
    const dataDir = scratch();
    const lease = await abandon(dataDir);
    writeFileSync(fileOf(dataDir, lease), text);
    const { leases, damages } = open(dataDir);
    expect(await leases.abandoned()).toEqual([]);
    expect(damages).toEqual([expect.stringContaining(reason)]);
    expect(damages[0]).toContain('a temporary subscription may have been left behind');
    expect(readdirSync(join(dataDir, 'leases'))).toEqual([expect.stringMatching(/\.damaged-/)]);
  });

  it('under another name than their own are set aside: a copy would be deleted twice', async () => {
    const dataDir = scratch();
    const lease = await abandon(dataDir);
    const copy = fileOf(dataDir, {
      ...lease,
      id: lease.id.replace(/^./, (digit) => (digit === 'a' ? 'b' : 'a')),
    });
    writeFileSync(copy, readFileSync(fileOf(dataDir, lease)));
    expect(await open(dataDir).leases.abandoned()).toEqual([lease]);
  });

  it('of a newer release are left for it', async () => {
    const dataDir = scratch();
    const lease = await abandon(dataDir);
    writeFileSync(fileOf(dataDir, lease), '{"version":2}');
    const { leases, damages } = open(dataDir);
    expect(await leases.abandoned()).toEqual([]);
    expect(damages).toEqual([expect.stringContaining('newer kycgenie')]);
    expect(existsSync(fileOf(dataDir, lease))).toBe(true);
  });

  it('that were never published are swept in time', async () => {
    const dataDir = scratch();
    const lease = await abandon(dataDir);
    const uuid = lease.id;
    const litter = [
      `${uuid}.json.tmp-${uuid}`,
      `${uuid}.json.next-${uuid}`,
      `${uuid}.json.next-${uuid}.tmp-${uuid}`,
    ];
    const kept = ['notes.json.txt', `${uuid}.json`];
    for (const name of [...litter, 'notes.json.txt']) {
      writeFileSync(join(dataDir, 'leases', name), '');
      utimesSync(join(dataDir, 'leases', name), 0, 0);
    }
    await open(dataDir).leases.abandoned();
    expect(readdirSync(join(dataDir, 'leases')).sort()).toEqual(kept.sort());
  });

  it('that cannot be written are a failure of the store', async () => {
    const dataDir = scratch();
    mkdirSync(dataDir, { recursive: true });
    writeFileSync(join(dataDir, 'leases'), 'in the way');
    expect((await failureOf(() => open(dataDir).leases.begin(WISH))).kind).toBe('store_unwritable');
    expect((await failureOf(() => open(dataDir).leases.get('../x'))).kind).toBe('internal');
  });
});
