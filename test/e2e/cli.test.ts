import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  expectNotPrinted,
  home,
  kycgenie,
  open,
  shell as runShell,
  sandbox,
  start,
  storedSecrets,
} from './tool.ts';

const EVENT = 'screening.completed';
const HEADER = /^ID +EVENT TYPE +URL/;

let place: ReturnType<typeof home>;
let api: Awaited<ReturnType<typeof sandbox>>;
let id: string;

beforeAll(async () => {
  place = home();
  api = await sandbox(place.env, '--seed-logs', '500');
  const created = await kycgenie(
    [
      'webhooks',
      'create',
      '--event',
      EVENT,
      '--url',
      'http://127.0.0.1:9/kyc',
      '--description',
      'first',
      '--json',
    ],
    api.env,
  );
  id = JSON.parse(created.stdout).id;
});

afterAll(async () => {
  await api.stop();
  place.remove();
});

const shell = (script: string, env: Readonly<Record<string, string>> = {}) =>
  runShell(script, { ...api.env, ...env });

describe('pipes', () => {
  it('a reader that leaves early ends the program quietly, with 0', async () => {
    const { code, stdout, stderr } = await shell('kycgenie webhooks list | head -1');
    expect(code).toBe(0);
    expect(stdout).toMatch(HEADER);
    expect(stderr).toBe('');
  });

  it('a reader that has left is no error for --version either', async () => {
    expect(await shell('(sleep 0.3; kycgenie --version) | true')).toMatchObject({ code: 0, stderr: '' });
  });

  it('a reader that leaves in the middle of a long list ends it quietly, with 0', async () => {
    const { code, stdout, stderr } = await shell('kycgenie logs list --all -o ndjson | head -1');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toHaveProperty('status');
    expect(stderr).toBe('');
  });

  it('2>/dev/null hides all talk, and errors leave stdout empty', async () => {
    const { code, stdout } = await shell('kycgenie webhooks get no-such-webhook 2>/dev/null');
    expect(code).toBe(3);
    expect(stdout).toBe('');
  });

  it('--json is JSON alone, whole, without colour', async () => {
    const { stdout, stderr } = await shell('kycgenie webhooks list --json');
    expect(JSON.parse(stdout)[0]).toMatchObject({ id, event_type: EVENT, has_secret: true });
    expect(stdout).not.toContain('\u001b');
    expect(stderr).toBe('');
  });

  it('a long output reaches a slow reader whole', async () => {
    const { code, stdout } = await shell('kycgenie logs list --all --json | (sleep 0.5; cat) | wc -c');
    const direct = await shell('kycgenie logs list --all --json');
    expect(code).toBe(0);
    expect(Number(stdout)).toBe(Buffer.byteLength(direct.stdout));
  });

  it('never colours what is piped, unless told to', async () => {
    expect((await shell('kycgenie webhooks list | cat')).stdout).not.toContain('\u001b');
    expect((await shell('kycgenie webhooks list | cat', { FORCE_COLOR: '1' })).stdout).toContain('\u001b');
    expect(
      (await shell('kycgenie webhooks list | cat', { FORCE_COLOR: '1', NO_COLOR: '1' })).stdout,
    ).not.toContain('\u001b');
  });

  it('prints marks in ASCII where the locale is not UTF-8', async () => {
    const { stderr } = await shell('kycgenie webhooks get no-such-webhook', { LC_ALL: 'C' });
    expect(stderr).toMatch(/^x /);
    expect(Buffer.from(stderr).every((byte) => byte < 128)).toBe(true);
  });
});

describe('off a terminal', () => {
  it.each([
    [['webhooks', 'delete', 'some-id'], '--yes'],
    [['webhooks', 'create', '--event', EVENT], '--url'],
    [['webhooks', 'create', '--url', 'http://127.0.0.1:9/'], '--event'],
    [['login'], '--api-key-file'],
  ])('%j asks nothing and names %s, with 2', async (argv, flag) => {
    const { code, stdout, stderr } = await kycgenie(argv, api.env);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain(flag);
  });
});

describe('exit codes of the packed tool', () => {
  const key = 'kycg_0123456789abcdef0123456789abcdef';

  it.each([
    ['done', ['events', 'types'], {}, 0],
    ['usage', ['webhooks', 'list', '--no-such-flag'], {}, 2],
    ['a typo', ['webhook', 'list'], {}, 2],
    ['not found', ['webhooks', 'get', '00000000-0000-4000-8000-000000000000'], {}, 3],
    ['a wrong key', ['webhooks', 'list'], { KYCGENIE_API_KEY: key }, 4],
    ['a bad URL', ['webhooks', 'update', 'ID', '--url', 'https://'], {}, 2],
    ['rejected', ['webhooks', 'create', '--event', 'no.such.type', '--url', 'http://127.0.0.1:9/'], {}, 5],
    [
      'refused',
      ['webhooks', 'list', '--max-retries', '0'],
      { KYCGENIE_BASE_URL: 'http://127.0.0.1:1', KYCGENIE_API_KEY: key },
      7,
    ],
    ['a failing receiver', ['webhooks', 'test', '--all'], {}, 8],
  ])('%s', async (_name, argv, env, expected) => {
    const { code } = await kycgenie(
      argv.map((word) => (word === 'ID' ? id : word)),
      { ...api.env, ...env },
    );
    expect(code).toBe(expected);
  });

  it('a failing API', async () => {
    const failing = await sandbox(place.env, '--fail', '1');
    const { code } = await kycgenie(['webhooks', 'get', id, '--max-retries', '0'], failing.env);
    await failing.stop();
    expect([6, 7]).toContain(code);
  });

  it('prints an error as one line of JSON when asked', async () => {
    const { stderr } = await kycgenie(['webhooks', 'get', 'no-such-webhook', '--json'], api.env);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(JSON.parse(stderr).error).toMatchObject({
      http_status: 404,
      exit_code: 3,
      request_id: expect.any(String),
    });
  });
});

