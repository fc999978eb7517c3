import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { defineStream, leaf } from '../../src/cli/define.ts';
import { pruneLeftovers } from '../../src/commands/listen/leftovers.ts';
import {
  openSubscription,
  readSubscribe,
  withSubscribeOptions,
} from '../../src/commands/listen/subscribe.ts';
import type { World } from '../support/cli.ts';
import {
  alone,
  answered,
  type Json,
  passed,
  refused,
  startSandbox,
  type TestSandbox,
} from '../support/sandbox.ts';
import { open as start } from '../support/stream.ts';
import { CLOUDFLARED, hastyRestarts, isAlive, makePrograms, type Programs } from '../tunnel/programs.ts';

const ORIGIN = 'http://127.0.0.1:4242';

/** Has the subscriptions until it is interrupted, as listen does. */
const holding = defineStream({
  examples: [],
  setup: (command) => withSubscribeOptions(command).option('--path <path>', '', '/'),
  async *run(context, options) {
    const wish = await readSubscribe(context, options);
    if (wish === null) {
      await pruneLeftovers(context);
      return;
    }
    const problems: string[] = [];
    let wake = (): void => undefined;
    const { path } = options;
    const onProblem = (message: string): void => {
      problems.push(message);
      wake();
    };
    const subscription = await openSubscription(context, wish, { origin: ORIGIN, path, onProblem });
    try {
      yield { type: 'open', message: subscription.publicUrl, ids: subscription.webhookIds };
      const over = AbortSignal.any([context.signal, subscription.lost]);
      over.addEventListener('abort', () => wake());
      while (!over.aborted) {
        for (const message of problems.splice(0)) yield { type: 'problem', message, ids: [] };
        await new Promise<void>((resolve) => {
          wake = resolve;
          if (over.aborted || problems.length > 0) resolve();
        });
      }
      subscription.lost.throwIfAborted();
    } finally {
      await subscription.close();
    }
  },
  view: () => null,
});
const tree = {
  Test: { hold: leaf('Hold subscriptions as listen does', async () => ({ command: holding })) },
};

let api: TestSandbox;
let programs: Programs;

const world = (more: World = {}): World => ({
  ...{ tree, clock: hastyRestarts, send: api.send },
  ...more,
  env: { ...api.env, ...programs.env, ...more.env },
});

const hold = (argv: readonly string[], more: World = {}) => start(['hold', '--json', ...argv], world(more));

const urls = async (): Promise<Json> =>
  (await api.json(['webhooks', 'list'])).map(({ webhook_url }: Json) => webhook_url);

const leases = (): readonly string[] => {
  const folder = join(api.folder, 'data', 'leases');
  return existsSync(folder) ? readdirSync(folder) : [];
};

async function expectNothing(): Promise<void> {
  expect(await urls()).toEqual([]);
  expect(await api.json(['secrets', 'list'])).toEqual([]);
  expect(leases()).toEqual([]);
  for (const pid of programs.pids('cloudflared')) expect(isAlive(pid)).toBe(false);
}

