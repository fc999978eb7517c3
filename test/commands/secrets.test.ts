import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ENTER, kycgenie, sitDown, temporaryHome, type World } from '../support/cli.ts';

const SECRET = 'whsec_QmFzZTY0IGJ5dGVzIG9mIGEgc2VjcmV0';
const NEXT = 'whsec_VGhlIG5leHQgc2VjcmV0IG9mIHRoZSBob29r';

let home: ReturnType<typeof temporaryHome>;

beforeEach(() => {
  home = temporaryHome();
});

afterEach(() => home.remove());

const run = (argv: readonly string[], world: World = {}) =>
  kycgenie(['secrets', ...argv], { ...world, env: { ...home.env, ...world.env } });

const store = (id: string, secret: string, ...more: readonly string[]) =>
  run(['import', id, ...more], { stdin: `${secret}\n` });

async function json(argv: readonly string[], world?: World) {
  const { code, stdout, stderr } = await run([...argv, '--json'], world);
  expect({ code, stderr }).toStrictEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout);
}

describe('secrets import', () => {
  test('stores what is piped in, and shows its beginning alone', async () => {
    const { code, stdout, stderr } = await store('w-1', SECRET);
    expect({ code, stderr }).toStrictEqual({ code: 0, stderr: '' });
    expect(stdout).toBe('✓ Secret stored\nwebhook  w-1\nsecret   whsec_QmFz…\n');
    expect(await json(['import', 'w-2'], { stdin: NEXT })).toStrictEqual({
      webhook_id: 'w-2',
      secret_key: 'whsec_VGhl…',
      secret_stored: true,
    });
    expect((await store('w-3', NEXT, '-q')).stdout).toBe('w-3\n');
  });

  test('warns of what does not look like one, and stores it without showing it', async () => {
    const { code, stderr } = await run(['import', 'w-1'], { stdin: 'hunter2-of-another-provider' });
    expect(code).toBe(0);
    expect(stderr).toContain('begins with whsec_. It is stored all the same.');
    expect(stderr).not.toContain('hunter2');
    expect(await json(['show', 'w-1'])).toMatchObject({ secret_key: 'hunter2-of-another-provider' });
  });

  test('keeps it where its owner alone may read it', async () => {
    await store('w-1', SECRET);
    const folder = join(home.folder, 'secrets', 'default');
    const [name = ''] = readdirSync(folder);
    expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
    for (const path of [home.folder, join(home.folder, 'secrets'), folder])
      expect(statSync(path).mode & 0o777).toBe(0o700);
    chmodSync(join(folder, name), 0o644);
    await json(['list']);
    expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
  });

  test('asks for it on a terminal without showing it', async () => {
    const person = sitDown();
    const running = run(['import', 'w-1'], { person, env: { KYCGENIE_NO_INPUT: undefined } });
    await person.shown('Signing secret:');
    person.type(`${SECRET}${ENTER}`);
    const { code, stdout } = await running;
    expect(code).toBe(0);
    expect(`${stdout}${person.seen()}`).not.toContain(SECRET.slice(12));
    expect(await json(['show', 'w-1'])).toMatchObject({ secret_key: SECRET });
  });

  test.each<[string, World, string]>([
    ['nothing', { stdin: ' \n' }, 'No secret was given'],
    ['several words', { stdin: 'two words' }, 'one word of visible characters'],
    ['control characters', { stdin: `${SECRET}\u{1b}[2J` }, 'one word of visible characters'],
    ['more than it can be', { stdin: 'x'.repeat(1024 * 1024 + 1) }, 'holds more than 1024 KiB'],
    ['a terminal that may not be asked on', { columns: 80 }, 'Pipe the text in.'],
  ])('of %s is a usage error and stores nothing', async (_what, world, message) => {
    const { code, stdout, stderr } = await run(['import', 'w-1'], world);
    expect({ code, stdout }).toStrictEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
    expect(await json(['list'])).toEqual([]);
  });

  test('where the store cannot be written exits 1', async () => {
    writeFileSync(join(home.folder, 'secrets'), 'in the way');
    const { code, stderr } = await run(['import', 'w-1', '--json'], { stdin: SECRET });
    expect(code).toBe(1);
    expect(JSON.parse(stderr).error).toMatchObject({ code: 'store_unwritable', exit_code: 1 });
    expect(stderr).not.toContain(SECRET.slice(12));
  });
});

