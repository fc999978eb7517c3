import { describe, expect, test } from 'vitest';
import { OLD_SECRET, SECRET } from '../../check/receivers.ts';
import { TEST_CERTIFICATE } from '../../http/test-certificate.ts';
import { checkWorld, DAY_MS } from '../check-world.ts';

const { check, signed, start, store } = checkWorld();

test('--event takes one type alone', async () => {
  const { url, requests } = await start();
  const { code, stderr } = await signed([url, '--event', 'case.*']);
  expect({ code, requests }).toEqual({ code: 2, requests: [] });
  expect(stderr).toContain('"case.*" is not one event type');
});

describe('the time-out', () => {
  test('may be longer than usual, up to a minute', async () => {
    const { url, requests } = await start();
    expect((await signed([url, '--only', 'valid', '--timeout', '60s'])).code).toBe(0);
    const sent = requests.length;
    expect(await signed([url, '--timeout', '61s'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Give --timeout 1m or less'),
    });
    expect(requests).toHaveLength(sent);
    // What is set for calls of the API may be longer.
    const env = { KYCGENIE_TIMEOUT: '10m' };
    expect((await signed([url, '--only', 'valid'], { env })).code).toBe(0);
  });

  test('makes a receiver that hangs a wrong one', async () => {
    const { url } = await start({ handle: () => new Promise(() => undefined) });
    const { code, stdout } = await signed([url, '--timeout', '100ms', '--json']);
    expect(code).toBe(8);
    expect(JSON.parse(stdout)).toMatchObject({ grade: 'F', failed: 1 });
    expect(stdout).toContain('did not answer within 100 ms');
    expect(stdout).toContain('up to 60s');
  });
});

describe('the secrets', () => {
  test('are those of the webhook of the URL, where several are stored', async () => {
    const { url } = await start();
    await store('wh_1', [OLD_SECRET], { eventType: 'case.opened', webhookUrl: 'https://example.com/kyc' });
    await store('wh_2', [SECRET], { webhookUrl: url });
    const { code, stdout } = await check([url, '--json', '--only', 'valid']);
    expect({ code, ...JSON.parse(stdout) }).toMatchObject({ code: 0, webhook_id: 'wh_2' });
    await store('wh_3', [SECRET], { eventType: 'all', webhookUrl: url });
    const several = await check([url]);
    expect(several).toMatchObject({ code: 2, stderr: expect.stringContaining('2 for this URL') });
    expect(several.stderr).toContain('wh_2 (type not known), wh_3 (all)');
    const none = await check([`${url}/other`]);
    expect(none.stderr).toMatch(/none for this URL.*\n.*wh_1 \(case\.opened\)/);
  });

  test('explain a refusal by a rotation that the receiver has missed', async () => {
    await store('wh_1', [SECRET, OLD_SECRET], { ageMs: 9 * DAY_MS });
    const { url, requests } = await start({ secrets: [OLD_SECRET] });
    const { code, stdout } = await check([url]);
    expect(code).toBe(8);
    expect(stdout).toContain('still has the secret before');
    expect(requests).toHaveLength(2);
  });

  test('may end with a line feed, and are not empty', async () => {
    const { url } = await start();
    const only = [url, '--only', 'valid'];
    expect((await signed(only, { env: { KYC_SECRET: `${SECRET}\n` } })).code).toBe(0);
    const empty = await signed(only, { env: { KYC_SECRET: '\n' } });
    expect(empty).toMatchObject({ code: 2, stderr: expect.stringContaining('KYC_SECRET is empty') });
  });
});

describe('the URL', () => {
  test('may be a port alone, or without its scheme', async () => {
    const { url } = await start();
    const { port } = new URL(url);
    expect((await signed([port, '--only', 'valid'])).code).toBe(0);
    expect((await signed([`localhost:${port}/kyc`, '--only', 'valid'])).code).toBe(0);
  });

  test.each([
    ['http://0.0.0.0:3000/kyc', 'Use http://127.0.0.1:3000/kyc'],
    ['http://[::]:3000/', 'Use http://127.0.0.1:3000/'],
    ['http://localhost:99999/kyc', 'has the port 99999, and ports are 1 to 65535'],
    ['123456', 'has the port 123456'],
    ['http://localhost:0/', 'has the port 0'],
    ['https://example.com/a:99999', 'example.com is not this machine'],
  ])('%s is told what is wrong with it', async (text, said) => {
    expect(await signed([text])).toMatchObject({ code: 2, stderr: expect.stringContaining(said) });
  });

  test('is told its protocol where that is another', async () => {
    const { url } = await start();
    const speaksHttp = await signed([url.replace('http:', 'https:')]);
    const hint = `If it speaks http: use ${url}`;
    expect(speaksHttp).toMatchObject({ code: 7, stderr: expect.stringContaining(hint) });
    const tls = await start({}, { tls: TEST_CERTIFICATE });
    const speaksTls = await signed([tls.url.replace('https:', 'http:')]);
    const advice = 'give the URL with https';
    expect(speaksTls).toMatchObject({ code: 8, stdout: expect.stringContaining(advice) });
  });

  test('may have a self-signed certificate, and the hint names how', async () => {
    const { url } = await start({}, { tls: TEST_CERTIFICATE });
    const hint = '--insecure accepts it';
    expect(await signed([url])).toMatchObject({ code: 7, stderr: expect.stringContaining(hint) });
  });
});
