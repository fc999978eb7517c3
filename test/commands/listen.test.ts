import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { clock, OTHER, type Sent, send, signed } from '../listen/deliveries.ts';
import { kycgenie, temporaryHome, type World } from '../support/cli.ts';
import { linesOf, open, type Running } from '../support/stream.ts';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const BODY = '{"type": "screening.completed", "id": "evt_1", "data": {"n": 1}}';

let home: ReturnType<typeof temporaryHome>;
let world: World;

beforeEach(() => {
  home = temporaryHome();
  world = { env: home.env, clock };
});

afterEach(() => home.remove());

const store = (id: string, secret: string, profile = 'default') =>
  kycgenie(['secrets', 'import', id, '--profile', profile], { ...world, stdin: secret });

const listen = (argv: readonly string[] = [], more: World = {}): Running =>
  open(['listen', '--port', '0', ...argv], { ...world, ...more, env: { ...home.env, ...more.env } });

const eventsOf = (stdout: string) => linesOf(stdout).filter(({ type }) => type === 'event');

async function urlOf(running: Running): Promise<string> {
  return (await running.line({ type: 'ready' })).url;
}

async function deliver(url: string, sent: Sent = {}): Promise<number | undefined> {
  return (await send(url, { headers: signed(BODY), body: BODY, ...sent })).status;
}

