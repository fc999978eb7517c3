import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeDocs } from '../scripts/docs/write.ts';

const ROOT = join(import.meta.dirname, '..');

describe('the generated pages', async () => {
  const pages = Object.entries(await writeDocs());

  it.each(pages)('%s is what the command tree says: npm run docs', (path, text) => {
    expect(readFileSync(join(ROOT, path), 'utf8')).toBe(text);
  });

  it.each(pages)('%s names every part that scripts rely on', (_path, text) => {
    const bare = text.replaceAll('\\-', '-').replaceAll('\\_', '_');
    for (const part of [
      'webhooks create',
      '--idempotency-key',
      '--api-key-file',
      'KYCGENIE_CONFIG_DIR',
      'NO_COLOR',
      'config.json',
      'kycgenie doctor',
      'a signature did not verify',
    ]) {
      expect(bare).toContain(part);
    }
  });

  it('are published with the package', () => {
    const { man, files } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    expect(files).toContain('man');
    // npm links the pages of a list only.
    expect(pages.map(([path]) => path)).toEqual(expect.arrayContaining(man));
  });
});
