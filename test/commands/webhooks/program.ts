import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { kycgenie } from '../../support/cli.ts';

interface Ran {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly text: string;
}

/** The program as a process of its own, bundled as it is published. */
export async function bundleProgram() {
  const folder = mkdtempSync(join(tmpdir(), 'kycgenie-program-'));
  const input = join(import.meta.dirname, '..', '..', '..', 'src', 'main.ts');
  const bundle = await rolldown({ input, platform: 'node', logLevel: 'silent' });
  await bundle.write({
    ...{ dir: folder, format: 'cjs', entryFileNames: 'main.cjs', dynamicImportInCjs: false },
  });
  await bundle.close();
  return {
    async run(argv: readonly string[], env: Readonly<Record<string, string>>): Promise<Ran> {
      const child = spawn(process.execPath, [join(folder, 'main.cjs'), ...argv], {
        env: { PATH: process.env['PATH'], ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let text = '';
      for (const output of [child.stdout, child.stderr])
        output.setEncoding('utf8').on('data', (part: string) => {
          text += part;
        });
      const [code, signal] = await once(child, 'close');
      return { code, signal, text };
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** The sandbox on a socket, for processes of their own. */
export async function serveSandbox() {
  const stop = new AbortController();
  let resolve: (line: { url: string; api_key: string }) => void = () => undefined;
  const ready = new Promise<{ url: string; api_key: string }>((done) => {
    resolve = done;
  });
  const running = kycgenie(['sandbox', '--port', '0', '--json'], {
    signal: stop.signal,
    onStdout: (text) => {
      for (const line of text.split('\n').filter((one) => one.includes('"ready"'))) resolve(JSON.parse(line));
    },
  });
  const { url, api_key: key } = await ready;
  return {
    env: { KYCGENIE_BASE_URL: url, KYCGENIE_API_KEY: key },
    async close() {
      stop.abort();
      await running;
    },
  };
}
