import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { World } from '../../support/cli.ts';
import {
  alone,
  answered,
  answerLost,
  impatient,
  type Json,
  refused,
  startSandbox,
  type TestSandbox,
} from '../../support/sandbox.ts';

const CREATE = ['webhooks', 'create', '--event', 'case.opened', '--url', 'https://a.example/'];

let api: TestSandbox;

/** A create whose answers are all lost, by a process that is gone afterwards. */
async function leave(argv: readonly string[] = CREATE, world: World = {}): Promise<void> {
  api.next(...Array(4).fill(answerLost));
  expect((await api.run(argv, { processes: alone(1), ...world })).code).toBe(7);
}

const recover = (argv: readonly string[] = [], world: World = {}) =>
  api.run(['webhooks', 'recover', ...argv], { processes: alone(2), ...world });

describe.each(['v1', 'v2'] as const)('webhooks recover on API %s', (version) => {
  beforeEach(async () => {
    api = await startSandbox({ version });
  });

  afterEach(() => api.close());

  test('finishes what a crash interrupted, and tells of each call', async () => {
    await leave();
    const { code, stdout } = await recover(['--json']);
    expect(code).toBe(0);
    const [webhook] = await api.json(['webhooks', 'list']);
    expect(JSON.parse(stdout)).toStrictEqual([
      {
        kind: 'create',
        outcome: 'recovered',
        webhook_id: webhook.id,
        event_type: 'case.opened',
        webhook_url: 'https://a.example/',
        started_at: expect.stringMatching(/Z$/),
        profile: 'default',
        base_url: api.baseUrl,
        api_version: version,
        error: null,
      },
    ]);
    expect(webhook.has_secret).toBe(true);
    expect((await recover()).stderr).toBe('Nothing was left open.\n');
  });
});

describe('webhooks recover', () => {
  beforeEach(async () => {
    api = await startSandbox();
  });

  afterEach(() => api.close());

  test('prints a table, or the ids whose secret is here now', async () => {
    await leave();
    const table = await recover();
    expect(table.stdout).toMatch(/^CALL +WEBHOOK +EVENT TYPE +STARTED +OUTCOME$/m);
    expect(table.stdout).toMatch(/^create +[0-9a-f-]{36} +case\.opened +\S+Z +finished, secret stored$/m);
    await leave();
    const [, second] = await api.json(['webhooks', 'list']);
    expect(await recover(['-q'])).toStrictEqual({ code: 0, stdout: `${second.id}\n`, stderr: '' });
  });

  test('exits like the worst of what it could not finish, which stays for later', async () => {
    await leave();
    api.next(refused);
    const { code, stdout, stderr } = await recover();
    expect({ code, stderr }).toStrictEqual({ code: 7, stderr: '' });
    expect(stdout).toMatch(/^create +- +case\.opened +\S+Z +not finished, will be tried again: .*refused/m);
    expect((await recover(['--json'], { processes: alone(3) })).stdout).toContain('"recovered"');
  });

  test.each<[string, string, World, string]>([
    ['a refusal', 'void', {}, 'the API refuses it: nothing was made'],
    ['another profile', 'elsewhere', { env: { KYCGENIE_PROFILE: 'other' } }, '--profile default'],
    [
      'another base URL',
      'elsewhere',
      { env: { KYCGENIE_BASE_URL: 'http://127.0.0.1:4999' } },
      '--base-url http://127.0.0.1:',
    ],
    ['another key', 'elsewhere', { env: { KYCGENIE_API_KEY: 'kycg_another' } }, 'key'],
    ['another API version', 'elsewhere', { env: { KYCGENIE_API_VERSION: 'v1' } }, '--api-version v2'],
    [
      'too great an age',
      'expired',
      { clock: { ...impatient, now: () => Date.now() + 2 * 86_400_000 } },
      'too old to repeat: look at webhooks list',
    ],
  ])('%s is told as %s, and is no failure', async (_what, outcome, world, text) => {
    for (const argv of [['--json'], []]) {
      await leave();
      if (outcome === 'void') api.next(answered(400, { error: 'No.', code: 'no' }));
      const { code, stdout } = await recover(argv, world);
      expect(code).toBe(0);
      expect(stdout).toContain(argv.length > 0 ? `"outcome": "${outcome}"` : text);
    }
  });

  test('tells of what is too old to repeat once', async () => {
    await leave();
    const world = { clock: { ...impatient, now: () => Date.now() + 2 * 86_400_000 } };
    expect((await recover(['-q'], world)).stdout).toBe('');
    expect((await recover([], world)).stderr).toBe('Nothing was left open.\n');
  });

  test('tells of a rotation that a later one has overtaken', async () => {
    const { id } = await api.json(CREATE);
    await leave(['webhooks', 'rotate', id, '--yes']);
    await api.run(['secrets', 'import', id], {
      stdin: 'whsec_later',
      clock: { ...impatient, now: () => Date.now() + 60_000 },
    });
    const { stdout } = await recover();
    expect(stdout).toMatch(
      new RegExp(`^rotate +${id} +- +\\S+Z +nothing to do: its secret or a later one is stored$`, 'm'),
    );
  });

  test('shows on stderr a secret that it cannot store', async () => {
    await leave();
    const secrets = join(api.folder, 'secrets');
    api.next(async (request, pass) => {
      rmSync(secrets, { recursive: true });
      writeFileSync(secrets, 'in the way');
      return pass(request);
    });
    const { code, stdout, stderr } = await recover(['--json']);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^Signing secret of webhook (\S+), not stored: whsec_\S+\nTo store it: kycgenie secrets import \1\n$/,
    );
    const [recovered]: Json = JSON.parse(stdout);
    expect(recovered).toMatchObject({ outcome: 'failed', error: { code: 'store_unwritable' } });
    expect(stdout).not.toContain(/whsec_(\S+)/.exec(stderr)?.[1]);
  });

  test('without a key exits 4', async () => {
    expect((await recover([], { env: { KYCGENIE_API_KEY: undefined } })).code).toBe(4);
  });

  test('runs by itself before a rotation', async () => {
    await leave();
    const { id } = await api.json(['webhooks', 'create', '--event', 'all', '--url', 'https://b.example/'], {
      processes: alone(1),
    });
    const { code, stderr } = await api.run(['webhooks', 'rotate', id, '--yes'], { processes: alone(2) });
    expect(code).toBe(0);
    expect(stderr).toMatch(
      /^⚠ Finished what an earlier run left open: create of case\.opened to \S+ \(webhook/,
    );
  });

  test('several that were left open are counted', async () => {
    await leave();
    await leave();
    api.next(refused);
    const { stderr } = await api.run(CREATE, { processes: alone(2) });
    expect(stderr).toContain('2 calls of earlier runs could not be finished');
  });
});
