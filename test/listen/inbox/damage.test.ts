import { execFileSync } from 'node:child_process';
import { appendFile, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeFrame } from '../../../src/listen/inbox/frame.ts';
import { findInInbox } from '../../../src/listen/inbox/read.ts';
import { clearInbox } from '../../../src/listen/inbox/retention.ts';
import type { KeptDelivery } from '../../../src/listen/kept.ts';
import { FULL } from '../../support/full.ts';
import { dataFolder, delivery, everything, opened, plain, segmentsIn } from './place.ts';

const RUNS = FULL ? 2_000 : 80;
const TIMEOUT_MS = FULL ? 300_000 : 20_000;
const TOKEN = 'a1b2c3d4e5f60718';
const MARKER = Buffer.from(TOKEN, 'hex');
const segmentName = (number: number): string =>
  `000000000000001-1-0-${TOKEN}-${String(number).padStart(9, '0')}.inbox`;

/** A segment as a writer leaves it, and where each record ends. */
async function written(dataDir: string, deliveries: readonly KeptDelivery[]) {
  const inbox = await opened(dataDir);
  const ends: number[] = [];
  for (const each of deliveries) {
    await inbox.keep(each);
    ends.push((await readFile(segmentsIn(dataDir)[0] ?? '')).length);
  }
  const path = segmentsIn(dataDir)[0] ?? '';
  return { path, bytes: await readFile(path), ends };
}

/** A folder whose only segment holds `bytes`. */
async function holding(...segments: readonly Uint8Array[]): Promise<string> {
  const dataDir = dataFolder();
  await mkdir(join(dataDir, 'inbox'));
  for (const [index, bytes] of segments.entries())
    await writeFile(join(dataDir, 'inbox', segmentName(index)), bytes);
  return dataDir;
}

function record(kind: 'delivery' | 'amendment' | 'end', meta: unknown, body?: Uint8Array): Buffer {
  const text = typeof meta === 'string' ? meta : JSON.stringify(meta);
  const frame = encodeFrame(MARKER, kind, text, body);
  return Buffer.concat(frame ? [frame.head, frame.body] : []);
}

const metaOf = (fields: Partial<KeptDelivery> = {}) => {
  const { body: _, ...meta } = delivery({ id: 'sound', ...fields });
  return meta;
};
const SOUND = record('delivery', metaOf(), Buffer.from('body'));

const bodies = fc.array(fc.uint8Array({ maxLength: 3000 }), { minLength: 1, maxLength: 6 });

