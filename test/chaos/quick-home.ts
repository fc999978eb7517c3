import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const IN_MEMORY = '/dev/shm';

/** A home for hundreds of runs: in memory where the system has a place for that, so that no sync waits for a disk. */
export function quickHome() {
  const folder = mkdtempSync(join(existsSync(IN_MEMORY) ? IN_MEMORY : tmpdir(), 'kycgenie-chaos-'));
  return {
    folder,
    env: { KYCGENIE_CONFIG_DIR: folder, KYCGENIE_NO_INPUT: '1' },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