describe('listen --json', () => {
  test('says that it is ready, tells of each delivery, and sums up', async () => {
    await store('w-1', SECRET);
    const running = listen(['--json', '--exit-after', '1']);
    const ready = await running.line({ type: 'ready' });
    expect(ready).toStrictEqual({
      type: 'ready',
      url: `http://127.0.0.1:${ready.port}`,
      port: expect.any(Number),
      pid: process.pid,
    });
    expect(await deliver(ready.url, { path: '/kyc?team=a' })).toBe(200);
    const { code, stdout, stderr } = await running.ended;
    expect({ code, stderr }).toStrictEqual({ code: 0, stderr: '' });
    const [, scheme, event, summary, ...more] = linesOf(stdout);
    expect(scheme).toMatchObject({ type: 'scheme', scheme: 'standard-webhooks', pinned: true });
    expect(more).toEqual([]);
    expect(event).toStrictEqual({
      type: 'event',
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      received_at: '2026-01-02T03:04:05.000Z',
      event_type: 'screening.completed',
      event_id: expect.any(String),
      duplicate_of: null,
      signature: {
        status: 'valid',
        reason: null,
        hint: null,
        scheme: 'standard-webhooks',
        webhook_id: 'w-1',
        secret_age: 'current',
      },
      request: {
        method: 'POST',
        path: '/kyc',
        query: 'team=a',
        headers: expect.arrayContaining([['webhook-id', 'msg_1']]),
        body: JSON.parse(BODY),
        body_base64: Buffer.from(BODY).toString('base64'),
      },
      response: { status: 200 },
      forward: null,
    });
    expect(summary).toStrictEqual({
      type: 'summary',
      received: 1,
      valid: 1,
      invalid: 0,
      unverified: 0,
      duplicates: 0,
      forwarded: 0,
      forward_failed: 0,
      forward_pending: 0,
    });
  });

  test.each([
    ['interrupted', 130],
    ['terminated', 143],
  ] as const)('%s sums up and exits %i', async (kind, code) => {
    const running = listen(['--json']);
    await urlOf(running);
    const ran = await running.stop(kind);
    expect({ code: ran.code, stderr: ran.stderr }).toStrictEqual({ code, stderr: '' });
    expect(linesOf(ran.stdout).map(({ type }) => type)).toEqual(['ready', 'summary']);
  });

  test('refuses a bad signature with a reason and a hint', async () => {
    await store('w-1', OTHER.reveal());
    const running = listen(['--json']);
    expect(await deliver(await urlOf(running))).toBe(401);
    const { signature, response } = await running.line({ type: 'event' });
    expect(signature).toMatchObject({ status: 'invalid', reason: 'wrong_secret', hint: expect.any(String) });
    expect(response).toEqual({ status: 401 });
    expect(linesOf((await running.stop()).stdout).at(-1)).toMatchObject({ received: 1, invalid: 1 });
  });

  test('knows the secret before a rotation', async () => {
    await store('w-1', SECRET);
    const later = { ...clock, now: () => clock.now() + 1000 };
    await kycgenie(['secrets', 'import', 'w-1'], { ...world, clock: later, stdin: OTHER.reveal() });
    const running = listen(['--json', '--exit-after', '1']);
    expect(await deliver(await urlOf(running))).toBe(200);
    expect(eventsOf((await running.ended).stdout)[0].signature).toMatchObject({ secret_age: 'previous' });
  });

  test('learns of a secret that is stored while it listens', async () => {
    const running = listen(['--json']);
    const url = await urlOf(running);
    expect(await deliver(url)).toBe(200);
    expect((await running.line({ type: 'event' })).signature.status).toBe('unverified');
    await store('w-1', SECRET);
    const body = '{"type": "case.opened"}';
    expect(await deliver(url, { headers: signed(body, 'msg_2'), body })).toBe(200);
    expect(await running.line({ event_type: 'case.opened' })).toMatchObject({
      signature: { status: 'valid', webhook_id: 'w-1' },
    });
    await running.stop();
  });

  test('says once that the secret it was told to try is gone, goes on with it, and ends', async () => {
    await store('w-1', SECRET);
    const running = listen(['--json', '--webhook', 'w-1', '--exit-after', '3']);
    const url = await urlOf(running);
    await kycgenie(['secrets', 'forget', 'w-1', '--yes'], world);
    const bad = { headers: signed(BODY, 'msg_2', OTHER) };
    expect([await deliver(url, bad), await deliver(url), await deliver(url, bad)]).toEqual([401, 200, 401]);
    const { code, stdout, stderr } = await running.ended;
    expect(code).toBe(9);
    expect(JSON.parse(stderr).error).toMatchObject({
      code: 'signature_invalid',
      message: '2 of 3 deliveries did not verify',
    });
    const lines = linesOf(stdout);
    expect(lines.map(({ type }) => type)).toEqual([
      'ready',
      'problem',
      'event',
      'scheme',
      'event',
      'event',
      'summary',
    ]);
    expect(lines[1]).toStrictEqual({
      type: 'problem',
      message: 'No secret of webhook w-1 is stored here',
    });
  });

  test('tries the secrets of its profile alone', async () => {
    await store('w-1', SECRET, 'live');
    const running = listen(['--json', '--exit-after', '1']);
    await deliver(await urlOf(running));
    expect(eventsOf((await running.ended).stdout)[0].signature.status).toBe('unverified');
    const other = listen(['--json', '--exit-after', '1', '--profile', 'live']);
    await deliver(await urlOf(other));
    expect(eventsOf((await other.ended).stdout)[0].signature.status).toBe('valid');
  });

  test.each<[string, string[], Sent, number, string | null]>([
    ['what it waited for, verified, is 0', ['--exit-after', '1'], {}, 0, null],
    [
      'a bad signature is 9',
      ['--exit-after', '1'],
      { headers: signed(BODY, 'msg_1', OTHER) },
      9,
      'signature_invalid',
    ],
    ['fewer than it waited for is 8', ['--exit-after', '2', '--duration', '1s'], {}, 8, 'condition_not_met'],
    ['any number in a given time is 0', ['--duration', '1s'], {}, 0, null],
  ])('with an end of its own, %s', async (_what, argv, sent, code, error) => {
    await store('w-1', SECRET);
    let pass: () => void = () => undefined;
    const sleep = () => new Promise<void>((resolve) => (pass = resolve));
    const running = listen(['--json', ...argv], { clock: { ...clock, sleep } });
    await deliver(await urlOf(running), sent);
    await running.line({ type: 'event' });
    pass();
    const ran = await running.ended;
    expect(ran.code, ran.stderr).toBe(code);
    expect(linesOf(ran.stdout).at(-1)).toMatchObject({ type: 'summary', received: 1 });
    expect(error === null ? ran.stderr : JSON.parse(ran.stderr).error.code).toBe(error ?? '');
  });

  test('under --require-signature, what nobody can verify is 9', async () => {
    const running = listen(['--json', '--exit-after', '1', '--require-signature']);
    await deliver(await urlOf(running));
    expect((await running.ended).code).toBe(9);
  });

  test('ends after --duration', async () => {
    const { code, stdout } = await listen(['--json', '--duration', '1ms']).ended;
    expect(code).toBe(0);
    expect(linesOf(stdout).map(({ type }) => type)).toEqual(['ready', 'summary']);
  });
});

