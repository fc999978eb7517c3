import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { openLookup } from '../../../src/listen/inbox/lookup.ts';
import { clearInbox } from '../../../src/listen/inbox/retention.ts';
import { dataFolder, delivery, opened, plain, segmentsIn } from './place.ts';

/** A segment takes two deliveries. */
const SMALL = { maxDeliveries: 20 };

describe('looking deliveries up', () => {
  it('finds what was kept before and since, by any writer, as it was kept', async () => {
    const dataDir = dataFolder();
    const [one, other] = [await opened(dataDir, { bounds: SMALL }), await opened(dataDir)];
    const load = openLookup(dataDir);
    expect(await load('a')).toBeNull();
    for (const id of ['a', 'b', 'c', 'd', 'e']) {
      const kept = delivery({ id, body: Buffer.from(`body of ${id}`), sentTo: 'http://app/x?y' });
      await (id === 'd' ? other : one).keep(kept);
      await one.amend(id, { status: 500 });
      const found = await load(id);
      expect(found && plain(found)).toEqual(plain(kept));
    }
    expect(segmentsIn(dataDir).length).toBeGreaterThan(3);
    expect((await load('a'))?.id).toBe('a');
  });

  it('finds all of many that are kept and asked for at the same time', async () => {
    const dataDir = dataFolder();
    const inbox = await opened(dataDir);
    const load = openLookup(dataDir);
    const ids = Array.from({ length: 200 }, (_, index) => `d-${index}`);
    const found = await Promise.all(
      ids.map(async (id) => {
        await inbox.keep(delivery({ id }));
        return (await load(id))?.id;
      }),
    );
    expect(found).toEqual(ids);
  });

  it('finds nothing where the record was changed, or has gone', async () => {
    const dataDir = dataFolder();
    const inbox = await opened(dataDir);
    const load = openLookup(dataDir);
    for (const id of ['a', 'b']) await inbox.keep(delivery({ id, body: Buffer.from(`body of ${id}`) }));
    expect((await load('b'))?.id).toBe('b');
    const [path = ''] = segmentsIn(dataDir);
    const bytes = readFileSync(path);
    bytes[bytes.indexOf('body of a')] = 0;
    writeFileSync(path, bytes);
    expect([await load('a'), (await load('b'))?.id]).toEqual([null, 'b']);
    await clearInbox(dataDir);
    expect(await load('b')).toBeNull();
    await inbox.keep(delivery({ id: 'c' }));
    expect((await load('c'))?.id).toBe('c');
  });
});
