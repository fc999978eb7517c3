import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  answered,
  interruptedBy,
  passed,
  refused,
  startReceiver,
  startSandbox,
  type TestSandbox,
} from '../../support/sandbox.ts';

/** A port of this machine that no program listens on. */
const NOBODY = 'http://127.0.0.1:1/';

let api: TestSandbox;
let good: Awaited<ReturnType<typeof startReceiver>>;
let bad: Awaited<ReturnType<typeof startReceiver>>;

beforeEach(async () => {
  good = await startReceiver(200);
  bad = await startReceiver(503);
});

afterEach(async () => {
  await Promise.all([good.close(), bad.close(), api.close()]);
});

const create = async (url: string): Promise<string> =>
  (await api.json(['webhooks', 'create', '--event', 'all', '--url', url])).id;

const outcome = (webhook_url: string, http_status_code: number | null) => ({
  webhook_url,
  success: http_status_code === 200,
  http_status_code,
  message: expect.any(String),
  duration_ms: expect.any(Number),
  error: null,
});

describe.each(['v1', 'v2'] as const)('webhooks test on API %s', (version) => {
  beforeEach(async () => {
    api = await startSandbox({ version });
  });

  test('has an event delivered to a URL and gives the outcome', async () => {
    expect(await api.json(['webhooks', 'test', '--url', good.url])).toStrictEqual([outcome(good.url, 200)]);
    expect(good.received).toHaveLength(1);
  });

  test('exits 8 when a receiver fails or cannot be reached, and tells of each', async () => {
    const argv = [
      'webhooks',
      'test',
      '--url',
      good.url,
      '--url',
      bad.url,
      '--url',
      NOBODY,
      '--url',
      good.url,
    ];
    const { code, stdout, stderr } = await api.run([...argv, '--json']);
    expect(code).toBe(8);
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toStrictEqual([
      outcome(good.url, 200),
      outcome(bad.url, 503),
      outcome(NOBODY, null),
    ]);
  });

  test('takes webhook ids, and all of the account, each URL once', async () => {
    const ids = [await create(good.url), await create(bad.url), await create(good.url)];
    for (const argv of [ids, ['--all']]) {
      const { code, stdout } = await api.run(['webhooks', 'test', ...argv, '--json']);
      expect(code).toBe(8);
      expect(JSON.parse(stdout)).toStrictEqual([outcome(good.url, 200), outcome(bad.url, 503)]);
    }
  });

  test('goes on past an id that is not there', async () => {
    const { code, stdout } = await api.run(['webhooks', 'test', 'gone', await create(good.url), '--json']);
    expect(code).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject([
      {
        webhook_url: null,
        success: false,
        http_status_code: null,
        message: expect.stringMatching(/^gone: Webhook not found/),
        error: { code: 'not_found', exit_code: 3 },
      },
      { webhook_url: good.url, success: true },
    ]);
  });

  test('of one id that is not there exits 3', async () => {
    const { code, stdout } = await api.run(['webhooks', 'test', 'gone', '--json']);
    expect({ code, stdout }).toStrictEqual({ code: 3, stdout: '' });
  });
});

describe('webhooks test', () => {
  beforeEach(async () => {
    api = await startSandbox();
  });

  test('is a table for people, and the URLs that work under --quiet', async () => {
    const urls = [good.url, bad.url].flatMap((url) => ['--url', url]);
    const { stdout } = await api.run(['webhooks', 'test', ...urls]);
    expect(stdout).toMatch(/^URL +RESULT +STATUS +TIME +MESSAGE$/m);
    expect(stdout).toMatch(/^http:\S+ +delivered +200 +\d+ ms +Test webhook delivered successfully$/m);
    expect(stdout).toMatch(/^http:\S+ +failed +503 +\d+ ms +Webhook endpoint returned HTTP 503$/m);
    expect(await api.run(['webhooks', 'test', ...urls, '-q'])).toStrictEqual({
      code: 8,
      stdout: `${good.url}\n`,
      stderr: '',
    });
  });

  test('shows what could not be had as such', async () => {
    const { stdout } = await api.run(['webhooks', 'test', 'gone', 'lost']);
    expect(stdout).toMatch(/^- +failed +none +0 ms +gone: Webhook not found/m);
  });

  test('names under --quiet what could not be tested', async () => {
    api.next(passed, passed, passed, answered(400, { error: 'No.', code: 'invalid_request' }));
    const { stdout, stderr } = await api.run(['webhooks', 'test', 'gone', await create(good.url), '-q']);
    expect(stdout).toBe('');
    expect(stderr).toMatch(
      /^⚠ gone: Webhook not found\..*\n⚠ http:\S+: No\. \(HTTP 400, invalid_request\)\n$/,
    );
  });

  test('tells trouble with the API from trouble with a receiver, and ends with the worse', async () => {
    api.next(passed, answered(400, { error: 'No.', code: 'invalid_request' }), refused);
    const urls = [bad.url, good.url, `${good.url}/b`].flatMap((url) => ['--url', url]);
    const { code, stdout } = await api.run(['webhooks', 'test', ...urls, '--json']);
    expect(code).toBe(7);
    const codes = JSON.parse(stdout).map(
      ({ error }: { error: { code: string } | null }) => error?.code ?? null,
    );
    expect(codes).toEqual([null, 'invalid_request', 'network']);
  });

  test('of an account without webhooks says so', async () => {
    const { code, stdout, stderr } = await api.run(['webhooks', 'test', '--all']);
    expect({ code, stdout }).toStrictEqual({ code: 0, stdout: '' });
    expect(stderr).toContain('no webhook to test');
  });

  test('interrupted while it looks up an id exits 130', async () => {
    const stop = new AbortController();
    api.next(interruptedBy(stop));
    const { code, stdout } = await api.run(['webhooks', 'test', 'w-1', 'w-2'], { signal: stop.signal });
    expect({ code, stdout }).toStrictEqual({ code: 130, stdout: '' });
  });

  test.each<[string[], string]>([
    [[], 'webhook ids, or --url, or --all'],
    [['w-1', '--all'], 'webhook ids, or --url, or --all'],
    [['w-1', '--url', 'https://a.example/'], 'webhook ids, or --url, or --all'],
    [['--url', 'http://a.example/'], 'A receiver URL must be https'],
  ])('%j is a usage error', async (argv, message) => {
    const { code, stdout, stderr } = await api.run(['webhooks', 'test', ...argv]);
    expect({ code, stdout }).toStrictEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
    expect(api.calls).toEqual([]);
  });
});
