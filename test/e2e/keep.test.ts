import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FULL, SHORT } from '../support/full.ts';
import {
  expectNotPrinted,
  home,
  kycgenie,
  open,
  type Running,
  sandbox,
  start,
  storedSecrets,
} from './tool.ts';

const KILLS = FULL ? 200 : SHORT ? 20 : 50;
const AT_ONCE = 4;
/** Some are to end before they are killed, also where the machine has become slower. */
const OVERSHOOT = 1.6;
const EVENT = 'screening.completed';

let place: ReturnType<typeof home>;
let api: Awaited<ReturnType<typeof sandbox>>;
let receiver: Running;

beforeAll(async () => {
  place = home();
  api = await sandbox(place.env);
  receiver = await open(['listen', '--port', '0'], place.env);
});

afterAll(async () => {
  await receiver.stop();
  await api.stop();
  place.remove();
});

/** How long a run takes here with others beside it, to spread the kills over it. */
async function typicalMs(argvOf: (index: number) => readonly string[]): Promise<number> {
  const begin = performance.now();
  await Promise.all(Array.from({ length: AT_ONCE }, (_none, index) => kycgenie(argvOf(index), api.env)));
  return performance.now() - begin;
}

/** Starts the command `times` times, a few side by side, and kills each at a random instant of its life. */
async function killAtRandom(
  times: number,
  withinMs: number,
  argvOf: (index: number) => readonly string[],
): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < times) {
      const child = start(argvOf(next++), api.env);
      child.stdout.resume();
      child.stderr.resume();
      const closed = once(child, 'close');
      const timer = setTimeout(() => child.kill('SIGKILL'), Math.random() * withinMs * OVERSHOOT);
      await closed;
      clearTimeout(timer);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

async function json(argv: readonly string[]): Promise<readonly Record<string, unknown>[]> {
  const { code, stdout, stderr } = await kycgenie([...argv, '--json'], api.env);
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout);
}

/** Has the sandbox sign a delivery to this URL with the secret it has now; the receiver knows only the store's. */
async function verifies(url: string): Promise<boolean> {
  await kycgenie(['webhooks', 'test', '--url', url, '--json'], api.env);
  const path = new URL(url).pathname;
  const isMine = (line: Record<string, unknown>): boolean =>
    line.type === 'event' && (line.request as { path: string }).path === path;
  const event = await receiver.waitFor(
    (line) => isMine(line) && receiver.lines.filter(isMine).at(-1) === line,
  );
  const { status, secret_age: age } = event.signature as { status: string; secret_age: string };
  return status === 'valid' && age === 'current';
}

const urlOf = (name: string): string => `${String(receiver.ready.url)}/${name}`;

describe('a one-time secret is never lost', () => {
  it(`survives kill -9 of create at ${KILLS} instants: no secret lost, no subscription doubled`, async () => {
    const argvOf = (name: string) => ['webhooks', 'create', '--event', EVENT, '--url', urlOf(name)];
    const withinMs = (await typicalMs((index) => argvOf(`typical-${index}`))) * 1.2;
    await killAtRandom(KILLS, withinMs, (index) => argvOf(`create-${index}`));
    const recovered = await json(['webhooks', 'recover']);
    expect(recovered.filter(({ outcome }) => outcome !== 'recovered')).toEqual([]);
    const made = (await json(['webhooks', 'list'])).filter(({ webhook_url }) =>
      String(webhook_url).includes('/create-'),
    );
    expect(made.length).toBeGreaterThan(0);
    expect(new Set(made.map(({ webhook_url }) => webhook_url)).size).toBe(made.length);
    expect(made.filter(({ has_secret }) => !has_secret)).toEqual([]);
    const sample = made
      .filter((_webhook, index) => index % 10 === 0)
      .map(({ webhook_url }) => String(webhook_url));
    for (const url of sample) expect(await verifies(url), url).toBe(true);
  });

  it(`survives kill -9 of rotate at ${KILLS} instants: the store has the secret that the API has`, async () => {
    const names = Array.from({ length: AT_ONCE }, (_none, index) => `rotate-${index}`);
    const ids: string[] = [];
    for (const name of names) {
      const argv = ['webhooks', 'create', '--event', EVENT, '--url', urlOf(name), '-q'];
      ids.push((await kycgenie(argv, api.env)).stdout.trim());
    }
    const argvOf = (index: number) => ['webhooks', 'rotate', ids[index % ids.length] ?? '', '--yes'];
    const withinMs = (await typicalMs(argvOf)) * 1.2;
    await killAtRandom(KILLS, withinMs, argvOf);
    await json(['webhooks', 'recover']);
    expect(await json(['webhooks', 'recover'])).toEqual([]);
    for (const name of names) expect(await verifies(urlOf(name)), name).toBe(true);
  });

  it('stores 30 secrets of 30 creates side by side', async () => {
    const argvOf = (index: number) => [
      'webhooks',
      'create',
      '--event',
      EVENT,
      '--url',
      urlOf(`side-${index}`),
      '--json',
    ];
    const runs = await Promise.all(
      Array.from({ length: 30 }, (_none, index) => kycgenie(argvOf(index), api.env)),
    );
    expect(runs.map(({ code }) => code)).toEqual(Array(30).fill(0));
    const ids = runs.map(({ stdout }) => JSON.parse(stdout).id);
    const stored = new Set((await json(['secrets', 'list'])).map(({ webhook_id }) => webhook_id));
    expect(ids.filter((id) => !stored.has(id))).toEqual([]);
    expect(new Set(ids).size).toBe(30);
  });

  it('printed none of the secrets', async () => {
    expectNotPrinted(await storedSecrets(api.env), JSON.stringify(api.ready));
  });

  it('creates nothing when the store cannot be written', async () => {
    const broken = home();
    writeFileSync(join(broken.folder, 'secrets'), 'a file where the folder should be');
    const env = { ...api.env, ...broken.env };
    const { code, stderr } = await kycgenie(
      ['webhooks', 'create', '--event', EVENT, '--url', urlOf('unwritable')],
      env,
    );
    expect(code).toBe(1);
    expect(stderr).toContain('secrets');
    expect(await json(['webhooks', 'list', '--url', 'unwritable'])).toEqual([]);
    broken.remove();
  });
});

