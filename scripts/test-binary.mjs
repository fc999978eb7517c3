// Runs the end-to-end tests with the executable of this machine in the place of the packed tool
// (`npm run test:binary`).
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
const FOLDER = join(ROOT, 'dist-binary');

const suffix = `-${process.arch}${process.platform === 'win32' ? '.exe' : ''}`;
const name = readdirSync(FOLDER).find((file) => file.startsWith('kycgenie-') && file.endsWith(suffix));
const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs');
const { status } = spawnSync(
  process.execPath,
  [vitest, 'run', '--project', 'e2e', ...process.argv.slice(2)],
  { cwd: ROOT, env: { ...process.env, KYCGENIE_E2E_BINARY: join(FOLDER, name) }, stdio: 'inherit' },
);
process.exitCode = status ?? 1;
