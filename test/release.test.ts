import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';

/** What of a release can be tried without one. */

const ROOT = join(import.meta.dirname, '..');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const { version, scripts } = JSON.parse(read('package.json'));

interface Step {
  readonly uses?: string;
  readonly run?: string;
}

interface Job {
  readonly permissions?: Readonly<Record<string, string>>;
  readonly needs?: string | readonly string[];
  readonly 'timeout-minutes'?: number;
  readonly steps: readonly Step[];
}

interface Workflow {
  readonly permissions: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, Job>>;
}

const FOLDER = '.github/workflows';
const WORKFLOWS = readdirSync(join(ROOT, FOLDER)).map((name): [string, Workflow] => [
  name,
  parse(read(`${FOLDER}/${name}`)),
]);

const isHere = (program: string): boolean => spawnSync(program, ['--version']).error === undefined;

describe.each(WORKFLOWS)('%s', (_name, { permissions, jobs }) => {
  const all = Object.values(jobs);
  const steps = all.flatMap((job) => job.steps);
  const code = steps.flatMap(({ run }) => run ?? []);

  it('may read the repository, and each job that writes says what', () => {
    expect(permissions).toEqual({ contents: 'read' });
    const writes = Object.entries(jobs).flatMap(([job, { permissions: own = {} }]) =>
      Object.entries(own).flatMap(([what, level]) => (level === 'write' ? `${job} ${what}` : [])),
    );
    expect(['npm id-token', 'github contents', 'docker packages']).toEqual(expect.arrayContaining(writes));
  });

  it('names actions of others by their major version, and bounds each job', () => {
    for (const { uses } of steps) if (uses !== undefined) expect(uses).toMatch(/^[\w-]+\/[\w-]+@v\d+$/);
    for (const job of all) expect(job['timeout-minutes']).toBeGreaterThan(0);
  });

  it('has shell code that parses, and puts no expression into it', () => {
    for (const script of code) {
      expect(spawnSync('bash', ['-n'], { input: script, encoding: 'utf8' }).stderr).toBe('');
      expect(script).not.toContain('${{');
    }
  });

  it('names scripts and files that are there', () => {
    for (const [, name = ''] of code.join('\n').matchAll(/npm run ([\w:-]+)/g))
      expect(scripts).toHaveProperty([name]);
    for (const [, path = ''] of code.join('\n').matchAll(/(?:node |^)((?:scripts|\.ci)\/[\w./-]+)/gm))
      expect(existsSync(join(ROOT, path)), path).toBe(true);
  });

  it('needs jobs that there are', () => {
    for (const { needs = [] } of all)
      expect(Object.keys(jobs)).toEqual(expect.arrayContaining([needs].flat()));
  });
});