describe('a store that fails after the answer', () => {
  const SECRET = 'whsec_Y2FuYXJ5LWNhbmFyeS1jYW5hcnktY2FuYXJ5LTEyMzQ=';

  /** An API whose answer comes together with trouble. */
  async function apiThat(makesTrouble: () => void) {
    const server = createServer((request, response) => {
      request.resume().on('end', () => {
        makesTrouble();
        const body = {
          webhook_id: 'w-1',
          event_type: EVENT,
          webhook_url: 'http://127.0.0.1:9/',
          secret_key: SECRET,
          message: 'made',
        };
        response.writeHead(201, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() };
  }

  it('prints the secret on stderr, and says what to do', async () => {
    const broken = home();
    const secrets = join(broken.folder, 'secrets');
    const fake = await apiThat(() => {
      rmSync(secrets, { recursive: true, force: true });
      writeFileSync(secrets, 'in the way');
    });
    const env = {
      ...broken.env,
      KYCGENIE_BASE_URL: fake.url,
      KYCGENIE_API_KEY: 'kycg_0123456789abcdef0123456789abcdef',
    };
    const argv = ['webhooks', 'create', '--event', EVENT, '--url', 'http://127.0.0.1:9/'];
    const { code, stdout, stderr } = await kycgenie(argv, env);
    fake.close();
    expect(code).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toContain(SECRET);
    expect(stderr).toContain('kycgenie secrets import w-1');
    broken.remove();
  });

  it.runIf(canMount())('prints the secret when the disk is full', async () => {
    const broken = home();
    const secrets = join(broken.folder, 'secrets');
    mkdirSync(secrets, { recursive: true });
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', secrets]);
    try {
      const fake = await apiThat(() => fill(join(secrets, 'ballast')));
      const env = {
        ...broken.env,
        KYCGENIE_BASE_URL: fake.url,
        KYCGENIE_API_KEY: 'kycg_0123456789abcdef0123456789abcdef',
      };
      const { code, stderr } = await kycgenie(
        ['webhooks', 'create', '--event', EVENT, '--url', 'http://127.0.0.1:9/'],
        env,
      );
      fake.close();
      expect(code).toBe(1);
      expect(stderr).toContain(SECRET);
    } finally {
      execFileSync('umount', [secrets]);
      broken.remove();
    }
  });
});

function fill(path: string): void {
  for (let size = 64 * 1024; size >= 1; size = Math.floor(size / 2)) {
    try {
      for (;;) writeFileSync(path, Buffer.alloc(size), { flag: 'a' });
    } catch {
      // No room for a piece of this size: the next one is half of it.
    }
  }
}

/** Small file systems need rights that not every machine gives. */
function canMount(): boolean {
  const probe = home();
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', probe.folder], { stdio: 'ignore' });
    execFileSync('umount', [probe.folder]);
    return true;
  } catch {
    return false;
  } finally {
    probe.remove();
  }
}
