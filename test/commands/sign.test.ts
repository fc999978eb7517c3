import { createHmac } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { kycgenie, type Ran, sitDown, temporaryHome, type World } from '../support/cli.ts';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
/** From the published vectors of Standard Webhooks. */
const VECTOR = ['--id', 'msg_p5jXN8AQM9LWM0D4loKWxJek', '--timestamp', '1614265330'];
const VECTOR_BODY = '{"test": 2432232314}';
const VECTOR_SIGNATURE = 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=';

let home: ReturnType<typeof temporaryHome>;
let world: World;

beforeEach(() => {
  home = temporaryHome();
  world = { env: { ...home.env, KYC: SECRET } };
});

afterEach(() => home.remove());

const sign = (argv: readonly string[], more: World = {}): Promise<Ran> =>
  kycgenie(['sign', ...argv], { ...world, ...more });

const store = (id: string, secret = SECRET) =>
  kycgenie(['secrets', 'import', id], { ...world, stdin: secret });

function file(name: string, content: string | Uint8Array): string {
  const path = join(home.folder, name);
  writeFileSync(path, content);
  return path;
}

describe('sign', () => {
  test('prints the headers, one a line', async () => {
    const { code, stdout, stderr } = await sign(['--secret-env', 'KYC', '--body', VECTOR_BODY, ...VECTOR]);
    expect({ code, stderr }).toStrictEqual({ code: 0, stderr: '' });
    expect(stdout).toBe(
      `webhook-id: msg_p5jXN8AQM9LWM0D4loKWxJek\nwebhook-timestamp: 1614265330\nwebhook-signature: ${VECTOR_SIGNATURE}\n`,
    );
    expect((await sign(['--secret-env', 'KYC', '--body', VECTOR_BODY, ...VECTOR, '-q'])).stdout).toBe(stdout);
  });

  test('as JSON: pairs, and what was signed', async () => {
    await store('wh_1');
    const { stdout } = await sign(['--webhook', 'wh_1', '--json', ...VECTOR], { stdin: VECTOR_BODY });
    expect(JSON.parse(stdout)).toStrictEqual({
      headers: [
        ['webhook-id', 'msg_p5jXN8AQM9LWM0D4loKWxJek'],
        ['webhook-timestamp', '1614265330'],
        ['webhook-signature', VECTOR_SIGNATURE],
      ],
      scheme: 'standard-webhooks',
      webhook_id: 'wh_1',
      event_id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      timestamp: '2021-02-25T15:02:10.000Z',
    });
  });

  test('says nothing of an id and a time that are not signed', async () => {
    const argv = ['--secret-env', 'GITHUB', '--scheme', 'github', '--body', 'Hello, World!', '--json'];
    const { stdout } = await sign(argv, { env: { ...home.env, GITHUB: "It's a Secret to Everybody" } });
    expect(JSON.parse(stdout)).toStrictEqual({
      headers: [
        ['X-Hub-Signature-256', 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17'],
      ],
      scheme: 'github',
      webhook_id: null,
      event_id: null,
      timestamp: null,
    });
  });

  test.each(['a file', 'standard input'])('signs the exact bytes of %s', async (source) => {
    const bytes = Buffer.from([0, 0xff, 0xc3, 0x28, 0x0d, 0x0a, 0x0a]);
    const person = sitDown();
    person.stdin.end(bytes);
    const from = source === 'a file' ? `@${file('body', bytes)}` : '-';
    const argv = ['--secret-env', 'KYC', '--scheme', 'github', '--color', 'never', '--body', from];
    const { stdout } = await sign(argv, { person, stdin: '' });
    const digest = createHmac('sha256', SECRET).update(bytes).digest('hex');
    expect(stdout).toBe(`X-Hub-Signature-256: sha256=${digest}\n`);
  });

  test('takes the one secret that is stored, and asks which of several', async () => {
    const none = await sign(['--body', 'x']);
    expect(none.code).toBe(2);
    expect(none.stderr).toContain('No signing secret is stored here');
    await store('wh_1');
    expect((await sign(['--body', VECTOR_BODY, ...VECTOR])).stdout).toContain(VECTOR_SIGNATURE);
    await store('wh_2', 'whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA');
    const several = await sign(['--body', 'x']);
    expect(several.code).toBe(2);
    expect(several.stderr).toContain('2 signing secrets are stored here: say which one with --webhook');
  });

  test('signs with the current secret after a rotation', async () => {
    const earlier = { ...systemClock, now: () => Date.UTC(2026, 0, 1) };
    await kycgenie(['secrets', 'import', 'wh_1'], {
      ...{ env: home.env, clock: earlier },
      stdin: 'whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
    });
    await store('wh_1');
    expect((await sign(['--body', VECTOR_BODY, ...VECTOR])).stdout).toContain(VECTOR_SIGNATURE);
  });

  test('a fresh id and the time of now, where none is given', async () => {
    const clock = { ...systemClock, now: () => Date.UTC(2026, 0, 2, 3, 4, 5) };
    const { stdout } = await sign(['--secret-env', 'KYC', '--body', 'x', '--json'], { clock });
    expect(JSON.parse(stdout)).toMatchObject({
      event_id: expect.stringMatching(/^evt_[0-9a-f]{32}$/),
      timestamp: '2026-01-02T03:04:05.000Z',
    });
  });

  test.each([
    ['2026-01-02T03:04:05Z', '2026-01-02T03:04:05.000Z'],
    ['1767323045', '2026-01-02T03:04:05.000Z'],
    ['1767323045678', '2026-01-02T03:04:05.678Z'],
  ])('--timestamp %s', async (text, timestamp) => {
    const { stdout } = await sign(['--secret-env', 'KYC', '--body', 'x', '--timestamp', text, '--json']);
    expect(JSON.parse(stdout).timestamp).toBe(timestamp);
  });

  test.each<[string, readonly string[], number, string]>([
    ['two secrets', ['--webhook', 'a', '--secret-env', 'KYC'], 2, 'exclude each other'],
    ['an unknown webhook', ['--webhook', 'wh_9'], 3, 'No secret of webhook wh_9 is stored here'],
    ['a variable that is not set', ['--secret-env', 'NOT_SET'], 2, 'NOT_SET is not set'],
    ['a time that is none', ['--secret-env', 'KYC', '--timestamp', 'noon'], 2, '--timestamp takes a time'],
    [
      'a time out of range',
      ['--secret-env', 'KYC', '--timestamp', '999999999999999'.repeat(2)],
      2,
      'takes a time',
    ],
    ['an id that is no header', ['--secret-env', 'KYC', '--id', 'a b'], 2, 'cannot be sent in a header'],
    ['a file that is not there', ['--secret-env', 'KYC', '--body', '@/no/such/file'], 2, 'cannot be read'],
  ])('%s is %i', async (_what, argv, code, message) => {
    const ran = await sign(argv, { stdin: 'x' });
    expect({ code: ran.code, stdout: ran.stdout }).toEqual({ code, stdout: '' });
    expect(ran.stderr).toContain(message);
  });

  test('a secret in the place of a name is not repeated', async () => {
    const { code, stderr } = await sign([
      '--secret-env',
      'whsec_MfKQ9r8GKYqr/wjUPD8ILPZIo2LaLaSw',
      '--body',
      'x',
    ]);
    expect(code).toBe(2);
    expect(stderr).not.toContain('MfKQ');
  });

  test('a body of more than 16 MiB, a folder, and a terminal are refused', async () => {
    mkdirSync(join(home.folder, 'dir'));
    const long = file('long', Buffer.alloc(16 * 1024 * 1024 + 1));
    expect((await sign(['--secret-env', 'KYC', '--body', `@${long}`])).stderr).toContain(
      'more than 16384 KiB',
    );
    expect((await sign(['--secret-env', 'KYC', '--body', `@${join(home.folder, 'dir')}`])).code).toBe(2);
    expect((await sign(['--secret-env', 'KYC'], { columns: 80 })).stderr).toContain('is a terminal');
  });
});
