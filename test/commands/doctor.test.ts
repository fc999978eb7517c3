import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Clock, systemClock } from '../../src/clock.ts';
import type { Check } from '../../src/commands/doctor/check.ts';
import { openJournal } from '../../src/config/journal.ts';
import { Failure } from '../../src/errors.ts';
import { startProxy } from '../http/proxy-server.ts';
import { TEST_CERTIFICATE } from '../http/test-certificate.ts';
import { delivery, opened } from '../listen/inbox/place.ts';
import { kycgenie, type Ran, temporaryHome, type World } from '../support/cli.ts';
import {
  answer,
  type Behaviour,
  type FaultyServer,
  hang,
  json,
  startFaultyServer,
} from '../support/faulty-server.ts';

const KEY = 'kycg_0123456789abcdef0123456789abcdef';
const DEAD = 2 ** 22 + 1;
const processes = { pid: process.pid, isAlive: (pid: number) => pid !== DEAD };

let home: ReturnType<typeof temporaryHome>;
let server: FaultyServer;
let env: Readonly<Record<string, string>>;

beforeEach(async () => {
  home = temporaryHome();
  chmodSync(home.folder, 0o700);
  server = await startFaultyServer();
  server.otherwise(json(200, { count: 0, results: [] }));
  env = { ...home.env, KYCGENIE_BASE_URL: server.url.origin, KYCGENIE_API_KEY: KEY };
});
afterEach(async () => {
  await server.close();
  home.remove();
});

const doctor = (world: World = {}, ...argv: readonly string[]): Promise<Ran> =>
  kycgenie(['doctor', ...argv], { processes, ...world, env: { ...env, ...world.env } });

async function checks(world: World = {}) {
  const { code, stdout } = await doctor(world, '--json');
  const all: readonly Check[] = JSON.parse(stdout);
  return {
    code,
    all,
    names: all.map(({ check }) => check),
    of(name: string): Check {
      const found = all.find(({ check }) => check === name);
      if (!found) throw new Error(`no check ${name}`);
      return found;
    },
  };
}

const ALL = ['version', 'node', 'settings', 'store', 'keychain', 'data', 'inbox', 'journal', 'leases'];
const REMOTE = ['proxy', 'dns', 'reachable', 'tls', 'clock', 'key'];

describe('a healthy machine', () => {
  it('passes every check, and exits with 0', async () => {
    const { code, all, names } = await checks();
    expect(names).toEqual([...ALL, ...REMOTE]);
    expect(all.filter(({ status }) => status !== 'ok').map(({ check }) => check)).toEqual([
      'keychain',
      'tls',
    ]);
    expect(all.every(({ remedy }) => remedy === null)).toBe(true);
    expect(code).toBe(0);
  });

  it('is asked two things, one of them without the key', async () => {
    await doctor();
    const asked = server.arrivals.map(({ method, target, headers }) => [
      `${method} ${target}`,
      headers.some(([name]) => name.toLowerCase() === 'authorization'),
    ]);
    expect(asked.sort()).toEqual([
      ['GET /', false],
      ['GET /api/v2/webhooks/', true],
    ]);
  });

  it('is shown in a line each, with a mark, and without the key', async () => {
    const { stdout, stderr } = await doctor();
    expect(stdout).toMatch(/^✓ version {4}kycgenie \d/m);
    expect(stdout).toMatch(/^- tls /m);
    expect(stdout).toContain('base_url http://127.0.0.1:');
    expect(stdout + stderr).not.toContain(KEY);
    expect((await doctor({}, '-q')).stdout).toBe('');
  });

  it('is told in lines that are not too long', async () => {
    const more = { KYCGENIE_TIMEOUT: '5s', KYCGENIE_MAX_RETRIES: '1', KYCGENIE_API_VERSION: 'v2' };
    const { stdout } = await doctor({ env: more });
    expect(stdout).toContain(
      'settings   profile default;\n             api_key kycg_0123… (KYCGENIE_API_KEY);\n',
    );
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThan(160);
  });

  it('keeps an empty folder empty', async () => {
    const folder = join(home.folder, 'not-yet');
    const { of } = await checks({ env: { KYCGENIE_CONFIG_DIR: folder } });
    expect(of('store')).toMatchObject({ status: 'ok', message: expect.stringContaining('will be made') });
    expect(readdirSync(home.folder)).toEqual([]);
  });
});

