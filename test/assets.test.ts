import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readAsset } from '../src/assets.ts';
import { kycgenie } from './support/cli.ts';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kycgenie-assets-'));
  mkdirSync(join(folder, 'ui'));
  writeFileSync(join(folder, 'ui', 'index.html'), '<!doctype html>');
  writeFileSync(
    join(folder, 'ui', 'third-party-notices.txt'),
    'right-pad 1.0.0 (MIT)\n\n  Copyright another\n',
  );
  writeFileSync(join(folder, 'third-party-notices.txt'), 'left-pad 1.0.0 (MIT)\n\n  Copyright somebody\n');
});

afterAll(() => rmSync(folder, { recursive: true }));

test('a published file is read from beside the bundle', async () => {
  expect(new TextDecoder().decode(await readAsset(folder, 'ui/index.html'))).toBe('<!doctype html>');
});

test('a missing one says what to do', async () => {
  await expect(readAsset(folder, 'ui/app.js')).rejects.toMatchObject({
    kind: 'internal',
    message: 'ui/app.js is missing from this installation',
    hint: 'Install kycgenie again.',
  });
});

test('help licences prints those of what is bundled', async () => {
  const { code, stdout } = await kycgenie(['help', 'licences'], { assets: folder });
  expect({ code, stdout }).toEqual({
    code: 0,
    stdout: expect.stringMatching(/ {2}Copyright somebody\n[\s\S]* {2}Copyright another\n/),
  });
});

test('help licences of a broken installation fails with 1', async () => {
  const { code, stderr } = await kycgenie(['help', 'licences'], { assets: join(folder, 'nowhere') });
  expect(code).toBe(1);
  expect(stderr).toContain('third-party-notices.txt is missing');
});
