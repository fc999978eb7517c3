import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { createExclusively, makePrivateFolder, storeFailure } from '../../src/config/private-files.ts';
import { failureOf, modeOf, scratch } from './scratch.ts';

/** Stands for a file system without hard links: there is none to mount in every place where tests run. */
vi.mock('node:fs', async (original) => ({
  ...(await original<typeof import('node:fs')>()),
  linkSync: () => {
    throw Object.assign(new Error('no links here'), { code: 'EPERM' });
  },
}));

it('a file is made exclusively and whole where there are no hard links', () => {
  const dir = scratch();
  const path = join(dir, 'x');
  expect([createExclusively(path, 'first'), createExclusively(path, 'second')]).toEqual([true, false]);
  expect(readFileSync(path, 'utf8')).toBe('first');
  expect(modeOf(path)).toBe('600');
  expect(readdirSync(dir)).toEqual(['x']);
});

it('a file that cannot be made leaves nothing', () => {
  const dir = scratch();
  mkdirSync(join(dir, 'x'));
  expect(createExclusively(join(dir, 'x'), 'text')).toBe(false);
  expect(() => createExclusively(join(dir, 'none', 'x'), 'text')).toThrow('ENOENT');
  expect(readdirSync(dir)).toEqual(['x']);
});

it('a folder cannot be made below a file', async () => {
  const dir = scratch();
  writeFileSync(join(dir, 'file'), '');
  const failure = await failureOf(() => makePrivateFolder(join(dir, 'file', 'a', 'b')));
  expect(failure).toMatchObject({ kind: 'store_unwritable', cause: expect.any(Error) });
});

it.each([
  ['ENOSPC', 'x cannot be written: no space is left on the disk (ENOSPC)'],
  ['EWEIRD', 'x cannot be written: EWEIRD'],
])('a refusal with %s is explained', (code, message) => {
  const cause = Object.assign(new Error('x'), { code });
  expect(storeFailure('x', 'written', cause)).toMatchObject({ kind: 'store_unwritable', message, cause });
});

it('a bug stays a bug', () => {
  const bug = new TypeError('x');
  expect(storeFailure('x', 'written', bug)).toBe(bug);
});