describe('settings', () => {
  it('that are broken are told and stay as they are; what needs them is skipped', async () => {
    writeFileSync(join(home.folder, 'config.json'), '{"version": 1,', { mode: 0o600 });
    const { code, of, names } = await checks();
    expect(of('settings')).toMatchObject({
      status: 'fail',
      message: expect.stringContaining('it is not JSON'),
    });
    expect(of('settings').remedy).toContain('Mend it');
    expect(REMOTE.map((name) => of(name).status)).toEqual(REMOTE.map(() => 'skipped'));
    expect(of('journal').status).toBe('ok');
    expect(names).toEqual([...ALL, ...REMOTE]);
    expect(code).toBe(1);
    expect(readFileSync(join(home.folder, 'config.json'), 'utf8')).toBe('{"version": 1,');
    expect(server.arrivals).toEqual([]);
  });

  it.each([
    ['a bad value', { KYCGENIE_TIMEOUT: 'soon' }, 'KYCGENIE_TIMEOUT is not a duration'],
    ['a bad profile', { KYCGENIE_PROFILE: '../x' }, 'KYCGENIE_PROFILE is not a profile name'],
  ])('%s is told', async (_what, bad, message) => {
    const { code, of } = await checks({ env: bad });
    expect(of('settings')).toMatchObject({ status: 'fail', message: expect.stringContaining(message) });
    expect(of('node').status).toBe('ok');
    expect(code).toBe(1);
  });

  it('of the profile that the environment overrides are told', async () => {
    await kycgenie(['config', 'set', 'base_url', 'https://api.example.com'], { env: home.env });
    const { code, of } = await checks();
    expect(of('settings')).toMatchObject({ status: 'warn' });
    expect(of('settings').remedy).toContain(
      'KYCGENIE_BASE_URL wins over the base_url that profile default has',
    );
    expect(code).toBe(0);
  });
});

describe('files', () => {
  it.skipIf(process.platform === 'win32')('that others may open are told', async () => {
    await kycgenie(['config', 'set', 'api_version', 'v2'], { env: home.env });
    chmodSync(join(home.folder, 'config.json'), 0o644);
    const { code, of } = await checks();
    expect(of('store')).toMatchObject({
      status: 'warn',
      message: expect.stringContaining('config.json (644)'),
    });
    expect(of('store').remedy).toContain('chmod go-rwx');
    expect(code).toBe(0);
  });

  it('that cannot be written are told', async () => {
    const file = join(home.folder, 'file');
    writeFileSync(file, '');
    const { code, of } = await checks({ env: { KYCGENIE_DATA_DIR: join(file, 'data') } });
    expect(of('data').status).toBe('fail');
    expect(of('data').remedy).not.toBeNull();
    expect(code).toBe(1);
  });

  it.skipIf(process.platform !== 'linux')('in a place where nobody can make any fail', async () => {
    const { code, of } = await checks({ env: { KYCGENIE_CONFIG_DIR: '/proc/x' } });
    expect(of('store')).toMatchObject({ status: 'fail', message: '/proc/x cannot be written' });
    expect(of('data').status).toBe('fail');
    expect(code).toBe(1);
  });

  it('that were set aside are told', async () => {
    const folder = join(home.folder, 'secrets', 'default');
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(join(folder, 'wh.json.damaged-20260102T030405678Z'), '{', { mode: 0o600 });
    const { of } = await checks();
    expect(of('store')).toMatchObject({
      status: 'warn',
      message: expect.stringContaining('wh.json.damaged-'),
    });
  });
});

