import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FULL } from '../../support/full.ts';
import { FAULTS, KEY, type LogServer, startLogServer } from './log-server.ts';

const COUNT = 10_000;
const SPOILED_SHARE = 0.05;
/** Calls that the server has had when the tool is killed. */
const KILLED_AT = [0.2, 0.5, 0.8].map((share) => COUNT * share);

let folder: string;
let server: LogServer;

beforeAll(async () => {
  if (!FULL) return;
  folder = mkdtempSync(join(tmpdir(), 'kycgenie-kill-'));
  const input = new URL('../../../src/main.ts', import.meta.url).pathname;
  const bundle = await rolldown({ input, platform: 'node', logLevel: 'silent' });
  await bundle.write({
    dir: join(folder, 'tool'),
    format: 'cjs',
    entryFileNames: 'main.cjs',
    chunkFileNames: '[name].cjs',
  });
  await bundle.close();
  server = await startLogServer(COUNT);
}, 120_000);

afterAll(async () => {
  if (!FULL) return;
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

function retry(...argv: readonly string[]): ChildProcess {
  const env = {
    PATH: process.env['PATH'],
    KYCGENIE_CONFIG_DIR: join(folder, 'home'),
    KYCGENIE_BASE_URL: server.url.origin,
    KYCGENIE_API_KEY: KEY,
    KYCGENIE_NO_INPUT: '1',
  };
  return spawn(
    process.execPath,
    [join(folder, 'tool', 'main.cjs'), 'logs', 'retry', '--concurrency', '16', ...argv],
    {
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
}

test.runIf(FULL)(
  `the tool, killed three times and resumed, retries each of ${COUNT} entries exactly once`,
  async () => {
    let spoiled = 0;
    let child: ChildProcess;
    let killAt = 0;
    const kills = [...KILLED_AT];
    server.spoil(() => {
      if (killAt > 0 && server.calls() >= killAt) child.kill('SIGKILL');
      const isSpoiled = Math.random() < SPOILED_SHARE;
      if (!isSpoiled) return 'none';
      spoiled += 1;
      return FAULTS[spoiled % FAULTS.length] ?? 'none';
    });
    for (let isFirst = true; kills.length > 0; isFirst = false) {
      killAt = kills.shift() ?? 0;
      child = retry(...(isFirst ? ['--status', 'failed', '--yes'] : ['--resume']), '-q');
      child.stdout?.resume();
      const [, signal] = await once(child, 'close');
      expect(signal).toBe('SIGKILL');
    }
    killAt = 0;
    child = retry('--resume', '-q');
    let printed = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
    });
    const [code] = await once(child, 'close');
    expect(code).toBe(0);
    expect(printed.trim().split('\n')).toHaveLength(COUNT);
    expect(server.retried().filter((times) => times !== 1)).toEqual([]);
    expect(readdirSync(join(folder, 'home', 'data', 'retries'))).toEqual([]);
  },
  500_000,
);