describe('listen with', () => {
  test('--webhook tries the secrets of that webhook alone', async () => {
    await store('w-1', SECRET);
    await store('w-2', OTHER.reveal());
    for (const [id, status] of [
      ['w-1', 200],
      ['w-2', 401],
    ] as const) {
      const running = listen(['--json', '--exit-after', '1', '--webhook', id]);
      expect(await deliver(await urlOf(running))).toBe(status);
      await running.ended;
    }
  });

  test('--secret-env tries that secret, and the stored ones no more', async () => {
    await store('w-1', SECRET);
    const env = { KYC_SECRET: OTHER.reveal() };
    const running = listen(['--json', '--secret-env', 'KYC_SECRET'], { env });
    const url = await urlOf(running);
    expect(await deliver(url)).toBe(401);
    expect(await deliver(url, { headers: signed(BODY, 'msg_2', OTHER) })).toBe(200);
    const { stdout, stderr } = await running.stop();
    expect(`${stdout}${stderr}`).not.toContain(OTHER.reveal());
    expect(eventsOf(stdout)[1].signature).toMatchObject({ status: 'valid', webhook_id: null });
  });

  test('--require-signature refuses what no known secret can verify', async () => {
    const running = listen(['--json', '--exit-after', '1', '--require-signature']);
    expect(await deliver(await urlOf(running))).toBe(401);
    expect((await running.ended).code).toBe(9);
  });

  test('says of a body that was written anew on its way that it was altered', async () => {
    await store('w-1', SECRET);
    const running = listen(['--json', '--exit-after', '1']);
    const altered = JSON.stringify(JSON.parse(BODY), null, 4);
    expect(await deliver(await urlOf(running), { headers: signed(BODY), body: altered })).toBe(401);
    const { stdout } = await running.ended;
    expect(eventsOf(stdout)[0].signature).toMatchObject({ status: 'invalid', reason: 'body_altered' });
  });

  test('--scheme verifies as another service signs', async () => {
    await store('w-1', SECRET);
    const running = listen(['--json', '--exit-after', '1', '--scheme', 'github']);
    const digest = createHmac('sha256', SECRET).update(BODY).digest('hex');
    const headers = [['X-Hub-Signature-256', `sha256=${digest}`]] as const;
    expect(await deliver(await urlOf(running), { headers })).toBe(200);
    expect((await running.ended).code).toBe(0);
  });

  test('--exit-after that is not reached in --duration exits 8', async () => {
    const { code, stderr } = await listen(['--json', '--exit-after', '2', '--duration', '50ms']).ended;
    expect(code).toBe(8);
    expect(JSON.parse(stderr).error).toMatchObject({
      code: 'condition_not_met',
      message: '0 of 2 deliveries came in time',
    });
  });

  test('--path gets its slash, and stands in the ready line', async () => {
    const running = listen(['--json', '--exit-after', '1', '--path', 'kyc']);
    const url = await urlOf(running);
    expect(new URL(url).pathname).toBe('/kyc');
    expect((await fetch(url, { method: 'POST', body: BODY })).status).toBe(200);
    expect((await running.ended).code).toBe(0);
  });

  test('--no-verify looks at no signature', async () => {
    await store('w-1', OTHER.reveal());
    const running = listen(['--json', '--exit-after', '1', '--no-verify']);
    expect(await deliver(await urlOf(running))).toBe(200);
    expect(eventsOf((await running.ended).stdout)[0].signature.status).toBe('unverified');
  });

  test('--respond answers with these statuses in turn', async () => {
    const running = listen(['--json', '--exit-after', '3', '--respond', '503, 500,200']);
    const url = await urlOf(running);
    expect([await deliver(url), await deliver(url), await deliver(url)]).toEqual([503, 500, 200]);
    expect(linesOf((await running.ended).stdout).at(-1)).toMatchObject({ received: 3 });
  });

  test('--path takes deliveries there and below alone', async () => {
    const running = listen(['--json', '--path', '/hooks']);
    const url = await urlOf(running);
    expect(await deliver(url, { path: '/hooks/kyc' })).toBe(200);
    expect(await deliver(url, { path: '/other' })).toBe(404);
    expect(linesOf((await running.stop()).stdout).at(-1)).toMatchObject({ received: 1 });
  });

  test('--max-body refuses more', async () => {
    const running = listen(['--json', '--max-body', '1kb']);
    expect(await deliver(await urlOf(running), { body: 'x'.repeat(1025) })).toBe(413);
    await running.stop();
  });

  test('--tolerance takes a timestamp that is further off', async () => {
    await store('w-1', SECRET);
    const late = { ...clock, now: () => clock.now() + 10 * 60_000 };
    for (const [tolerance, status] of [
      ['5m', 401],
      ['15m', 200],
    ] as const) {
      const running = listen(['--json', '--exit-after', '1', '--tolerance', tolerance], { clock: late });
      expect(await deliver(await urlOf(running))).toBe(status);
      await running.ended;
    }
  });

  test.each<[string[], number, string]>([
    [['--require-signature', '--no-verify'], 2, 'exclude each other'],
    [['--webhook', 'w-9'], 3, 'No secret of webhook w-9 is stored here'],
    [['--secret-env', 'NOT_SET'], 2, 'The environment variable NOT_SET is not set'],
    [['--respond', '200,99'], 2, '--respond takes statuses'],
    [['--path', '/a?b'], 2, '--path takes the path of a URL'],
    [['--path', '/a b'], 2, '--path takes the path of a URL'],
    [['--port', '65536'], 2, '--port takes a whole number from 0 to 65535'],
    [['--max-body', '1gb'], 2, '--max-body takes a size'],
    [['--max-body', '0kb'], 2, '--max-body takes a size'],
    [['--tolerance', '5'], 2, '--tolerance takes a duration'],
    [['--exit-after', '0'], 2, '--exit-after takes a whole number of at least 1'],
    [['--webhook'], 2, "'--webhook <id>' argument missing"],
  ])('%j is refused', async (argv, code, message) => {
    const ran = await listen(argv).ended;
    expect({ code: ran.code, stdout: ran.stdout }).toStrictEqual({ code, stdout: '' });
    expect(ran.stderr).toContain(message);
  });

  test('a port that is taken exits 2, as one line of JSON', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const address = taken.address();
    const port = typeof address === 'object' && address ? String(address.port) : '';
    const { code, stdout, stderr } = await kycgenie(['listen', '--port', port, '--json'], world);
    taken.close();
    expect({ code, stdout }).toStrictEqual({ code: 2, stdout: '' });
    expect(JSON.parse(stderr).error).toMatchObject({ code: 'usage', message: expect.stringContaining(port) });
  });
});

