import { execFileSync } from 'node:child_process';
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { kycgenie } from './tool.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));

let folder: string;
let prefix: string;

/** npm with nothing but this Node: no network, no cache, no settings of whoever runs the tests. */
function npm(...argv: readonly string[]): void {
  const env = {
    PATH: `${dirname(process.execPath)}:${process.env['PATH']}`,
    HOME: folder,
    npm_config_userconfig: join(folder, 'no-npmrc'),
    npm_config_cache: join(folder, 'cache'),
  };
  execFileSync('npm', [...argv, '--offline', '--prefix', prefix, '--no-fund', '--no-audit'], {
    env,
    stdio: 'pipe',
  });
}

/** What `prefix/bin` has, run as a shell runs it. */
function installed(...argv: readonly string[]): string {
  const env = {
    PATH: `${dirname(process.execPath)}:${process.env['PATH']}`,
    HOME: folder,
    TMPDIR: join(folder, 'tmp'),
  };
  return execFileSync(join(prefix, 'bin', 'kycgenie'), argv, { env, encoding: 'utf8' });
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kycgenie-install-'));
  mkdirSync(join(folder, 'tmp'));
  prefix = join(folder, 'prefix');
  npm('install', '--global', inject('tarball'));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('npm install --global of the tarball, offline, into an empty prefix', () => {
  it('puts a program on the PATH', () => {
    expect(installed('--version')).toBe(`${version}\n`);
    expect(lstatSync(join(prefix, 'bin', 'kycgenie')).isSymbolicLink()).toBe(true);
  });

  it('brings the main job along, which leaves nothing behind', () => {
    const last = installed('demo', '--json').trimEnd().split('\n').at(-1) ?? '';
    expect(JSON.parse(last)).toMatchObject({ type: 'summary', failed: 0 });
    expect(readdirSync(join(folder, 'tmp'))).toEqual([]);
  });

  it('brings the manual page where man looks, completion, and the licences', () => {
    const page = readFileSync(join(prefix, 'share', 'man', 'man1', 'kycgenie.1'), 'utf8');
    expect(page).toContain(`kycgenie ${version}`);
    execFileSync('bash', ['-n'], { input: installed('completion', 'bash') });
    expect(installed('__complete', 'webhooks', 'li')).toMatch(/^list\t/m);
    expect(installed('help', 'licences')).toContain('(MIT)');
  });

  it('runs nothing at installation, and needs no other package', () => {
    const root = join(prefix, 'lib', 'node_modules');
    expect(readdirSync(root).filter((name) => !name.startsWith('.'))).toEqual(['kycgenie-cli']);
    const { scripts, dependencies } = JSON.parse(
      readFileSync(join(root, 'kycgenie-cli', 'package.json'), 'utf8'),
    );
    expect(dependencies).toBeUndefined();
    expect(Object.keys(scripts).filter((name) => /^(?:pre|post)?install$/.test(name))).toEqual([]);
  });

  it('is gone after npm uninstall', () => {
    npm('uninstall', '--global', 'kycgenie-cli');
    const left = (below: string) => readdirSync(join(prefix, below)).filter((name) => !name.startsWith('.'));
    expect([...left('bin'), ...left('lib/node_modules'), ...left('share/man/man1')]).toEqual([]);
  });
});

// What the tests of this project run is the packed tool unless KYCGENIE_E2E_BINARY names an executable.
describe.skipIf(!process.env['KYCGENIE_E2E_BINARY'])('the executable', () => {
  it('holds its version and the published files', async () => {
    const env = { KYCGENIE_CONFIG_DIR: folder };
    expect((await kycgenie(['--version'], env)).stdout).toBe(`${version}\n`);
    const { stdout } = await kycgenie(['help', 'licences'], env);
    expect(stdout).toContain('(MIT)');
  });

  it('takes every argument itself, and none for the runtime', async () => {
    const { code, stderr } = await kycgenie(['-e', '0'], { KYCGENIE_CONFIG_DIR: folder });
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('-e') });
  });
});