describe('scripts/release.mjs', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'kycgenie-release-'));
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  const release = (part: string, argument: string) =>
    spawnSync(process.execPath, [join(ROOT, 'scripts', 'release.mjs'), part, argument], { encoding: 'utf8' });

  /** Files with the names that the release workflow gives its archives. */
  function archives(): void {
    const { jobs } = parse(read(`${FOLDER}/release.yml`));
    for (const { name, extension } of jobs.binary.strategy.matrix.include)
      writeFileSync(join(folder, `${name}${extension === '.exe' ? '.zip' : '.tar.gz'}`), name);
  }

  it.skipIf(!isHere('sha256sum'))('writes checksums that sha256sum checks', () => {
    archives();
    expect(release('checksums', folder)).toMatchObject({ status: 0, stderr: '' });
    const checked = spawnSync('sha256sum', ['--check', '--strict', 'SHA256SUMS'], {
      cwd: folder,
      encoding: 'utf8',
    });
    expect(checked.status).toBe(0);
    expect(checked.stdout.trim().split('\n')).toHaveLength(4);
    writeFileSync(join(folder, 'kycgenie-linux-x64.tar.gz'), 'another');
    expect(spawnSync('sha256sum', ['--check', 'SHA256SUMS'], { cwd: folder }).status).toBe(1);
  });

  it('makes a formula with the checksum of each archive', () => {
    archives();
    release('checksums', folder);
    expect(release('formula', folder)).toMatchObject({ status: 0, stderr: '' });
    const formula = readFileSync(join(folder, 'kycgenie.rb'), 'utf8');
    const sums = readFileSync(join(folder, 'SHA256SUMS'), 'utf8').trim().split('\n');
    for (const line of sums.filter((text) => text.endsWith('.tar.gz'))) {
      const [sum, name] = line.split('  ');
      expect(formula).toMatch(new RegExp(`/v${version}/${name}"\\n +sha256 "${sum}"`));
    }
    expect(formula).not.toContain('{{');
  });

  it.skipIf(!isHere('ruby'))('whose formula is Ruby', () => {
    archives();
    release('checksums', folder);
    release('formula', folder);
    const { status, stdout } = spawnSync('ruby', ['-c', join(folder, 'kycgenie.rb')], { encoding: 'utf8' });
    expect({ status, stdout }).toEqual({ status: 0, stdout: 'Syntax OK\n' });
  });

  it('makes no formula without all archives, and no checksums of nothing', () => {
    expect(release('checksums', folder)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('nothing'),
    });
    writeFileSync(join(folder, 'kycgenie-linux-x64.tar.gz'), '');
    release('checksums', folder);
    expect(release('formula', folder)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('kycgenie-macos-arm64.tar.gz'),
    });
  });

  it('refuses a tag that is not the version', () => {
    expect(release('check', 'v99.0.0')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('v99.0.0'),
    });
  });

  it('refuses a pre-release, which everybody would install', () => {
    mkdirSync(join(folder, 'scripts'));
    cpSync(join(ROOT, 'scripts', 'release.mjs'), join(folder, 'scripts', 'release.mjs'));
    const check = (wanted: string) => {
      const repository = { url: 'git+https://github.com/owner/kycgenie-cli.git' };
      writeFileSync(join(folder, 'package.json'), JSON.stringify({ version: wanted, repository }));
      writeFileSync(join(folder, 'CHANGELOG.md'), `# Changes\n\n## ${wanted}\n`);
      const argv = [join(folder, 'scripts', 'release.mjs'), 'check', `v${wanted}`];
      const { status, stderr } = spawnSync(process.execPath, argv, { encoding: 'utf8' });
      return { status, stderr };
    };
    expect(check('1.2.3')).toEqual({ status: 0, stderr: '' });
    expect(check('1.3.0-rc.1')).toEqual({ status: 1, stderr: '1.3.0-rc.1 is no version to release.\n' });
  });
});

describe('the Dockerfile', () => {
  const lines = read('Dockerfile').replace(/\\\n/g, ' ').split('\n');
  const ignored = read('.dockerignore').split('\n');

  it('copies what there is, or what the build makes', () => {
    const copied = lines.flatMap(
      (line) => /^COPY (?:--from=build )?(.+) \S+$/.exec(line)?.[1]?.split(' ') ?? [],
    );
    expect(copied.length).toBeGreaterThan(3);
    for (const path of copied) {
      const here = path.replace(/^\/source\//, '');
      expect(here === 'dist' || existsSync(join(ROOT, here)), path).toBe(true);
    }
    for (const needed of ['src', 'bin', 'rolldown.config.ts', 'package-lock.json', 'LICENSE'])
      expect(ignored).not.toContain(needed);
  });

  it('runs shell code that parses', () => {
    for (const line of lines.filter((text) => text.startsWith('RUN ')))
      expect(spawnSync('sh', ['-n'], { input: line.slice(4), encoding: 'utf8' }).stderr).toBe('');
  });

  it('ends as a user who is not root, with a volume that is the folder of settings', () => {
    expect(lines).toContain('USER node');
    expect(lines).toContain('VOLUME /config');
    expect(lines.join('\n')).toMatch(/^ENV .*KYCGENIE_CONFIG_DIR=\/config/m);
  });
});