describe('listen for people', () => {
  /** The address is in the text, too. */
  async function addressOf(running: Running): Promise<string> {
    await running.shown('Ctrl-C stops.');
    return /http:\S+/.exec(running.stdout())?.[0] ?? '';
  }

  test('draws each delivery in a line, and explains what did not verify', async () => {
    await store('w-1', SECRET);
    const running = listen(['--exit-after', '3']);
    const url = await addressOf(running);
    expect(running.stdout()).toBe(`Ready for deliveries at ${url}\nCtrl-C stops.\n`);
    await deliver(url);
    await deliver(url);
    const forged = '{"type": "case.\\u001b[2Jopened"}';
    await deliver(url, { headers: signed(BODY, 'msg_2'), body: forged });
    const { code, stdout, stderr } = await running.ended;
    expect(code).toBe(9);
    expect(stderr).toContain('1 of 3 deliveries did not verify');
    const [, , found, , first, second, third, why, summary, end] = stdout.split('\n');
    expect(found).toMatch(/^Signature scheme found: standard-webhooks, /);
    expect(first).toMatch(/^\d\d:\d\d:\d\d {2}✓ screening\.completed +\S+ {2}200$/);
    expect(second).toMatch(/ 200 {2}delivered again$/);
    expect(third).toMatch(/^\d\d:\d\d:\d\d {2}✗ case\.opened +.*401$/);
    expect(why).toMatch(/^ +(?:body_altered|wrong_secret): \S/);
    expect(summary).toBe('3 received: 2 valid, 1 invalid, 0 unverified, 1 duplicates');
    expect(end).toBe('');
  });

  test('warns of what nobody can verify, and of a previous secret', async () => {
    const running = listen();
    const url = await addressOf(running);
    await deliver(url);
    await running.shown('unverified: ');
    await store('w-1', SECRET);
    const later = { ...clock, now: () => clock.now() + 1000 };
    await kycgenie(['secrets', 'import', 'w-1'], { ...world, clock: later, stdin: OTHER.reveal() });
    await deliver(url, { headers: signed('no JSON', 'msg_3'), body: 'no JSON' });
    await running.shown('unknown type');
    const { stdout } = await running.stop();
    expect(stdout).toMatch(/⚠ screening\.completed/);
    expect(stdout).toContain('signed with the previous secret');
  });

  test('shows a problem on this side', async () => {
    await store('w-1', SECRET);
    const running = listen(['--webhook', 'w-1', '--exit-after', '1']);
    const url = await addressOf(running);
    await kycgenie(['secrets', 'forget', 'w-1', '--yes'], world);
    await deliver(url, { headers: signed(BODY, 'msg_2', OTHER) });
    expect((await running.ended).stdout).toMatch(/^⚠ No secret of webhook w-1 is stored here$/m);
  });

  test('shows headers and body with --verbose, a long body cut', async () => {
    const running = listen(['--verbose', '--exit-after', '2']);
    const url = await addressOf(running);
    const body = JSON.stringify({ type: 'case.opened', list: Array.from({ length: 100 }, (_none, n) => n) });
    await deliver(url, { path: '/kyc?team=a', headers: [['X-Team', 'a']], body });
    await deliver(url, { headers: [], body: 'no JSON' });
    const { stdout } = await running.ended;
    expect(stdout).toMatch(/^ +POST \/kyc\?team=a$/m);
    expect(stdout).toMatch(/^ +X-Team: a$/m);
    expect(stdout).toMatch(/^ +"type": "case\.opened",$/m);
    expect(stdout).toMatch(/^ +… 92 more$/m);
    expect(stdout).toMatch(/^ +no JSON$/m);
  });

  test('prints ids alone under --quiet', async () => {
    const probe = createServer().listen(0, '127.0.0.1');
    await once(probe, 'listening');
    const address = probe.address();
    const port = typeof address === 'object' && address ? String(address.port) : '';
    probe.close();
    await once(probe, 'close');
    const running = open(['listen', '-q', '--exit-after', '1', '--port', port], world);
    // Nothing says that it is ready.
    while (!(await deliver(`http://127.0.0.1:${port}`).catch(() => null))) await new Promise(setImmediate);
    expect(await running.ended).toStrictEqual({
      code: 0,
      stdout: expect.stringMatching(/^[0-9a-f-]{36}\n$/),
      stderr: '',
    });
  });
});