describe('temporary subscriptions of listen', () => {
  beforeEach(async () => {
    api = await startSandbox();
    programs = makePrograms();
  });

  afterEach(async () => {
    await api.close();
    programs.remove();
  });

  test('last until it is interrupted, groups expanded, at the URL of the tunnel and the path', async () => {
    programs.install('cloudflared', CLOUDFLARED);
    const running = hold(['--subscribe', 'screening.*', '--tunnel', 'cloudflared', '--path', '/kyc']);
    const { message, ids } = await running.line({ type: 'open' });
    expect(message).toBe('https://run-1-of-tunnel.trycloudflare.com/kyc');
    expect(ids).toHaveLength(2);
    expect(await urls()).toEqual([message, message]);
    expect(programs.starts('cloudflared')[0]).toContain(ORIGIN);
    expect(await running.stop()).toMatchObject({ code: 130, stderr: expect.not.stringContaining('⚠') });
    await expectNothing();
  });

  test('go along when the tunnel comes back elsewhere', async () => {
    programs.install('cloudflared', CLOUDFLARED);
    const running = hold(['--subscribe', 'case.opened', '--tunnel', 'cloudflared']);
    await running.line({ type: 'open' });
    process.kill(programs.pids('cloudflared')[0] ?? 0, 'SIGKILL');
    const moved = 'https://run-2-of-tunnel.trycloudflare.com';
    await running.line({ type: 'problem', message: `The tunnel is up again: ${moved}` });
    expect(await urls()).toEqual([moved]);
    await running.stop();
    await expectNothing();
  });

  test('end with the tunnel where that does not come back: nothing listens deaf', async () => {
    programs.install('cloudflared', `if (run > 1) process.exit(1); ${CLOUDFLARED}`);
    const running = hold(['--subscribe', 'case.opened', '--tunnel', 'cloudflared']);
    await running.line({ type: 'open' });
    process.kill(programs.pids('cloudflared')[0] ?? 0, 'SIGKILL');
    const { code, stderr } = await running.ended;
    expect(code).toBe(7);
    expect(stderr).toContain('starting it again did not help');
    await expectNothing();
  });

  test('need no tunnel where the API is on this machine', async () => {
    const running = hold(['--subscribe', 'all', '--path', '/kyc']);
    expect(await running.line({ type: 'open' })).toMatchObject({ message: `${ORIGIN}/kyc` });
    await running.stop('terminated');
    await expectNothing();
  });

  test('are made at a public URL, as it was typed', async () => {
    const running = hold([
      '--subscribe',
      'all',
      '--public-url',
      'https://me.example/x?y=1',
      '--path',
      '/kyc',
    ]);
    await running.line({ type: 'open', message: 'https://me.example/x?y=1' });
    await running.stop();
    await expectNothing();
  });

  test('that cannot be made take the tunnel along', async () => {
    programs.install('cloudflared', CLOUDFLARED);
    api.next(passed, answered(409, { error: 'No.', code: 'conflict' }));
    const { code, stderr } = await hold(['--subscribe', 'screening.*', '--tunnel', 'cloudflared']).ended;
    expect({ code, stderr }).toMatchObject({ code: 5, stderr: expect.stringContaining('No.') });
    await expectNothing();
  });

  test('that cannot be deleted are told of, and are pruned by the next run', async () => {
    const running = hold(['--subscribe', 'all', '--subscribe', 'case.opened'], { processes: alone(1) });
    await running.line({ type: 'open' });
    api.next(refused);
    const { stderr } = await running.stop();
    expect(stderr).toMatch(
      /⚠ The temporary subscription to \S+ could not be deleted \(webhook [0-9a-f-]+\): .*refused/,
    );
    expect(stderr).toContain('kycgenie webhooks prune');
    const next = hold(['--subscribe', 'test'], { processes: alone(2) });
    await next.line({ type: 'open' });
    expect((await next.stop()).stderr).toMatch(
      /Deleted the temporary subscription to \S+ that an earlier run left behind/,
    );
    await expectNothing();
  });

  test('left behind are pruned by a run without any, quietly', async () => {
    const killed = hold(['--subscribe', 'all'], { processes: alone(1) });
    await killed.line({ type: 'open' });
    const keyless = await hold([], { processes: alone(2), env: { KYCGENIE_API_KEY: undefined } }).ended;
    expect(keyless).toStrictEqual({ code: 0, stdout: '', stderr: '' });
    api.next(refused);
    const failing = await hold([], { processes: alone(2) }).ended;
    expect(failing).toMatchObject({ code: 0, stderr: expect.stringContaining('is still there') });
    expect((await hold([], { processes: alone(3) }).ended).stderr).toContain('Deleted the temporary');
    expect(await hold([], { processes: alone(3) }).ended).toStrictEqual({ code: 0, stdout: '', stderr: '' });
    await killed.stop();
    await expectNothing();
  });

  test('of a type that is not documented are asked for with a warning', async () => {
    const { code, stderr } = await hold(['--subscribe', 'made.up']).ended;
    expect({ code, stderr }).toEqual({
      code: 5,
      stderr: expect.stringContaining('made.up is not a documented event type'),
    });
    await expectNothing();
  });

  test.each([
    [['--tunnel', 'ngrok'], 'go with --subscribe'],
    [['--public-url', 'https://a.example/'], 'go with --subscribe'],
    [['--subscribe', 'all', '--tunnel', 'telnet'], '--tunnel takes cloudflared, ngrok or ssh'],
    [['--subscribe', 'all', '--tunnel', 'ngrok'], 'ngrok is not installed'],
    [['--subscribe', 'all', '--tunnel', 'ngrok', '--public-url', 'https://a.example/'], 'exclude each other'],
    [['--subscribe', 'all', '--public-url', 'http://a.example/'], 'must be https'],
    [['--subscribe', 'nothing.*'], 'There is no event group'],
  ])('%j is a usage error before anything is begun', async (argv, message) => {
    const { code, stderr } = await hold(argv).ended;
    expect({ code, message: JSON.parse(stderr).error.message }).toEqual({
      code: 2,
      message: expect.stringContaining(message),
    });
    expect(api.calls).toEqual([]);
  });

  test('need a way for deliveries to get here, and a key', async () => {
    const env = { KYCGENIE_BASE_URL: 'https://api.example' };
    expect(JSON.parse((await hold(['--subscribe', 'all'], { env }).ended).stderr).error).toMatchObject({
      exit_code: 2,
      hint: expect.stringContaining('--tunnel'),
    });
    const { code } = await hold(['--subscribe', 'all'], { env: { KYCGENIE_API_KEY: undefined } }).ended;
    expect(code).toBe(4);
  });
});
