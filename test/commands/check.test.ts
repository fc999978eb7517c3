import { describe, expect, test } from 'vitest';
import { PROBE_IDS } from '../../src/check/catalogue.ts';
import { Failure } from '../../src/errors.ts';
import { OLD_SECRET, SECRET, startReceiver } from '../check/receivers.ts';
import { TEST_CERTIFICATE } from '../http/test-certificate.ts';
import { kycgenie } from '../support/cli.ts';
import { checkWorld, DAY_MS } from './check-world.ts';

const { check, signed, start, store } = checkWorld();

describe('check', () => {
  test('gives a receiver that does all right an A, and exits with 0', async () => {
    const { url, requests } = await start({ secrets: [SECRET, OLD_SECRET] });
    const { code, stdout, stderr } = await signed([url, '--secret-env', 'KYC_OLD', '--json']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { probes, ...rest } = JSON.parse(stdout);
    expect(rest).toStrictEqual({
      ...{ url, grade: 'A', scheme: 'standard-webhooks', event_type: 'screening.completed' },
      ...{ passed: PROBE_IDS.length, failed: 0, warned: 0, skipped: 0, unjudged: 0, musts_hold: true },
      ...{ requests: requests.length, duration_ms: expect.any(Number), stopped: null },
      ...{ webhook_id: null, advice: null },
    });
    expect(probes.map(({ id }: { id: string }) => id)).toEqual(PROBE_IDS);
    expect(probes[0]).toStrictEqual({
      ...{ id: 'valid', title: 'accepts a valid delivery', level: 'must', result: 'passed' },
      ...{ status: 200, duration_ms: expect.any(Number), detail: 'answered 200' },
      ...{ answer: null, advice: null },
    });
  });

  test('shows people what came and what to change, and exits with 8 where a must does not hold', async () => {
    const { url } = await start({ isFresh: () => true });
    const { code, stdout } = await signed([url, '--color', 'never'], { columns: 100 });
    expect(code).toBe(8);
    expect(stdout).toMatch(/✗ +old-timestamp +\d.* answered 200: accepted/);
    expect(stdout).toMatch(/⚠ +future-timestamp +\d.* answered 200: accepted/);
    expect(stdout).toMatch(/- +rotation +(?:- +)?skipped: Only one secret is in use/);
    expect(stdout).toContain('old-timestamp  a good receiver refuses a delivery that was signed an hour ago');
    expect(stdout).toContain('Refuse a signed timestamp that is more than five minutes off');
    expect(stdout).toContain(`Grade D  ${url}`);
  });

  test('prints under --quiet what fails', async () => {
    const { url } = await start({ before: ({ method }) => (method === 'POST' ? 200 : 405) });
    const { code, stdout } = await signed([url, '-q', '--skip', 'forged']);
    expect(code).toBe(8);
    expect(stdout.trim().split('\n')).toEqual([
      ...['unsigned', 'empty-signature', 'truncated-signature', 'flipped-signature', 'altered-body'],
      'old-timestamp',
    ]);
  });

  test('runs what is named alone, after the valid delivery', async () => {
    const { url, requests } = await start();
    const { code, stdout } = await signed([url, '--json', '--only', 'forged', '--only', 'get']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ passed: 3, requests: 6, grade: 'A' });
    expect(requests).toHaveLength(6);
  });

  test('says what was meant by a name that there is not', async () => {
    expect(await signed(['http://127.0.0.1:9/', '--only', 'forgd'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Did you mean forged?'),
    });
    expect(await signed(['http://127.0.0.1:9/', '--skip', 'valid'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('without it nothing can be judged'),
    });
    expect((await signed(['http://127.0.0.1:9/', '--only', 'get', '--skip', 'get'])).code).toBe(2);
  });

  test('completes the names of probes', async () => {
    const { stdout } = await kycgenie(['__complete', 'check', '--only', 'tim'], { env: {} });
    expect(stdout).toContain('time-budget');
  });

  test('sends the type, the headers and the scheme that it is told', async () => {
    const types: unknown[] = [];
    const { url, requests } = await start({
      handle: ({ event_type: type }) => {
        types.push(type);
        return 200;
      },
    });
    const argv = [url, '--only', 'valid', '--event', 'case.opened', '--forward-header', 'X-Env: test'];
    expect((await signed([...argv, '--forward-header', 'User-Agent: me'])).code).toBe(0);
    expect(types).toEqual(['case.opened']);
    expect(requests[0]).toMatchObject({ 'x-env': 'test', 'user-agent': 'me' });
    expect((await signed([...argv, '--scheme', 'github'])).code).toBe(8);
    expect(requests.at(-1)).toHaveProperty('x-hub-signature-256');
  });

  test.each(['Webhook-Signature', 'webhook-id', 'WEBHOOK-TIMESTAMP', 'svix-signature'])(
    'takes no header %s, by which the scheme signs',
    async (name) => {
      const { url, requests } = await start();
      const { code, stderr } = await signed([url, '--forward-header', `${name}: v1,0123456789`]);
      expect({ code, requests }).toEqual({ code: 2, requests: [] });
      expect(stderr).toContain(`--forward-header sets ${name}`);
      expect(stderr).not.toContain('0123456789');
    },
  );

  test('reports a receiver that refuses everything, and nothing of what that makes meaningless', async () => {
    const { url } = await start({ secrets: [OLD_SECRET] });
    const { code, stdout } = await signed([url, '--json']);
    expect(code).toBe(8);
    expect(JSON.parse(stdout)).toMatchObject({
      grade: 'F',
      failed: 1,
      passed: 0,
      skipped: PROBE_IDS.length - 1,
    });
  });

  test('is a failure of the network where nothing answers', async () => {
    const { url, close } = await startReceiver();
    await close();
    const { code, stderr, stdout } = await signed([url, '--json']);
    expect({ code, stdout }).toEqual({ code: 7, stdout: '' });
    expect(JSON.parse(stderr).error.code).toBe('network');
  });

  test.each([
    ['interrupted', 130],
    ['terminated', 143],
  ] as const)('reports what it has when it is %s', async (kind, code) => {
    const stop = new AbortController();
    const onRequest = (_server: unknown, count: number): void => {
      if (count === 3) stop.abort(new Failure(kind, kind));
    };
    const { url } = await start({}, { onRequest });
    const ran = await signed([url, '--json'], { signal: stop.signal });
    expect(ran.code).toBe(code);
    expect(JSON.parse(ran.stdout)).toMatchObject({ grade: null, passed: 1, musts_hold: null, stopped: kind });
  });
});

describe('the secrets of check', () => {
  test('are those of the one stored webhook, with its type', async () => {
    await store('wh_1', [SECRET, OLD_SECRET], { eventType: 'case.resolved' });
    const { url } = await start({ secrets: [SECRET, OLD_SECRET] });
    const { code, stdout } = await check([url, '--json', '--only', 'rotation']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ event_type: 'case.resolved', passed: 2 });
    expect(stdout).not.toContain('whsec_');
  });

  test('leave out the one before when the rotation is days ago', async () => {
    await store('wh_1', [SECRET, OLD_SECRET], { ageMs: 2 * DAY_MS });
    const { url } = await start();
    const { code, stdout } = await check([url, '--json', '--only', 'rotation']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ passed: 1, skipped: PROBE_IDS.length - 1 });
  });

  test('have to be named where none or several are stored', async () => {
    const { url } = await start();
    expect((await check([url])).code).toBe(2);
    await store('wh_1', [SECRET]);
    await store('wh_2', [OLD_SECRET]);
    expect(await check([url])).toMatchObject({ code: 2, stderr: expect.stringContaining('--webhook') });
    expect((await check([url, '--webhook', 'wh_1', '--only', 'forged'])).code).toBe(0);
    expect((await check([url, '--webhook', 'wh_3'])).code).toBe(3);
    expect((await signed([url, '--webhook', 'wh_1'])).code).toBe(2);
    expect((await signed([url, '--secret-env', 'KYC_OLD', '--secret-env', 'KYC_OLD'])).code).toBe(2);
    expect((await check([url, '--secret-env', 'NOT_SET'])).code).toBe(2);
  });

  test('that cannot sign are told before anything is sent', async () => {
    const { url, requests } = await start();
    expect((await signed([url], { env: { KYC_SECRET: 'not base64!' } })).code).toBe(2);
    expect(requests).toEqual([]);
  });
});

