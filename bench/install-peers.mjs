// npm run bench:peers -- <folder>: installs the peers that npm has, each in a folder of its own, and two more versions
// of Node. Nothing of it belongs to the project.
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const [folder] = process.argv.slice(2);
if (folder === undefined)
  throw new Error('Name a folder outside the project: npm run bench:peers -- <folder>');

const PLACES = {
  'stripe-cli': ['@stripe/cli'],
  'hookdeck-cli': ['hookdeck-cli'],
  'smee-client': ['smee-client'],
  'resend-cli': ['resend-cli'],
  'express-svix': ['express', 'svix'],
  node22: ['node@22'],
  node24: ['node@24'],
};

for (const [place, packages] of Object.entries(PLACES)) {
  const path = resolve(folder, place);
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, 'package.json'), '{"private":true}\n');
  const { status } = spawnSync('npm', ['install', '--no-audit', '--no-fund', ...packages], {
    cwd: path,
    stdio: 'inherit',
  });
  console.log(`${place}: ${status === 0 ? 'installed' : 'could not be installed, its cells stay empty'}`);
}
console.log(`\nDebian's webhook and gh are looked for on the PATH.\nPEERS=${resolve(folder)} npm run bench`);