describe('signals', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s drains listen, prints its summary and exits %d', async (signal, expected) => {
    const receiver = await open(['listen', '--port', '0'], place.env);
    const closed = once(receiver.child, 'close');
    await fetch(String(receiver.ready['url']), { method: 'POST', body: '{}' });
    await receiver.waitFor(({ type }) => type === 'event');
    receiver.child.kill(signal);
    const summary = await receiver.waitFor(({ type }) => type === 'summary');
    const [code] = await closed;
    expect(summary).toMatchObject({ received: 1 });
    expect(code).toBe(expected);
  });

  it('ends listen though nobody reads what it prints', async () => {
    const receiver = start(['listen', '--port', '0', '--json'], place.env);
    const [first] = await once(receiver.stdout, 'data');
    receiver.stdout.pause();
    const { url } = JSON.parse(String(first));
    const body = JSON.stringify({ filler: 'x'.repeat(60_000) });
    const posts = Array.from({ length: 40 }, () =>
      fetch(url, { method: 'POST', body }).then((answer) => answer.text()),
    );
    // All are answered: the reader that stands still holds nobody up within the bounds of the queue.
    await Promise.all(posts);
    const closed = once(receiver, 'exit');
    receiver.kill('SIGINT');
    // Two signals in one moment are one.
    await new Promise((resolve) => setTimeout(resolve, 300));
    receiver.kill('SIGINT');
    const [code] = await closed;
    receiver.stdout.destroy();
    expect(code).toBe(130);
  });

  it('interrupts waiting for standard input, with 130', async () => {
    const child = start(['secrets', 'import', 'some-id'], place.env);
    const closed = once(child, 'close');
    await new Promise((resolve) => setTimeout(resolve, 500));
    child.kill('SIGINT');
    const [code] = await closed;
    expect(code).toBe(130);
  });

  it('interrupts a request that hangs, with 130', async () => {
    const slow = await sandbox(place.env, '--latency', '30s');
    const child = start(['webhooks', 'list', '--debug'], slow.env);
    await once(child.stderr, 'data');
    child.kill('SIGINT');
    const [code] = await once(child, 'close');
    await slow.stop();
    expect(code).toBe(130);
  });
});

describe('the sandbox with a data folder', () => {
  it('has after kill -9 and a restart what it acknowledged', async () => {
    const other = home();
    const data = join(other.folder, 'sandbox');
    mkdirSync(data);
    const first = await sandbox(other.env, '--data', data);
    const argv = ['webhooks', 'create', '--event', EVENT, '--url', 'http://127.0.0.1:9/kept', '-q'];
    const created = (await kycgenie(argv, first.env)).stdout.trim();
    const closed = once(first.child, 'close');
    first.child.kill('SIGKILL');
    await closed;
    const second = await sandbox(other.env, '--data', data);
    expect(second.ready['api_key']).toBe(first.ready['api_key']);
    const listed = await kycgenie(['webhooks', 'list', '-q'], second.env);
    expect(listed.stdout.trim()).toBe(created);
    await second.stop();
    other.remove();
  });
});

describe('demo', () => {
  it('does what each of its steps says, and leaves nothing behind', async () => {
    const temporary = home();
    const { code, stdout, stderr } = await kycgenie(['demo', '--json'], {
      ...temporary.env,
      TMPDIR: temporary.folder,
    });
    const lines: Record<string, unknown>[] = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(stderr).toBe('');
    expect(lines.filter(({ type, ok }) => type === 'step' && ok !== true)).toEqual([]);
    expect(lines.at(-1)).toMatchObject({ type: 'summary', failed: 0 });
    expect(code).toBe(0);
    expect(readdirSync(temporary.folder)).toEqual([]);
    temporary.remove();
  });
});

describe('keys and secrets', () => {
  it('are in no output that did not ask for them, and in no file but the store', async () => {
    const argvs = [
      ['webhooks', 'rotate', id, '--yes'],
      ['webhooks', 'list', '--debug'],
      ['webhooks', 'create', '--event', EVENT, '--url', 'http://127.0.0.1:9/canary', '--debug', '--json'],
      ['webhooks', 'test', '--all', '--debug'],
      ['secrets', 'list', '--json'],
      ['config', 'list', '--show-origin'],
      ['whoami', '--json'],
      ['webhooks', 'list', '--base-url', 'http://127.0.0.1:1', '--max-retries', '0', '--debug'],
    ];
    for (const argv of argvs) await kycgenie(argv, api.env);
    const key = api.env['KYCGENIE_API_KEY'] ?? '';
    const secrets = await storedSecrets(api.env);
    const canaries = [key, ...secrets];
    expectNotPrinted(canaries, JSON.stringify(api.ready));
    for (const file of filesBelow(place.folder).filter(
      (path) => !path.startsWith(join(place.folder, 'secrets')),
    )) {
      for (const canary of canaries) expect(readFileSync(file, 'utf8').includes(canary), file).toBe(false);
    }
    for (const file of filesBelow(place.folder)) expect(statSync(file).mode & 0o777, file).toBe(0o600);
  });
});

const filesBelow = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