describe('secrets show', () => {
  test('prints the bare secret and nothing else', async () => {
    await store('w-1', SECRET);
    expect(await run(['show', 'w-1'])).toStrictEqual({ code: 0, stdout: `${SECRET}\n`, stderr: '' });
    expect(await run(['show', 'w-1', '-q'])).toStrictEqual({ code: 0, stdout: `${SECRET}\n`, stderr: '' });
    expect((await run(['show', 'w-1'], { columns: 20, env: { FORCE_COLOR: '1' } })).stdout).toBe(
      `${SECRET}\n`,
    );
    expect(await json(['show', 'w-1'])).toStrictEqual({
      webhook_id: 'w-1',
      secret_key: SECRET,
      obtained_at: expect.stringMatching(/Z$/),
    });
  });

  test('prints the one before it with --previous', async () => {
    await store('w-1', SECRET);
    await store('w-1', NEXT);
    expect((await run(['show', 'w-1'])).stdout).toBe(`${NEXT}\n`);
    expect((await run(['show', 'w-1', '--previous'])).stdout).toBe(`${SECRET}\n`);
  });

  test('has GitHub Actions mask it first', async () => {
    await store('w-1', SECRET);
    const order: string[] = [];
    await run(['show', 'w-1'], {
      env: { GITHUB_ACTIONS: 'true' },
      onStdout: (text) => order.push(text),
      onStderr: (text) => order.push(text),
    });
    expect(order).toEqual([`::add-mask::${SECRET}\n`, `${SECRET}\n`]);
  });

  test('of what is not here exits 3', async () => {
    expect((await run(['show', 'w-1'])).stderr).toContain('No secret of webhook w-1 is stored here');
    await store('w-1', SECRET);
    const { code, stderr } = await run(['show', 'w-1', '--previous', '--json']);
    expect(code).toBe(3);
    expect(JSON.parse(stderr).error).toMatchObject({
      code: 'not_found',
      message: 'No previous secret of webhook w-1 is stored here',
      http_status: null,
    });
  });
});

describe('secrets list', () => {
  test('never shows a value', async () => {
    await store('w-2', SECRET);
    await store('w-1', SECRET);
    await store('w-1', NEXT);
    expect(await json(['list'])).toStrictEqual([
      {
        webhook_id: 'w-1',
        event_type: null,
        webhook_url: null,
        obtained_at: expect.stringMatching(/Z$/),
        stored_in: 'file',
        previous: 1,
      },
      {
        webhook_id: 'w-2',
        event_type: null,
        webhook_url: null,
        obtained_at: expect.stringMatching(/Z$/),
        stored_in: 'file',
        previous: 0,
      },
    ]);
    const { stdout } = await run(['list']);
    expect(stdout).toMatch(/^WEBHOOK +EVENT TYPE +URL +OBTAINED +PREVIOUS$/m);
    expect(stdout).toMatch(/^w-1 +- +- +\S.* +1$/m);
    for (const format of ['table', 'json', 'ndjson', 'yaml'])
      expect((await run(['list', '-o', format])).stdout).not.toContain('whsec');
    expect((await run(['list', '-q'])).stdout).toBe('w-1\nw-2\n');
  });

  test('of nothing says where secrets come from', async () => {
    const { code, stdout, stderr } = await run(['list']);
    expect({ code, stdout }).toStrictEqual({ code: 0, stdout: '' });
    expect(stderr).toContain('webhooks create stores its own');
  });

  test('knows nothing of another profile', async () => {
    await store('w-1', SECRET, '--profile', 'live');
    expect(await json(['list'])).toEqual([]);
    expect((await run(['show', 'w-1'])).code).toBe(3);
    expect(await json(['list', '--profile', 'live'])).toHaveLength(1);
    expect(await json(['list'], { env: { KYCGENIE_PROFILE: 'live' } })).toHaveLength(1);
  });

  test('sets a damaged file aside, reports it, and goes on', async () => {
    await store('w-1', SECRET);
    await store('w-2', NEXT);
    const folder = join(home.folder, 'secrets', 'default');
    writeFileSync(join(folder, 'w-1.json'), '{"version": 1, "secr');
    const { code, stdout, stderr } = await run(['list', '-q']);
    expect({ code, stdout }).toStrictEqual({ code: 0, stdout: 'w-2\n' });
    expect(stderr).toMatch(/^⚠ .*w-1\.json is damaged \(it is not JSON\) and was set aside as \S+\n$/);
    const aside = readdirSync(folder).find((name) => name.includes('damaged')) ?? '';
    expect(readFileSync(join(folder, aside), 'utf8')).toBe('{"version": 1, "secr');
    expect((await run(['list'])).stderr).toBe('');
  });
});

describe('secrets forget', () => {
  test('forgets all secrets of one webhook', async () => {
    await store('w-1', SECRET);
    await store('w-1', NEXT);
    await store('w-2', NEXT);
    expect(await json(['forget', 'w-1', '--yes'])).toStrictEqual({ webhook_id: 'w-1', forgotten: true });
    expect(await json(['list'])).toMatchObject([{ webhook_id: 'w-2' }]);
    expect((await run(['forget', 'w-2', '-y'])).stdout).toBe('Forgot the secrets of w-2.\n');
  });

  test('of what is not here exits 3 and asks nothing', async () => {
    expect((await run(['forget', 'w-1'])).code).toBe(3);
  });

  test('asks on a terminal, and names --yes elsewhere', async () => {
    await store('w-1', SECRET);
    const env = { KYCGENIE_NO_INPUT: undefined };
    const piped = await run(['forget', 'w-1'], { env });
    expect(piped.code).toBe(2);
    expect(piped.stderr).toContain('Give --yes.');
    for (const [answer, code, left] of [
      ['n', 2, 1],
      ['y', 0, 0],
    ] as const) {
      const person = sitDown();
      const running = run(['forget', 'w-1', '-q'], { env, person });
      await person.shown('Forget the secrets of w-1?');
      person.type(`${answer}${ENTER}`);
      expect((await running).code).toBe(code);
      expect(await json(['list'])).toHaveLength(left);
    }
  });
});
