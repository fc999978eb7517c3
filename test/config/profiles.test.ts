import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openProfiles, type Profile } from '../../src/config/profiles.ts';
import { Secret } from '../../src/secret.ts';
import { environment, failureOf, filesIn, keyText, modeOf, scratch, standingClock } from './scratch.ts';
import { bundleWorkers, type Workers } from './workers.ts';

let workers: Workers;
beforeAll(async () => {
  workers = await bundleWorkers();
});
afterAll(() => workers.remove());

const open = (configDir: string, clock = standingClock()) => {
  const surroundings = environment(clock);
  return Object.assign(openProfiles({ ...surroundings, configDir }), surroundings);
};
const withKey = (key: string) => (profile: Profile) => ({ ...profile, apiKey: new Secret(key) });
const withValue = (timeout: string) => (profile: Profile) => ({
  ...profile,
  values: { ...profile.values, timeout },
});

/** A config file as a user may have made it. */
function write(configDir: string, content: unknown): string {
  const path = join(configDir, 'config.json');
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

describe('profiles', () => {
  it('are empty where nothing was ever stored, and reading makes nothing', async () => {
    const dir = join(scratch(), 'a', 'b');
    const profiles = open(dir);
    expect(await profiles.read('default')).toEqual({ apiKey: null, values: {} });
    expect(await profiles.names()).toEqual([]);
    expect(await profiles.remove('default')).toBe(false);
    expect(existsSync(dir)).toBe(false);
  });

  it('are read back as stored', async () => {
    const dir = scratch();
    await open(dir).update('default', () => ({
      apiKey: new Secret('kycg_1'),
      values: { timeout: '5s', max_retries: '2' },
    }));
    const profile = await open(dir).read('default');
    expect(keyText(profile.apiKey)).toBe('kycg_1');
    expect(profile.values).toEqual({ timeout: '5s', max_retries: '2' });
  });

  it('do not touch each other', async () => {
    const profiles = open(scratch());
    await profiles.update('one', withKey('key_one'));
    await profiles.update('two', withKey('key_two'));
    await profiles.update('one', withValue('7s'));
    expect(await profiles.names()).toEqual(['one', 'two']);
    expect(keyText((await profiles.read('one')).apiKey)).toBe('key_one');
    expect(keyText((await profiles.read('two')).apiKey)).toBe('key_two');
  });

  it('lose what a change leaves out', async () => {
    const profiles = open(scratch());
    await profiles.update('default', withKey('key'));
    await profiles.update('default', () => ({ apiKey: null, values: { timeout: '1s' } }));
    await profiles.update('default', () => ({ apiKey: null, values: {} }));
    expect(readFileSync(profiles.path, 'utf8')).not.toMatch(/api_key|timeout/);
    expect(await profiles.names()).toEqual(['default']);
  });

  it('are not written when nothing changes', async () => {
    const dir = scratch();
    const profiles = open(dir);
    await profiles.update('default', (profile) => profile);
    expect(readdirSync(dir)).toEqual([]);
    await profiles.update('default', withKey('key'));
    const before = lstatSync(profiles.path);
    await profiles.update('default', (profile) => profile);
    expect(lstatSync(profiles.path).ino).toBe(before.ino);
  });

  it('can be removed, once', async () => {
    const profiles = open(scratch());
    await profiles.update('one', withKey('key'));
    await profiles.update('two', withKey('key'));
    expect(await profiles.remove('one')).toBe(true);
    expect(await profiles.remove('one')).toBe(false);
    expect(await profiles.names()).toEqual(['two']);
  });

  it.each(['constructor', 'toString', 'prototype'])('may be called %s', async (name) => {
    const profiles = open(scratch());
    expect(await profiles.read(name)).toEqual({ apiKey: null, values: {} });
    await profiles.update(name, withKey('key'));
    expect(keyText((await profiles.read(name)).apiKey)).toBe('key');
    expect(await profiles.remove(name)).toBe(true);
  });

  it.each(['', '__proto__', '../x', 'a b', '-a', 'a'.repeat(65)])('cannot be called %j', async (name) => {
    expect(await failureOf(() => open(scratch()).update(name, withKey('key')))).toMatchObject({
      kind: 'usage',
    });
  });

  it('keep what other releases and people put into the file', async () => {
    const dir = scratch();
    const path = write(dir, {
      note: 'mine',
      version: 1,
      profiles: {
        default: { base_url: 'https://a.example', colour: 'red' },
        constructor: {},
        other: { x: [1] },
      },
    });
    await open(dir).update('default', withKey('key'));
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({
      note: 'mine',
      version: 1,
      profiles: {
        default: { base_url: 'https://a.example', colour: 'red', api_key: 'key' },
        constructor: {},
        other: { x: [1] },
      },
    });
  });

  it('may be edited by hand: numbers, empty texts, a byte order mark', async () => {
    const dir = scratch();
    write(
      dir,
      `\uFEFF${JSON.stringify({ version: 1, profiles: { default: { max_retries: 5, timeout: '', api_key: '' } } })}`,
    );
    const profiles = open(dir);
    expect(await profiles.read('default')).toEqual({ apiKey: null, values: { max_retries: '5' } });
    expect(profiles.damages).toEqual([]);
  });

  it('stay in the file that a link leads to', async () => {
    const [dir, elsewhere] = [scratch(), scratch()];
    const target = write(elsewhere, { version: 1, profiles: {} });
    symlinkSync(target, join(dir, 'config.json'));
    await open(dir).update('default', withKey('key'));
    expect(lstatSync(join(dir, 'config.json')).isSymbolicLink()).toBe(true);
    expect(readFileSync(target, 'utf8')).toContain('"api_key": "key"');
  });
});

describe('a damaged config file', () => {
  it.each([
    ['empty', ''],
    ['cut', '{"version": 1, "profiles": {"default": {"api_key": "kycg_canary'],
    ['not JSON', 'api_key = kycg_canary'],
    ['null', 'null'],
    ['a list', []],
    ['without a version', { profiles: {} }],
    ['without profiles', { version: 1 }],
    ['with a list of profiles', { version: 1, profiles: [] }],
    ['with a null profile', { version: 1, profiles: { constructor: null } }],
    ['with a key of another type', { version: 1, profiles: { default: { api_key: { kycg_canary: 1 } } } }],
    ['far too long', `{"version":1,"profiles":{},"x":"${'x'.repeat(1024 * 1024)}"}`],
  ])('(%s) is set aside whole, ends the run, and counts as none afterwards', async (_, content) => {
    const dir = scratch();
    const path = write(dir, content);
    const before = readFileSync(path);
    const profiles = open(dir);
    const failure = await failureOf(() => profiles.read('default'));
    expect(failure).toMatchObject({
      kind: 'store_unwritable',
      hint: expect.stringContaining('move it back'),
    });
    expect(readdirSync(dir)).toEqual(['config.json.damaged-20260102T030405678Z']);
    expect(readFileSync(`${path}.damaged-20260102T030405678Z`).equals(before)).toBe(true);
    expect(failure.message).toContain(`${path}.damaged-20260102T030405678Z`);
    expect(failure.message).not.toContain('canary');
    expect(await open(dir).read('default')).toEqual({ apiKey: null, values: {} });
  });

  it('never takes the place of one set aside before', async () => {
    const dir = scratch();
    const profiles = open(dir);
    for (const content of ['first', 'second', 'third']) {
      write(dir, content);
      await failureOf(() => profiles.read('default'));
    }
    const name = 'config.json.damaged-20260102T030405678Z';
    expect(readdirSync(dir).sort()).toEqual([name, `${name}-2`, `${name}-3`]);
    expect(readFileSync(join(dir, name), 'utf8')).toBe('first');
  });

  it('is set aside by a write too, which then goes on', async () => {
    const dir = scratch();
    write(dir, 'damaged');
    const profiles = open(dir);
    await profiles.update('default', withKey('key'));
    expect(profiles.damages).toHaveLength(1);
    expect(keyText((await open(dir).read('default')).apiKey)).toBe('key');
    expect(filesIn(dir)).toEqual(['config.json', expect.stringContaining('.damaged-')]);
  });

  it('that is a link: the link is moved, what it leads to stays', async () => {
    const dir = scratch();
    const elsewhere = join(scratch(), 'dotfile');
    writeFileSync(elsewhere, 'damaged');
    symlinkSync(elsewhere, join(dir, 'config.json'));
    await failureOf(() => open(dir).read('default'));
    expect(readFileSync(elsewhere, 'utf8')).toBe('damaged');
    expect(readdirSync(dir)).toEqual(['config.json.damaged-20260102T030405678Z']);
  });

  it('of a newer release is refused and left alone', async () => {
    const dir = scratch();
    const path = write(dir, { version: 2, profiles: 'other' });
    for (const work of [() => open(dir).read('default'), () => open(dir).update('default', withKey('key'))]) {
      const failure = await failureOf(work);
      expect(failure).toMatchObject({ kind: 'store_unwritable', hint: expect.stringContaining('Update') });
      expect(failure.message).toContain('newer kycgenie');
    }
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({ version: 2, profiles: 'other' });
  });
});

describe('a config file that cannot be used', () => {
  it('is an error and not an empty one: a folder in its place', async () => {
    const dir = scratch();
    mkdirSync(join(dir, 'config.json'));
    expect(await failureOf(() => open(dir).read('default'))).toMatchObject({
      kind: 'store_unwritable',
      message: expect.stringContaining('it is not a file'),
    });
  });

  it('is an error and not an empty one: a file where the folder should be', async () => {
    const dir = join(scratch(), 'file');
    writeFileSync(dir, '');
    for (const work of [
      () => open(dir).read('default'),
      () => open(dir).update('default', withKey('kycg_canary')),
    ]) {
      const failure = await failureOf(work);
      expect(failure.kind).toBe('store_unwritable');
      expect(failure.message).toContain(dir);
      expect(failure.hint).toContain('KYCGENIE_CONFIG_DIR');
      expect(failure.cause).toBeInstanceOf(Error);
      expect(JSON.stringify(failure.message)).not.toContain('canary');
    }
  });

  it.runIf(nobodyCanRunNode())('is an error and not an empty one: another user owns it', async () => {
    const dir = scratch();
    write(dir, { version: 1, profiles: {} });
    const nobody = { uid: 65_534, gid: 65_534 };
    const worker = workers.start({ do: 'update-profiles', dir, label: 'a', count: 1 }, nobody);
    expect(await worker.ended).toBe(1);
    expect(worker.lines).toEqual([expect.stringMatching(/permission denied|cannot be/)]);
  });

  it('would grow too long to be read back', async () => {
    const profiles = open(scratch());
    await profiles.update('default', withKey('key'));
    const failure = await failureOf(() => profiles.update('default', withValue('x'.repeat(1024 * 1024))));
    expect(failure.kind).toBe('store_unwritable');
    expect(keyText((await profiles.read('default')).apiKey)).toBe('key');
  });

  it.skipIf(!canMount())('keeps its content when the disk is full', async () => {
    const dir = scratch();
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', dir]);
    try {
      const profiles = open(dir);
      await profiles.update('default', withKey('key'));
      writeFileSync(join(dir, 'ballast'), 'x'.repeat(48 * 1024));
      const failure = await failureOf(() => profiles.update('default', withValue('x'.repeat(16 * 1024))));
      expect(failure.kind).toBe('store_unwritable');
      expect(keyText((await profiles.read('default')).apiKey)).toBe('key');
      expect(filesIn(dir)).toEqual(['ballast', 'config.json']);
    } finally {
      execFileSync('umount', [dir]);
    }
  });
});

describe('permissions', () => {
  it.each([0o000, 0o777, 0o022])('are private under umask %o', async (umask) => {
    const dir = join(scratch(), 'above', 'config');
    await workers.all([{ do: 'update-profiles', dir, label: 'a', count: 2, umask }]);
    expect(modeOf(dir)).toBe('700');
    expect(modeOf(join(dir, '..'))).toBe('700');
    expect(modeOf(join(dir, 'config.json'))).toBe('600');
    expect(filesIn(dir)).toEqual(['config.json']);
  });

  it.runIf(nobodyCanRunNode())('let an ordinary user in under umask 777', async () => {
    const home = scratch();
    const nobody = { uid: 65_534, gid: 65_534 };
    execFileSync('chown', ['65534:65534', home]);
    const worker = workers.start(
      { do: 'update-profiles', dir: join(home, 'a', 'b'), label: 'a', count: 2, umask: 0o777 },
      nobody,
    );
    expect(await worker.ended).toBe(0);
    expect(modeOf(join(home, 'a', 'b', 'config.json'))).toBe('600');
  });

  it('are repaired by reading', async () => {
    const dir = scratch();
    const path = write(dir, { version: 1, profiles: {} });
    chmodSync(dir, 0o755);
    chmodSync(path, 0o644);
    await open(dir).read('default');
    expect([modeOf(dir), modeOf(path)]).toEqual(['700', '600']);
  });

  it('of a folder that holds nothing of ours stay, until it does', async () => {
    const dir = scratch();
    chmodSync(dir, 0o755);
    const profiles = open(dir);
    await profiles.read('default');
    await profiles.update('default', (profile) => profile);
    expect(modeOf(dir)).toBe('755');
    await profiles.update('default', withKey('key'));
    expect(modeOf(dir)).toBe('700');
  });

  it('of a folder that is shared on purpose stay', async () => {
    const dir = scratch();
    chmodSync(dir, 0o1777);
    await open(dir).update('default', withKey('key'));
    expect([modeOf(dir), modeOf(join(dir, 'config.json'))]).toEqual(['1777', '600']);
  });
});

describe('many processes', () => {
  it('lose none of 500 updates by 20 of them', { timeout: 120_000 }, async () => {
    const dir = scratch();
    const jobs = Array.from(
      { length: 20 },
      (_, index) => ({ do: 'update-profiles', dir, label: `p${index}`, count: 25 }) as const,
    );
    const said = (await workers.all(jobs)).flat();
    const { values } = await open(dir).read('shared');
    expect(said).toHaveLength(500);
    expect(new Set(values.timeout?.trim().split(' '))).toEqual(new Set(said));
    expect(filesIn(dir)).toEqual(['config.json']);
  });

  it('leave a readable file with every acknowledged update when they are killed', {
    timeout: 120_000,
  }, async () => {
    const dir = scratch();
    const acknowledged: string[] = [];
    for (let round = 0; round < 12; round += 1) {
      const worker = workers.start({ do: 'update-profiles', dir, label: `r${round}`, count: 1000 });
      await worker.said(1 + Math.floor(Math.random() * 3));
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 6));
      await worker.kill();
      acknowledged.push(...worker.lines);
      ageLock(dir);
    }
    const profiles = open(dir);
    const stored = new Set((await profiles.read('shared')).values.timeout?.trim().split(' '));
    expect(acknowledged.filter((update) => !stored.has(update))).toEqual([]);
    expect(profiles.damages).toEqual([]);
  });

  it('hear of one interruption once', async () => {
    const worker = workers.start({ do: 'interrupt', dir: scratch() });
    expect(await worker.ended).toBe(0);
    expect(worker.lines).toEqual(['before.0', 'heard 1', 'still here']);
  });
});

