import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { StoreFile } from '../../src/config/store.ts';
import { isRecord } from '../../src/record.ts';
import { environment, failureOf, scratch, standingClock } from './scratch.ts';

it('an update whose lock came in doubt starts over with what is there then', async () => {
  const path = join(scratch(), 'x.json');
  const clock = standingClock(Date.now());
  const seen: unknown[] = [];
  await new StoreFile(path, isRecord, environment(clock)).update((current) => {
    seen.push(current);
    if (seen.length > 1) return { by: 'us' };
    clock.move(60_000);
    writeFileSync(path, '{"by":"another"}');
    return { by: 'us, too late' };
  });
  expect(seen).toEqual([null, { by: 'another' }]);
  expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({ by: 'us' });
});

it('an update whose lock comes in doubt again and again fails, and changes nothing', async () => {
  const path = join(scratch(), 'x.json');
  const clock = standingClock(Date.now());
  writeFileSync(path, '{"by":"another"}');
  const change = () => {
    clock.move(60_000);
    return { by: 'us' };
  };
  const failure = await failureOf(() => new StoreFile(path, isRecord, environment(clock)).update(change));
  expect(failure).toMatchObject({ kind: 'store_unwritable', message: expect.stringContaining('lock') });
  expect(readFileSync(path, 'utf8')).toBe('{"by":"another"}');
});

it('an update passes on what its change throws, once', async () => {
  let calls = 0;
  const file = new StoreFile(join(scratch(), 'x.json'), isRecord, environment());
  const change = () => {
    calls += 1;
    throw new TypeError('a bug');
  };
  await expect(file.update(change)).rejects.toThrow(TypeError);
  expect(calls).toBe(1);
});
