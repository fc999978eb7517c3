import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { EXIT_CODES, type ExitCode } from '../../src/cli/failure.ts';
import { Failure, type FailureKind } from '../../src/errors.ts';
import { serve } from '../../src/serve.ts';
import { kycgenie, type Ran, temporaryHome } from '../support/cli.ts';
import { answered, startReceiver, startSandbox, type TestSandbox } from '../support/sandbox.ts';

/** Every exit code of the contract, each reached by a real command. */

let api: TestSandbox;
let failing: Awaited<ReturnType<typeof startReceiver>>;
let home: ReturnType<typeof temporaryHome>;

beforeAll(async () => {
  api = await startSandbox();
  failing = await startReceiver(500);
});
afterAll(async () => {
  await failing.close();
  await api.close();
});
beforeEach(() => {
  home = temporaryHome();
});
afterEach(() => home.remove());

/** Ends a command that goes on as soon as it is ready. */
async function endedBy(kind: FailureKind): Promise<Ran> {
  const stop = new AbortController();
  const onStdout = (text: string): void => {
    if (text.includes('"type":"ready"')) stop.abort(new Failure(kind, 'Ended'));
  };
  return kycgenie(['sandbox', '--port', '0', '--json'], { env: home.env, signal: stop.signal, onStdout });
}

/** Where nobody listens. */
async function closedPort(): Promise<string> {
  const serving = await serve({ host: '127.0.0.1', port: 0, handler: async () => ({ status: 200 }) });
  await serving.close(0);
  return serving.url;
}

type Row = readonly [code: ExitCode, what: string, run: () => Promise<Ran>];

const ROWS: readonly Row[] = [
  [0, 'done', () => kycgenie(['events', 'types'])],
  [
    1,
    'a settings file that cannot be read',
    () => {
      mkdirSync(join(home.folder, 'config.json'));
      return kycgenie(['config', 'list'], { env: home.env });
    },
  ],
  [
    1,
    'a check of doctor that fails',
    async () => kycgenie(['doctor'], { env: { ...home.env, KYCGENIE_BASE_URL: await closedPort() } }),
  ],
  [2, 'a bad value', () => kycgenie(['webhooks', 'list', '--sort', 'colour'])],
  [2, 'a question that cannot be asked', () => api.run(['webhooks', 'delete', 'wh'])],
  [3, 'a webhook that there is not', () => api.run(['webhooks', 'get', 'no-such-webhook'])],
  [4, 'no key', () => kycgenie(['webhooks', 'list'], { env: home.env })],
  [
    4,
    'a key that the API refuses',
    () => api.run(['webhooks', 'list'], { env: { KYCGENIE_API_KEY: 'kycg_0' } }),
  ],
  [
    5,
    'an event type that the API rejects',
    () => api.run(['webhooks', 'create', '--event', 'no.such.type', '--url', 'https://example.com/']),
  ],
  [
    6,
    'an API that fails',
    () => {
      api.next(answered(503));
      return api.run(['webhooks', 'list', '--max-retries', '0']);
    },
  ],
  [
    7,
    'an API that is not there',
    async () =>
      kycgenie(['webhooks', 'list', '--max-retries', '0'], {
        env: { ...home.env, KYCGENIE_BASE_URL: await closedPort(), KYCGENIE_API_KEY: 'kycg_0' },
      }),
  ],
  [8, 'a test delivery that fails', () => api.run(['webhooks', 'test', '--url', failing.url])],
  [
    9,
    'a forged signature',
    () => {
      const headers = join(home.folder, 'headers.txt');
      writeFileSync(headers, `X-Hub-Signature-256: sha256=${'0'.repeat(64)}\n`);
      return kycgenie(
        ['verify', '--scheme', 'github', '--secret-env', 'S', '--headers', `@${headers}`, '--body', '{}'],
        { env: { ...home.env, S: 'whsec_c2VjcmV0' } },
      );
    },
  ],
  [
    10,
    'changes are pending',
    () => {
      const file = join(home.folder, 'webhooks.yaml');
      writeFileSync(
        file,
        'version: 1\nwebhooks:\n  - event: case.opened\n    url: http://127.0.0.1:9/exit-code\n',
      );
      return api.run(['webhooks', 'diff', '-f', file]);
    },
  ],
  [130, 'Ctrl-C', () => endedBy('interrupted')],
  [143, 'SIGTERM', () => endedBy('terminated')],
];

describe('exit codes', () => {
  it.each(ROWS)('%d: %s', async (code, _what, run) => {
    const ran = await run();
    expect(ran.code, ran.stderr).toBe(code);
  });

  it('are all reached', () => {
    const reached = new Set<ExitCode>(ROWS.map(([code]) => code));
    expect(EXIT_CODES.map(([code]) => code).filter((code) => !reached.has(code))).toEqual([]);
  });
});
