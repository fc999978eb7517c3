// What installing takes: bytes on disk and packages.
import { execFileSync } from 'node:child_process';
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../measure.mjs';
import { npmFolders } from '../peers.mjs';

const MIB = 1024 * 1024;
const FROM_DEBIAN = { gh: 'comes from Debian', webhook: 'comes from Debian' };

export async function* rows({ peersFolder, peers }) {
  const packed = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [{ unpackedSize }] = Object.values(JSON.parse(packed));
  const installed = peersFolder ? npmFolders(peersFolder).filter(({ name }) => name in peers.found) : [];
  yield {
    what: 'installed size',
    against: '',
    ours: `${(unpackedSize / MIB).toFixed(1)} MiB`,
    peers: installed.map(({ name, path }) => [
      name,
      `${(bytesBelow(join(path, 'node_modules')) / MIB).toFixed(1)} MiB`,
    ]),
    without: FROM_DEBIAN,
  };
  yield {
    what: 'packages installed',
    against: '',
    ours: '1',
    peers: installed.map(({ name, path }) => [name, String(packagesOf(path))]),
    without: FROM_DEBIAN,
  };
}

function bytesBelow(folder) {
  let bytes = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    bytes += entry.isDirectory() ? bytesBelow(path) : lstatSync(path).size;
  }
  return bytes;
}

/** Those for this machine alone: others stand in the lock file too. */
function packagesOf(folder) {
  const lock = JSON.parse(readFileSync(join(folder, 'node_modules', '.package-lock.json'), 'utf8'));
  return Object.keys(lock.packages).length;
}
