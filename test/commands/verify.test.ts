import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { systemClock } from '../../src/clock.ts';
import { openInbox } from '../../src/listen/inbox.ts';
import { PRESET_NAMES } from '../../src/signing/scheme.ts';
import { kycgenie, type Ran, temporaryHome, type World } from '../support/cli.ts';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const OTHER = 'whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';
const BODY = '{"type": "screening.completed", "id": "evt_1", "data": {"n": 1}}';
const NOW = '2026-01-02T03:04:05.000Z';

/** In no list. */
const CUSTOM = {
  name: 'acme',
  signature: { header: 'X-Acme-Mac', format: 'pairs', separator: ';', key: 'mac', encoding: 'base64' },
  timestamp: { field: 'at', unit: 'ms' },
  signed: '{timestamp}|{body}',
  hash: 'sha512',
  secret: { encoding: 'utf8' },
  tolerance: '10m',
};

let home: ReturnType<typeof temporaryHome>;
let world: World;

beforeEach(() => {
  home = temporaryHome();
  const clock = { ...systemClock, now: () => Date.parse(NOW) };
  world = { env: { ...home.env, KYC: SECRET, OTHER }, clock };
});

afterEach(() => home.remove());

const run = (argv: readonly string[], more: World = {}): Promise<Ran> =>
  kycgenie(argv, { ...world, ...more, env: { ...world.env, ...more.env } });

const store = (id: string, secret: string, more: World = {}) =>
  run(['secrets', 'import', id], { ...more, stdin: secret });

function file(name: string, content: string): string {
  const path = join(home.folder, name);
  writeFileSync(path, content);
  return path;
}

/** The files of a delivery that `sign` signed. */
async function signed(argv: readonly string[] = [], body = BODY): Promise<readonly string[]> {
  const bodyFile = file('body.json', body);
  const { code, stdout, stderr } = await run([
    'sign',
    '--secret-env',
    'KYC',
    ...argv,
    '--body',
    `@${bodyFile}`,
  ]);
  expect(code, stderr).toBe(0);
  return ['--headers', `@${file('headers.txt', stdout)}`, '--body', `@${bodyFile}`];
}

const verify = (argv: readonly string[], more?: World): Promise<Ran> => run(['verify', ...argv], more);

async function verdict(argv: readonly string[], more?: World) {
  const { code, stdout, stderr } = await verify([...argv, '--json'], more);
  return { code, ...(stdout === '' ? { stderr } : JSON.parse(stdout)) };
}

describe('sign, then verify', () => {
  test.each([...PRESET_NAMES, 'acme'])('%s holds, named and found', async (name) => {
    const scheme = name === 'acme' ? file('acme.yaml', stringify(CUSTOM)) : name;
    const delivery = await signed(['--scheme', scheme]);
    const named = await verdict([...delivery, '--secret-env', 'KYC', '--scheme', scheme]);
    expect(named).toMatchObject({ code: 0, status: 'valid', scheme: name });
    const found = await verdict([...delivery, '--secret-env', 'KYC', '--scheme', 'auto']);
    expect(found).toMatchObject({ code: 0, status: 'valid' });
    const wrong = await verdict([...delivery, '--secret-env', 'OTHER', '--scheme', scheme]);
    expect(wrong).toMatchObject({ code: 9, status: 'invalid', reason: 'wrong_secret' });
    const altered = await verdict([...delivery.slice(0, 3), BODY.replace('1', '2'), '--secret-env', 'KYC']);
    expect(altered).toMatchObject({ code: 9, status: 'invalid' });
  });
});