describe('what killed processes left', () => {
  it('is swept by a later write, when it is old', async () => {
    const dir = scratch();
    const clock = standingClock(Date.now());
    const profiles = open(dir, clock);
    for (const name of ['config.json.next', 'config.json.next.tmp-0123456789abcdef', 'notes.txt']) {
      writeFileSync(join(dir, name), 'kycg_1');
      const old = (Date.now() - 2 * 3_600_000) / 1000;
      utimesSync(join(dir, name), old, old);
    }
    writeFileSync(join(dir, 'config.json.next.tmp-aaaaaaaaaaaaaaaa'), 'kycg_1');
    await profiles.update('default', withKey('key'));
    expect(filesIn(dir)).toEqual(['config.json', 'config.json.next.tmp-aaaaaaaaaaaaaaaa', 'notes.txt']);
  });
});

it('what a user keeps in the same folder stays, however old and whatever its name', async () => {
  const dir = scratch();
  const names = ['.next', 'package.json.next', 'page.next', 'x.tmp-0123', '.probe-1', 'config.json.next.bak'];
  mkdirSync(join(dir, '.next', 'cache'), { recursive: true });
  mkdirSync(join(dir, 'config.json.next', 'cache'), { recursive: true });
  for (const name of names.slice(1)) writeFileSync(join(dir, name), 'mine');
  for (const name of [...names, 'config.json.next']) utimesSync(join(dir, name), 1, 1);
  await open(dir).remove('default');
  const profiles = open(dir, standingClock(Date.now()));
  await profiles.update('default', (profile) => profile);
  expect(filesIn(dir)).toEqual(
    [...names, '.next/cache', 'config.json.next', 'config.json.next/cache'].sort(),
  );
});

/** Makes the lock of a killed process look abandoned for long, so that nobody has to wait for it. */
function ageLock(dir: string): void {
  for (const name of readdirSync(dir).filter((candidate) => candidate.endsWith('.lock'))) {
    utimesSync(join(dir, name), 1, 1);
  }
}

function canMount(): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  const dir = '/dev/shm';
  try {
    execFileSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'tmpfs', dir], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Root alone can start processes of others, and this Node may be in a folder that they cannot enter. */
function nobodyCanRunNode(): boolean {
  if (process.getuid?.() !== 0) return false;
  return spawnSync(process.execPath, ['-e', '0'], { uid: 65_534, gid: 65_534 }).status === 0;
}