describe('the host of check', () => {
  test('is this machine, unless the user says whose it is', async () => {
    const refused = await signed(['https://192.0.2.1/kyc']);
    expect(refused).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--i-own-this-host 192.0.2.1'),
    });
    expect((await signed(['http://192.0.2.1/kyc', '--i-own-this-host', '192.0.2.1'])).code).toBe(2);
    const other = await signed(['https://192.0.2.1/kyc', '--i-own-this-host', 'example.com']);
    expect(other).toMatchObject({ code: 2, stderr: expect.stringContaining('does not name the host') });
  });

  test('may be named also where it is this machine, if it is named rightly', async () => {
    const { url } = await start();
    const only = ['--only', 'valid', '--i-own-this-host'];
    expect((await signed([url, ...only, '127.0.0.1'])).code).toBe(0);
    expect((await signed([url, ...only, new URL(url).host])).code).toBe(0);
    expect((await signed([url, ...only, 'localhost'])).code).toBe(2);
    expect((await signed([url.replace('127.0.0.1', 'localhost'), '--only', 'valid'])).code).toBe(0);
  });

  test('may have a self-signed certificate here, and nowhere else', async () => {
    const { url } = await start({}, { tls: TEST_CERTIFICATE });
    expect((await signed([url])).code).toBe(7);
    expect((await signed([url, '--insecure', '--json'])).code).toBe(0);
    const elsewhere = ['https://192.0.2.1/', '--i-own-this-host', '192.0.2.1', '--insecure'];
    expect(await signed(elsewhere)).toMatchObject({ code: 2, stderr: expect.stringContaining('--insecure') });
  });
});
