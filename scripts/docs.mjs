// Writes man/kycgenie.1 and docs/reference.md from the command tree (`npm run docs`); test/docs.test.ts says when
// they are no longer what the tree says.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';

const ROOT = join(import.meta.dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'kycgenie-docs-'));
try {
  const input = join(ROOT, 'scripts/docs/write.ts');
  const bundle = await rolldown({ input, platform: 'node', logLevel: 'silent' });
  await bundle.write({ dir: folder, entryFileNames: 'write.mjs', chunkFileNames: '[name]-[hash].mjs' });
  const { writeDocs } = await import(pathToFileURL(join(folder, 'write.mjs')).href);
  for (const [path, text] of Object.entries(await writeDocs())) {
    mkdirSync(dirname(join(ROOT, path)), { recursive: true });
    writeFileSync(join(ROOT, path), text);
  }
} finally {
  rmSync(folder, { recursive: true });
}
