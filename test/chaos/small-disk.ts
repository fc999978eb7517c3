import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const LARGEST_PIECE_BYTES = 64 * 1024;

/** A file system of its own that can be full or read-only, also for root. */
export interface SmallDisk {
  /** For the tool's files. */
  readonly home: string;
  /** For files that people name. */
  readonly desk: string;
  readonly env: Readonly<Record<string, string>>;
  /** Takes all room there is. */
  fill(): void;
  /** Gives it back. */
  free(): void;
  setReadOnly(isReadOnly: boolean): void;
  remove(): void;
}

const mount = (...args: readonly string[]): Buffer => execFileSync('mount', args, { stdio: 'ignore' });

export function mountSmallDisk(size = '1m'): SmallDisk {
  const root = mkdtempSync(join(tmpdir(), 'kycgenie-disk-'));
  try {
    mount('-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', root);
  } catch (error) {
    rmdirSync(root);
    throw error;
  }
  const home = join(root, 'home');
  const desk = join(root, 'desk');
  const ballast = join(root, 'ballast');
  mkdirSync(home, { mode: 0o700 });
  mkdirSync(desk);
  return {
    ...{ home, desk, env: { KYCGENIE_CONFIG_DIR: home, KYCGENIE_NO_INPUT: '1' } },
    fill: () => fill(ballast),
    free: () => rmSync(ballast, { force: true }),
    setReadOnly: (isReadOnly) => void mount('-o', `remount,${isReadOnly ? 'ro' : 'rw'}`, root),
    remove: () => {
      // Lazily: what still has a file open there does not hold it.
      execFileSync('umount', ['-l', root]);
      rmSync(root, { recursive: true, force: true });
    },
  };
}

function fill(path: string): void {
  for (let size = LARGEST_PIECE_BYTES; size >= 1; size = Math.floor(size / 2)) {
    try {
      for (;;) writeFileSync(path, Buffer.alloc(size), { flag: 'a' });
    } catch {
      // No room for a piece of this size: the next one is half of it.
    }
  }
}

/** File systems can be mounted by few: elsewhere what needs them is skipped. */
export const CAN_MOUNT = canMount();

function canMount(): boolean {
  if (process.platform !== 'linux') return false;
  try {
    mountSmallDisk('64k').remove();
    return true;
  } catch {
    return false;
  }
}
