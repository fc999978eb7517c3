import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { VERSION } from '../../src/version.ts';
import { kycgenie, temporaryHome, type World } from '../support/cli.ts';
import { type FaultyServer, hang, startFaultyServer } from '../support/faulty-server.ts';

const FAR_MS = 3_600_000;

let home: ReturnType<typeof temporaryHome>;
let registry: FaultyServer;

beforeEach(async () => {
  home = temporaryHome();
  registry = await startFaultyServer();
  registry.otherwise(hang);
});

afterEach(async () => {
  await registry.close();
  home.remove();
});

const file = () => join(home.folder, 'data', 'updates.json');

/** A run at a terminal, after one that found version 99. */
function run(argv: readonly string[]) {
  mkdirSync(join(home.folder, 'data'), { recursive: true });
  writeFileSync(file(), JSON.stringify({ ask_at: Date.now() + FAR_MS, tell_at: 0, newest: '99.0.0' }));
  return kycgenie(argv, { env: home.env, columns: 100, releasesUrl: registry.url });
}

const TYPES = ['events', 'types'];

describe('the notice of a newer version', () => {
  it('stands on stderr once the command is over, once a day', async () => {
    const { code, stdout, stderr } = await run(TYPES);
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.not.stringContaining('99.0.0') });
    expect(stderr).toContain(`kycgenie 99.0.0 is out, and this is ${VERSION}`);
    expect(stderr).toContain('NO_UPDATE_NOTIFIER=1');
    const again = await kycgenie(TYPES, { env: home.env, columns: 100, releasesUrl: registry.url });
    expect(again.stderr).toBe('');
    expect(registry.arrivals).toEqual([]);
  });

  it('stands below an error, and leaves its exit code', async () => {
    const { code, stderr } = await run(['verify', '--event', 'no-such-event']);
    expect(code).not.toBe(0);
    expect(stderr.indexOf('99.0.0')).toBeGreaterThan(stderr.indexOf('no-such-event'));
  });

  it.each([
    ['the output is for programs', [...TYPES, '--json']],
    ['it is YAML', [...TYPES, '-o', 'yaml']],
    ['--quiet says so', [...TYPES, '-q']],
  ])('does not where %s', async (_why, argv) => {
    const { code, stderr } = await run(argv);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  it('does not where there is no terminal', async () => {
    await run(['--version']);
    const { stderr } = await kycgenie(TYPES, { env: home.env, releasesUrl: registry.url });
    expect(stderr).toBe('');
  });

  it.each([{ CI: 'true' }, { NO_UPDATE_NOTIFIER: '1' }])(
    'does not with %j, which asks nothing',
    async (env) => {
      const { stderr } = await kycgenie(TYPES, {
        ...{ env: { ...home.env, ...env }, columns: 100, releasesUrl: registry.url },
      });
      expect(stderr).toBe('');
      expect(existsSync(file())).toBe(false);
    },
  );

  it('is not there for help, the version and completion', async () => {
    for (const argv of [['--help'], ['--version'], ['webhooks', '--help'], ['__complete', 'w']])
      expect((await run(argv)).stderr).toBe('');
  });
});

describe('a registry', () => {
  const first: World = { columns: 100 };

  it('that does not answer holds no command up', async () => {
    const { code, stderr } = await kycgenie(TYPES, { ...first, env: home.env, releasesUrl: registry.url });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(existsSync(file())).toBe(true);
  });

  it('is not asked where the data folder cannot be written, and nothing is said of it', async () => {
    writeFileSync(join(home.folder, 'data'), 'a file');
    const { code, stderr } = await kycgenie(TYPES, { ...first, env: home.env, releasesUrl: registry.url });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });
});
