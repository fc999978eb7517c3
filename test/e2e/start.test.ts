import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { home, sandbox, shell } from './tool.ts';

/** What starting costs is what is loaded: times are measured by `npm run bench`, this holds what they rest on. */

let place: ReturnType<typeof home>;
let api: Awaited<ReturnType<typeof sandbox>>;

const HOOK = `
  process.on('exit', () => {
    const files = Object.keys(require.cache).filter((file) => file !== __filename);
    const builtins = process.moduleLoadList.map((name) => name.split(' ')[1]);
    require('node:fs').writeFileSync(process.env.LOADED, JSON.stringify({ files, builtins }));
  });`;

beforeAll(async () => {
  place = home();
  api = await sandbox(place.env);
  writeFileSync(join(place.folder, 'hook.cjs'), HOOK);
});

afterAll(async () => {
  await api.stop();
  place.remove();
});

async function loadedBy(words: string) {
  const path = join(place.folder, 'loaded.json');
  const env = { ...api.env, NODE_OPTIONS: `--require=${join(place.folder, 'hook.cjs')}`, LOADED: path };
  expect(await shell(`kycgenie ${words} </dev/null 2>/dev/null`, env)).toMatchObject({ code: 0 });
  const { files, builtins } = JSON.parse(readFileSync(path, 'utf8'));
  return { files: Number(files.length), builtins: new Set<string>(builtins) };
}

describe('starting', () => {
  it('with --version reads no bundle and opens no stream', async () => {
    const { files, builtins } = await loadedBy('--version');
    expect(files).toBeLessThanOrEqual(2);
    expect(builtins).not.toContain('net');
  });

  it('with --help reads the core alone', async () => {
    const { files, builtins } = await loadedBy('--help');
    expect(files).toBeLessThanOrEqual(3);
    expect(builtins).not.toContain('stream');
  });

  it('with a word to be completed reads no command and opens no socket', async () => {
    const { files, builtins } = await loadedBy('__complete webhooks l');
    expect(files).toBeLessThanOrEqual(6);
    expect(builtins).not.toContain('net');
  });

  it('with one call reads few files, and nothing of TLS, names, terminals and processes', async () => {
    const { files, builtins } = await loadedBy('webhooks list --json');
    expect(files).toBeLessThanOrEqual(8);
    for (const name of ['tls', 'https', 'dns', 'tty', 'child_process', 'zlib', 'crypto'])
      expect(builtins).not.toContain(name);
  });
});
