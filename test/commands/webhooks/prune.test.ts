import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { defineCommand, leaf } from '../../../src/cli/define.ts';
import { systemClock } from '../../../src/clock.ts';
import { openSubscription } from '../../../src/commands/listen/subscribe.ts';
import type { World } from '../../support/cli.ts';
import {
  alone,
  answered,
  answerLost,
  type Json,
  refused,
  startSandbox,
  type TestSandbox,
} from '../../support/sandbox.ts';

const TYPES = ['screening.completed', 'screening.failed'];
const PUBLIC_URL = 'https://tunnel.example/kyc';

/** What listen does, and is killed. */
const subscribing = defineCommand({
  examples: [],
  setup: (command) => command,
  run: async (context) => {
    const wish = { eventTypes: TYPES, tunnel: null, publicUrl: PUBLIC_URL };
    const receiving = { origin: 'http://127.0.0.1:4242', path: '/', onProblem: () => undefined };
    return { ids: (await openSubscription(context, wish, receiving)).webhookIds };
  },
  view: () => ({ kind: 'lines', lines: [] }),
});
const tree = { Test: { subscribe: leaf('Subscribe and be killed', async () => ({ command: subscribing })) } };

let api: TestSandbox;

async function abandon(): Promise<readonly string[]> {
  return (await api.json(['subscribe'], { tree, clock: systemClock, processes: alone(1) })).ids;
}

const prune = (argv: readonly string[] = [], world: World = {}) =>
  api.run(['webhooks', 'prune', ...argv], { processes: alone(2), ...world });

const outcomes = (stdout: string): Json =>
  JSON.parse(stdout).map(({ status, webhook_id }: Json) => [status, webhook_id]);

describe.each(['v1', 'v2'] as const)('webhooks prune on API %s', (version) => {
  beforeEach(async () => {
    api = await startSandbox({ version });
  });

  afterEach(() => api.close());

  test('deletes what a killed listen left, and nothing else', async () => {
    const mine = await api.json(['webhooks', 'create', '--event', 'all', '--url', PUBLIC_URL]);
    const ids = await abandon();
    const { code, stdout, stderr } = await prune(['--json']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const pruned: readonly { readonly event_type: string }[] = JSON.parse(stdout);
    // Those of one millisecond come in any order.
    expect(pruned.toSorted((one, other) => one.event_type.localeCompare(other.event_type))).toStrictEqual(
      TYPES.toSorted().map((event_type) => ({
        ...{ webhook_id: expect.toBeOneOf([...ids]), event_type, webhook_url: PUBLIC_URL },
        ...{ status: 'deleted', error: null },
      })),
    );
    expect(await api.json(['webhooks', 'list'])).toMatchObject([{ id: mine.id }]);
    expect(await api.json(['secrets', 'list'])).toMatchObject([{ webhook_id: mine.id }]);
    expect(await prune()).toStrictEqual({ code: 0, stdout: '', stderr: 'Nothing to prune.\n' });
  });
});

describe('webhooks prune', () => {
  beforeEach(async () => {
    api = await startSandbox();
  });

  afterEach(() => api.close());

  test('leaves alone what a running listen has', async () => {
    const ids = await abandon();
    const calls = api.calls.length;
    expect((await prune([], { processes: { ...alone(2), isAlive: () => true } })).stderr).toBe(
      'Nothing to prune.\n',
    );
    expect(api.calls).toHaveLength(calls);
    expect(await api.json(['webhooks', 'list'])).toHaveLength(ids.length);
  });

  test('only shows under --dry-run', async () => {
    const ids = await abandon();
    const { code, stdout } = await prune(['--dry-run', '--json']);
    expect(code).toBe(0);
    expect(outcomes(stdout)).toEqual(expect.arrayContaining(ids.map((id) => ['left', id])));
    expect((await prune(['--dry-run'])).stdout).toMatch(/would be deleted/);
    expect(api.calls.some(({ method }) => method === 'DELETE')).toBe(false);
    expect(await api.json(['webhooks', 'list'])).toHaveLength(2);
  });

  test('prints a table, or ids', async () => {
    await abandon();
    const { stdout } = await prune();
    expect(stdout).toMatch(/^WEBHOOK +EVENT TYPE +URL +OUTCOME +WHY$/m);
    expect(stdout).toMatch(/^[0-9a-f-]{36} +screening\.completed +https:\/\/tunnel\.example\/kyc +deleted/m);
    const ids = await abandon();
    const quiet = await prune(['-q']);
    expect({ ...quiet, stdout: quiet.stdout.trim().split('\n').sort() }).toEqual({
      ...{ code: 0, stderr: '' },
      stdout: [...ids].sort(),
    });
  });

  test('tells what was gone already, which is no failure', async () => {
    const [first = ''] = await abandon();
    await api.run(['webhooks', 'delete', first, '--yes']);
    const { code, stdout } = await prune(['--json']);
    expect(code).toBe(0);
    expect(outcomes(stdout)).toContainEqual(['gone', first]);
  });

  test('reports each that failed, tries the others, and exits with the worst code', async () => {
    await abandon();
    api.next(answered(500, { error: 'Oops.', code: 'server_error' }));
    const { code, stdout, stderr } = await prune(['--json']);
    expect({ code, stderr }).toEqual({ code: 6, stderr: '' });
    const all = JSON.parse(stdout);
    expect(all.map(({ status }: Json) => status).sort()).toEqual(['deleted', 'failed']);
    expect(all.find(({ status }: Json) => status === 'failed').error).toMatchObject({
      code: 'server_error',
      exit_code: 6,
    });
    api.next(refused);
    const quiet = await prune(['-q']);
    expect({ ...quiet, stderr: '' }).toEqual({ code: 7, stdout: '', stderr: '' });
    expect(quiet.stderr).toMatch(/^⚠ screening\.\w+: .*refused/);
    expect((await prune([], { processes: alone(3) })).code).toBe(0);
    expect(await api.json(['webhooks', 'list'])).toEqual([]);
  });

  test('finishes a create that was interrupted before it deletes', async () => {
    api.next(answerLost);
    const env = { KYCGENIE_MAX_RETRIES: '0' };
    const { code } = await api.run(['subscribe'], { tree, env, clock: systemClock, processes: alone(1) });
    expect(code).toBe(7);
    expect(await api.json(['webhooks', 'list'])).toHaveLength(1);
    expect((await prune(['--dry-run', '--json'])).stdout).toContain('"webhook_id": null');
    expect(outcomes((await prune(['--json'])).stdout)).toEqual([['deleted', expect.any(String)]]);
    expect(await api.json(['webhooks', 'list'])).toEqual([]);
    expect(await api.json(['secrets', 'list'])).toEqual([]);
  });

  test('without a key exits 4', async () => {
    expect((await prune([], { env: { KYCGENIE_API_KEY: undefined } })).code).toBe(4);
  });
});