describe('what killed runs left', () => {
  const gone = () =>
    openJournal({
      dataDir: join(home.folder, 'data'),
      hostname: 'elsewhere',
      processes: { pid: DEAD, isAlive: () => true },
      // An hour ago, on another host: gone for certain.
      clock: { ...systemClock, now: () => Date.now() - 3_600_000 },
      onDamage: () => undefined,
    });
  const common = { idempotencyKey: 'k'.repeat(16), profile: 'default', baseUrl: 'https://x', account: 'a' };

  it('open calls are told, with the command that finishes them', async () => {
    const request = { event_type: 'case.opened', webhook_url: 'https://example.com/' };
    await gone().begin({ ...common, kind: 'create', apiVersion: 'v2', request });
    const { code, of } = await checks();
    expect(of('journal')).toMatchObject({
      status: 'warn',
      message: expect.stringContaining('1 call (create)'),
    });
    expect(of('journal').remedy).toContain('kycgenie webhooks recover');
    expect(code).toBe(0);
  });

  it('temporary subscriptions are told, with the command that deletes them', async () => {
    await gone().leases.begin({ ...common, eventType: 'all', webhookUrl: 'https://example.com/' });
    const { of } = await checks();
    expect(of('leases')).toMatchObject({ status: 'warn', message: expect.stringContaining('1 temporary') });
    expect(of('leases').remedy).toContain('kycgenie webhooks prune');
  });

  it('owed deliveries are told, but not those of a listen that runs', async () => {
    const dataDir = join(home.folder, 'data');
    const dead = await opened(dataDir, { pid: DEAD });
    await dead.keep(delivery({ id: 'a', owedTo: 'http://127.0.0.1:3000/' }));
    const living = await opened(dataDir);
    await living.keep(delivery({ id: 'b', owedTo: 'http://127.0.0.1:3000/' }));
    await living.keep(delivery({ id: 'c' }));
    const { of } = await checks();
    expect(of('inbox')).toMatchObject({
      status: 'warn',
      message: expect.stringMatching(/^3 deliveries, \d+ KiB; 1 acknowledged/),
    });
    await living.close();
  });
});

describe('the network', () => {
  it('reaches an API that answers, whatever it says of a path that is none', async () => {
    server.otherwise((response, arrival) =>
      (arrival.target === '/' ? answer(404) : json(200, { count: 0, results: [] }))(response, arrival),
    );
    expect((await checks()).of('reachable')).toMatchObject({
      status: 'ok',
      message: expect.stringMatching(/ answers, in \d+m?s$/),
    });
  });

  it('that is not there fails, and what needs it is skipped', async () => {
    await server.close();
    const { code, of } = await checks();
    expect(of('reachable')).toMatchObject({ status: 'fail', message: expect.stringContaining('refused') });
    expect(['tls', 'clock', 'key'].map((name) => of(name).status)).toEqual(['skipped', 'skipped', 'skipped']);
    expect(code).toBe(1);
    server = await startFaultyServer();
  });

  it('that hangs does not hold the rest up for longer than its time', async () => {
    server.otherwise(hang);
    // The time is up as soon as the server has been asked both questions.
    const clock: Clock = {
      ...systemClock,
      sleep: (_ms, signal) =>
        new Promise((resolve, reject) => {
          signal?.addEventListener('abort', () => reject(signal.reason));
          server.arrival(1).then(() => resolve());
        }),
    };
    const { code, of } = await checks({ clock });
    expect(of('reachable')).toMatchObject({ status: 'fail', message: 'No answer within 10 s' });
    expect(of('key').status).toBe('fail');
    expect(code).toBe(1);
  });

  it('names a certificate that is not trusted', async () => {
    const secure = await startFaultyServer(TEST_CERTIFICATE);
    const { of } = await checks({ env: { KYCGENIE_BASE_URL: secure.url.origin } });
    await secure.close();
    expect(of('tls')).toMatchObject({
      status: 'fail',
      remedy: expect.stringContaining('NODE_EXTRA_CA_CERTS'),
    });
    expect(of('reachable').status).toBe('fail');
  });

  it('names the proxy in between, without its password', async () => {
    const proxy = await startProxy({ refuseWith: 407 });
    const HTTPS_PROXY = `http://user:hunter2@${proxy.url.host}`;
    const { of, all } = await checks({ env: { KYCGENIE_BASE_URL: 'https://api.example.com', HTTPS_PROXY } });
    await proxy.close();
    expect(of('proxy').message).toContain(proxy.url.host);
    expect(of('dns')).toMatchObject({ status: 'ok', message: '127.0.0.1 is 127.0.0.1' });
    expect(of('reachable')).toMatchObject({ status: 'fail', message: expect.stringContaining('HTTP 407') });
    expect(JSON.stringify(all)).not.toContain('hunter2');
  });

  it('names a proxy setting that is none', async () => {
    const bad = { KYCGENIE_BASE_URL: 'https://api.example.com', HTTPS_PROXY: 'socks5://localhost:1' };
    expect((await checks({ env: bad })).of('proxy').status).toBe('fail');
  });
});

