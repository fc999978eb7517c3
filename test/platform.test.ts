import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  bootId,
  processStatus,
  renameOver,
  renameOverLater,
  searchPath,
  syncFolder,
  syncFolderOf,
} from '../src/platform.ts';

let folder: string;
let from: string;
let to: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kycgenie-platform-'));
  [from, to] = [join(folder, 'from'), join(folder, 'to')];
  writeFileSync(from, 'new');
  writeFileSync(to, 'old');
});

afterEach(() => rmSync(folder, { recursive: true }));

/** A system that refuses so often, with this code, as one does that holds the file. */
function holding(times: number, code: string) {
  let left = times;
  const tried: string[] = [];
  const rename = (...paths: readonly string[]): void => {
    tried.push(paths.join(' '));
    left -= 1;
    if (left >= 0) throw Object.assign(new Error(code), { code });
  };
  return { tried, sync: rename, later: async (...paths: readonly string[]) => rename(...paths) };
}

describe('a file put in the place of another', () => {
  it('is there at once', async () => {
    renameOver(from, to);
    expect(readFileSync(to, 'utf8')).toBe('new');
    writeFileSync(from, 'newer');
    await renameOverLater(from, to);
    expect(readFileSync(to, 'utf8')).toBe('newer');
  });

  it.each(['EPERM', 'EACCES', 'EBUSY'])('is tried again on Windows after %s', async (code) => {
    const system = holding(2, code);
    renameOver(from, to, { isWindows: true, rename: system.sync });
    expect(system.tried).toEqual([`${from} ${to}`, `${from} ${to}`, `${from} ${to}`]);
    const later = holding(2, code);
    await renameOverLater(from, to, { isWindows: true, rename: later.later });
    expect(later.tried).toHaveLength(3);
  });

  it('is refused in the end, and at once for another reason or elsewhere', async () => {
    const held = holding(100, 'EBUSY');
    expect(() => renameOver(from, to, { isWindows: true, rename: held.sync })).toThrow('EBUSY');
    expect(held.tried).toHaveLength(7);
    for (const [isWindows, code] of [
      [true, 'ENOSPC'],
      [false, 'EPERM'],
    ] as const) {
      const system = holding(100, code);
      expect(() => renameOver(from, to, { isWindows, rename: system.sync })).toThrow(code);
      await expect(renameOverLater(from, to, { isWindows, rename: system.later })).rejects.toThrow(code);
      expect(system.tried).toHaveLength(2);
    }
  });
});

describe('what a system does not know', () => {
  it('is no error: folders that cannot be synced', async () => {
    syncFolder(join(folder, 'nowhere'));
    await syncFolderOf(join(folder, 'nowhere', 'file'));
  });

  it('is null: when a process started', async () => {
    expect(processStatus(2 ** 30)).toBeNull();
  });
});

describe('PATH', () => {
  it('is empty where there is none', () => {
    expect(searchPath({ PATH: '/bin' })).toBe('/bin');
    expect(searchPath({})).toBe('');
  });
});

describe.runIf(process.platform === 'linux')('on Linux', () => {
  it('tells this process from another, and one that is over', async () => {
    expect(processStatus(process.pid)).toEqual({ started: expect.stringMatching(/^\d+$/), isOver: false });
    expect(bootId()).toMatch(/^[0-9a-f-]{36}$/);
    const child = spawn('sh', ['-c', 'exit 0']);
    await once(child, 'close');
    expect(processStatus(child.pid ?? 0)).toBeNull();
  });
});