describe('a damaged segment', () => {
  it(
    'gives everything before a cut, and nothing else',
    async () => {
      const cut = fc.asyncProperty(bodies, fc.nat(), async (contents, anywhere) => {
        const dataDir = dataFolder();
        const kept = contents.map((body, index) => delivery({ id: `d-${index}`, body }));
        const { path, bytes, ends } = await written(dataDir, kept);
        const length = anywhere % (bytes.length + 1);
        await writeFile(path, bytes.subarray(0, length));
        const whole = ends.filter((end) => end <= length).length;
        const { deliveries, damage } = await everything(dataDir);
        expect(deliveries.map(plain)).toEqual(kept.slice(0, whole).map(plain));
        const isTorn = length > (ends[whole - 1] ?? 0);
        expect(damage).toEqual({ tornTails: isTorn ? 1 : 0, damagedRecords: 0 });
      });
      await fc.assert(cut, { numRuns: RUNS });
    },
    TIMEOUT_MS,
  );

  it(
    'gives everything but the records that changed bytes lie in',
    async () => {
      const change = fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 }));
      const changes = fc.array(change, { minLength: 1, maxLength: 3 });
      const corrupted = fc.asyncProperty(bodies, changes, async (contents, places) => {
        const dataDir = dataFolder();
        const kept = contents.map((body, index) => delivery({ id: `d-${index}`, body }));
        const { path, bytes, ends } = await written(dataDir, kept);
        const hit = new Map(places.map(([anywhere, bits]) => [anywhere % bytes.length, bits]));
        for (const [at, bits] of hit) bytes.writeUInt8((bytes[at] ?? 0) ^ bits, at);
        await writeFile(path, bytes);
        const isHit = (index: number): boolean =>
          [...hit.keys()].some((at) => at >= (ends[index - 1] ?? 0) && at < (ends[index] ?? 0));
        const { deliveries, damage } = await everything(dataDir);
        expect(deliveries.map(plain)).toEqual(kept.filter((_, index) => !isHit(index)).map(plain));
        expect(damage.damagedRecords + damage.tornTails).toBeGreaterThan(0);
      });
      await fc.assert(corrupted, { numRuns: RUNS });
    },
    TIMEOUT_MS,
  );

  it(
    'of arbitrary bytes, with and without a marker among them, is read as nothing',
    async () => {
      const part = fc.oneof(fc.uint8Array({ maxLength: 100 }), fc.constant(MARKER));
      const arbitrary = fc.asyncProperty(fc.array(part), async (parts) => {
        const dataDir = await holding(Buffer.concat(parts));
        const { deliveries } = await everything(dataDir);
        expect(deliveries).toEqual([]);
        expect(await findInInbox(dataDir, 'last')).toEqual({ kind: 'none' });
        expect(await clearInbox(dataDir)).toEqual({ deliveries: 0 });
      });
      await fc.assert(arbitrary, { numRuns: RUNS });
    },
    TIMEOUT_MS,
  );

  it('goes on after half a record that others were written behind', async () => {
    // A writer never does that. Where the header is whole, what it spans is skipped with it.
    for (const [length, sound] of [
      [20, 3],
      [SOUND.length - 3, 2],
    ] as const) {
      const parts = [SOUND.subarray(0, length), SOUND, SOUND, SOUND];
      const { ids, damage } = await everything(await holding(Buffer.concat(parts)));
      expect(ids).toHaveLength(sound);
      expect(damage.damagedRecords).toBeGreaterThan(0);
    }
  });

  it('finds the next record past a stretch longer than it reads at a time', async () => {
    const junk = Buffer.alloc(600 * 1024 + 3, 7);
    const { ids, damage } = await everything(await holding(Buffer.concat([SOUND, junk, SOUND])));
    expect([ids, damage]).toEqual([['sound', 'sound'], { tornTails: 0, damagedRecords: 1 }]);
  });

  it('whose header claims any length takes no memory for it', async () => {
    const header = Buffer.from(SOUND.subarray(0, 28));
    header.writeUInt32LE(0xffffffff, 16);
    const { ids } = await everything(await holding(Buffer.concat([header, SOUND])));
    expect(ids).toEqual(['sound']);
  });

  it.each([
    ['no JSON', '{'],
    ['nesting', '['.repeat(500_000)],
    ['nothing', ''],
    ['no object', '[]'],
    ['a field missing', { id: 'x' }],
    ['a time out of range', { ...metaOf(), receivedMs: 1e300 }],
    ['headers that are none', { ...metaOf(), headers: [['a']] }],
    ['an unknown verdict', { ...metaOf(), signature: { ...metaOf().signature, status: 'fine' } }],
    ['an unknown reason', { ...metaOf(), signature: { ...metaOf().signature, reason: 'toString' } }],
    ['a strange forward', { ...metaOf(), forward: { url: 1 } }],
  ])('with %s for a delivery skips and counts it', async (_name, meta) => {
    const { ids, damage } = await everything(await holding(Buffer.concat([record('delivery', meta), SOUND])));
    expect([ids, damage.damagedRecords]).toEqual([['sound'], 1]);
  });

  it('with strange amendments keeps the delivery as it was, but for what may be amended', async () => {
    const amendments = [
      { id: 'sound', change: { status: 'x' } },
      { id: 1, change: {} },
      { id: 'sound', change: { owedTo: 5 } },
      { id: 'sound', change: { id: 'forged', accepted: false, body: 'x', status: 201 } },
    ];
    const parts = [SOUND, ...amendments.map((each) => record('amendment', each))];
    const { deliveries, damage } = await everything(await holding(Buffer.concat(parts)));
    expect(damage.damagedRecords).toBe(3);
    expect(deliveries.map(plain)).toEqual([
      plain(delivery({ id: 'sound', status: 201, body: Buffer.from('body') })),
    ]);
  });
});

describe('a body', () => {
  it('that holds a whole record of another segment is never read as one', async () => {
    const dataDir = dataFolder();
    const { path, bytes } = await written(dataDir, [delivery({ id: 'outer', body: SOUND })]);
    // The length in the header is damaged: the reader has to look for the next record inside the body.
    bytes.writeUInt8(1, 16);
    await writeFile(path, bytes);
    expect((await everything(dataDir)).ids).toEqual([]);
  });
});

describe('what is no segment', () => {
  it('is not followed, waited for, or removed', async () => {
    const dataDir = await holding(SOUND);
    const folder = join(dataDir, 'inbox');
    await symlink(join(folder, segmentName(0)), join(folder, segmentName(1)));
    execFileSync('/bin/sh', ['-c', 'mkfifo "$0"', join(folder, segmentName(2))]);
    await mkdir(join(folder, segmentName(3)));
    await appendFile(join(folder, 'notes.txt'), 'mine');
    expect((await everything(dataDir)).ids).toEqual(['sound']);
  });
});