describe('verify', () => {
  test('tells all that it knows', async () => {
    await store('wh_1', SECRET);
    const delivery = await signed(['--timestamp', '2026-01-02T03:04:00Z']);
    expect(await verdict(delivery)).toStrictEqual({
      code: 0,
      status: 'valid',
      reason: null,
      hint: null,
      scheme: 'standard-webhooks',
      scheme_description: expect.stringContaining('HMAC-SHA256 in base64'),
      webhook_id: 'wh_1',
      secret_age: 'current',
      signed_at: '2026-01-02T03:04:00.000Z',
      skew_ms: 5_000,
    });
  });

  test('shows a verdict, the scheme in words, and no secret', async () => {
    await store('wh_1', SECRET);
    const delivery = await signed(['--timestamp', '2026-01-02T03:04:00Z']);
    const { code, stdout, stderr } = await verify(delivery);
    expect(code).toBe(0);
    expect(stdout).toContain('✓ valid: signed with the current secret of webhook wh_1\n  scheme ');
    expect(stdout).toContain('2026-01-02T03:04:00.000Z  5 s ago');
    expect(stdout + stderr).not.toContain(SECRET.slice(6));
    expect((await verify([...delivery, '-q'])).stdout).toBe('wh_1\n');
    const bad = await verify([...delivery, '--secret-env', 'OTHER', '--scheme', 'standard-webhooks']);
    expect(bad.code).toBe(9);
    expect(bad.stdout).toMatch(/^✗ wrong_secret\n {2}Signed with the secret of another webhook, wh_1/);
  });

  test('knows the secret before a rotation, and of other webhooks', async () => {
    const later = { ...systemClock, now: () => Date.parse(NOW) + 1_000 };
    await store('wh_1', SECRET);
    await store('wh_1', OTHER, { clock: later });
    const delivery = await signed();
    expect(await verdict(delivery)).toMatchObject({ webhook_id: 'wh_1', secret_age: 'previous' });
    await store('wh_2', OTHER.replace('AAAA', 'BBBB'));
    const other = await verdict([...delivery, '--webhook', 'wh_2', '--scheme', 'standard-webhooks']);
    expect(other).toMatchObject({ code: 9, reason: 'wrong_secret', hint: expect.stringContaining('wh_1') });
  });

  test.each<[string, readonly string[], string, number | null]>([
    ['too old', ['--now', '2026-01-02T04:04:05Z'], 'timestamp_too_old', 3_600_000],
    ['in the future', ['--now', '2026-01-02T02:04:05Z'], 'timestamp_in_future', -3_600_000],
    ['beyond --tolerance', ['--now', '1767323055', '--tolerance', '5s'], 'timestamp_too_old', 10_000],
  ])('%s', async (_what, argv, reason, skew) => {
    const delivery = [...(await signed()), '--secret-env', 'KYC', ...argv];
    const found = await verdict(delivery);
    expect(found).toMatchObject({ code: 9, reason, skew_ms: skew, signed_at: NOW });
    expect((await verdict([...delivery, '--tolerance', '2h'])).code).toBe(0);
  });

  test.each<[string, (headers: string, body: string) => readonly [string, string], string, RegExp]>([
    ['a line end that was trimmed', (headers) => [headers, BODY.trim()], 'body_altered', /line feed/],
    ['no signature', () => ['host: x', BODY], 'missing_header', /No header|no webhook-signature/],
  ])('says why: %s', async (_what, alter, reason, hint) => {
    const [, headersFile = '', , bodyFile = ''] = await signed([], `${BODY}\n`);
    const [headers, body] = alter(readFileSync(headersFile.slice(1), 'utf8'), bodyFile);
    for (const scheme of ['auto', 'standard-webhooks']) {
      const argv = ['--headers', headers, '--body', body, '--secret-env', 'KYC', '--scheme', scheme];
      expect(await verdict(argv), scheme).toMatchObject({
        code: 9,
        reason,
        hint: expect.stringMatching(hint),
      });
    }
  });

  test('another scheme than the one asked for', async () => {
    const argv = [...(await signed(['--scheme', 'github'])), '--secret-env', 'KYC', '--scheme', 'stripe'];
    const { stdout } = await verify(argv);
    expect(await verdict(argv)).toMatchObject({ code: 9, reason: 'wrong_scheme', scheme: 'stripe' });
    expect(stdout).toContain('use --scheme github');
  });

  test('the scheme of the profile is the one, unless another is named', async () => {
    await run(['config', 'set', 'scheme', file('acme.yaml', stringify(CUSTOM))]);
    const delivery = await signed();
    expect(await verdict([...delivery, '--secret-env', 'KYC'])).toMatchObject({ code: 0, scheme: 'acme' });
    const stripe = await signed(['--scheme', 'stripe']);
    expect(await verdict([...stripe, '--secret-env', 'KYC'])).toMatchObject({ code: 9, scheme: 'acme' });
    expect(await verdict([...stripe, '--secret-env', 'KYC', '--scheme', 'auto'])).toMatchObject({
      code: 0,
      scheme: 'stripe',
    });
  });

  test('reads the body or the headers from standard input', async () => {
    const [, headers = '', , body = ''] = await signed();
    const given = ['--secret-env', 'KYC'];
    const piped = await verify([...given, '--headers', headers, '--body', '-'], { stdin: BODY });
    expect(piped.code, piped.stderr).toBe(0);
    const stdin = readFileSync(headers.slice(1), 'utf8');
    expect((await verify([...given, '--headers', '-', '--body', body], { stdin })).code).toBe(0);
  });

  test.each<[string, readonly string[], number, string]>([
    ['no delivery', [], 2, 'either --event, or --headers and --body'],
    ['half a delivery', ['--headers', 'a: b'], 2, 'either --event, or --headers and --body'],
    ['two deliveries', ['--event', 'last', '--body', 'x'], 2, 'either --event, or --headers and --body'],
    ['both from standard input', ['--headers', '-', '--body', '-'], 2, 'cannot both be standard input'],
    ['headers that are none', ['--headers', 'x', '--body', 'x'], 2, 'no "Name: value" in line 1'],
    [
      'two secrets',
      ['--headers', 'a: b', '--body', 'x', '--webhook', 'w', '--secret-env', 'KYC'],
      2,
      'exclude',
    ],
    ['no secret at all', ['--headers', 'a: b', '--body', 'x'], 3, 'No signing secret is known here'],
    [
      'an unknown webhook',
      ['--headers', 'a: b', '--body', 'x', '--webhook', 'w'],
      3,
      'No secret of webhook w',
    ],
    ['an unknown event', ['--event', 'abc'], 3, 'The inbox has no event abc'],
  ])('%s is %i', async (_what, argv, code, message) => {
    const ran = await verify(argv, { stdin: 'x' });
    expect({ code: ran.code, stdout: ran.stdout }).toEqual({ code, stdout: '' });
    expect(ran.stderr).toContain(message);
  });
});