describe('the clock', () => {
  const atNoon = Date.parse('2026-05-05T12:00:00Z');
  const clock = { ...systemClock, now: () => atNoon };
  const dated =
    (date: string | undefined, more: Readonly<Record<string, string>> = {}): Behaviour =>
    (response, arrival) => {
      response.sendDate = false;
      const headers = { ...(date === undefined ? {} : { date }), ...more };
      if (arrival.target === '/') answer(404, 'nothing here', headers)(response, arrival);
      else json(200, { count: 0, results: [] }, headers)(response, arrival);
    };

  it.each([
    ['agrees', 'Tue, 05 May 2026 11:59:59 GMT', {}, 'ok', 'Agrees'],
    ['is a minute ahead', 'Tue, 05 May 2026 11:59:00 GMT', {}, 'warn', 'ahead of the API'],
    ['is ten minutes behind', 'Tue, 05 May 2026 12:10:00 GMT', {}, 'fail', 'behind the API'],
    [
      'agrees with an answer that was stored',
      'Tue, 05 May 2026 11:00:00 GMT',
      { age: '3600' },
      'ok',
      'Agrees',
    ],
    ['cannot be told without a date', undefined, {}, 'skipped', 'no date'],
    ['cannot be told by what is no date', 'yesterday', {}, 'skipped', 'no date'],
  ])('%s', async (_what, date, more, status, message) => {
    server.otherwise(dated(date, more));
    const { of } = await checks({ clock });
    expect(of('clock')).toMatchObject({ status, message: expect.stringContaining(message) });
    if (status === 'warn' || status === 'fail') expect(of('clock').remedy).toContain('Set the clock');
  });
});

describe('the key', () => {
  it('may be missing', async () => {
    const { code, of } = await checks({ env: { KYCGENIE_API_KEY: '' } });
    expect(of('key')).toMatchObject({ status: 'warn', remedy: expect.stringContaining('kycgenie login') });
    expect(code).toBe(0);
  });

  it.each([
    [401, 'fail'],
    [403, 'fail'],
    [429, 'warn'],
    [503, 'fail'],
  ])('is judged by HTTP %d, which is asked for once', async (status, judged) => {
    server.otherwise((response, arrival) =>
      (arrival.target === '/' ? answer(404) : json(status, { error: 'No \u001b[31mway' }))(response, arrival),
    );
    const { of } = await checks();
    expect(of('key').status).toBe(judged);
    expect(of('key').remedy).not.toBeNull();
    expect(server.arrivals.filter(({ target }) => target !== '/').length).toBe(1);
    expect((await doctor()).stdout).not.toContain('\u001b');
  });
});

describe('the run', () => {
  it('fails on a Node that is too old', async () => {
    const { code, of } = await checks({ nodeVersion: '18.20.4' });
    expect(of('node')).toMatchObject({ status: 'fail', remedy: expect.stringContaining('20.19') });
    expect(code).toBe(1);
    expect((await checks({ nodeVersion: '24.0.0' })).of('node').status).toBe('ok');
  });

  it('ends when it is interrupted', async () => {
    server.otherwise(hang);
    const stop = new AbortController();
    const running = doctor({ signal: stop.signal });
    await server.arrival(0);
    stop.abort(new Failure('interrupted', 'Interrupted'));
    expect((await running).code).toBe(130);
  });
});