describe('verify --event', () => {
  const ID = '11111111-1111-4111-8111-111111111111';

  async function keep(id: string, receivedMs: number): Promise<void> {
    const { stdout } = await run(['sign', '--secret-env', 'KYC', '--body', BODY, '--json']);
    const inbox = await openInbox({
      dataDir: join(home.folder, 'data'),
      clock: systemClock,
      processes: { pid: process.pid, isAlive: () => true },
      onProblem: (problem) => expect.unreachable(problem.message),
    });
    await inbox.keep({
      ...{ id, receivedMs, method: 'POST', path: '/', query: null, headers: JSON.parse(stdout).headers },
      ...{ body: Buffer.from(BODY), accepted: true, status: 200, forward: null, owedTo: null, sentTo: null },
      signature: {
        ...{ status: 'unverified', reason: null, hint: null },
        ...{ scheme: null, webhook_id: null, secret_age: null },
      },
    });
    await inbox.close();
  }

  test('judges what listen kept, as of the time it came', async () => {
    await keep(ID, Date.parse(NOW) + 1_000);
    const later = { ...systemClock, now: () => Date.parse(NOW) + 86_400_000 };
    for (const event of ['last', ID, ID.slice(0, 4)]) {
      const found = await verdict(['--event', event, '--secret-env', 'KYC'], { clock: later });
      expect(found, event).toMatchObject({ code: 0, status: 'valid', skew_ms: 1_000 });
    }
    const argv = ['--event', 'last', '--secret-env', 'KYC', '--now', '2026-01-03T03:04:05Z'];
    expect(await verdict(argv)).toMatchObject({ code: 9, reason: 'timestamp_too_old' });
  });

  test('asks for more of an id that begins like others', async () => {
    await keep(ID, Date.parse(NOW));
    await keep(ID.replace(/1$/, '2'), Date.parse(NOW) + 1);
    const { code, stderr } = await verify(['--event', '1111', '--secret-env', 'KYC']);
    expect(code).toBe(2);
    expect(stderr).toContain('2 events in the inbox begin with 1111');
  });
});
