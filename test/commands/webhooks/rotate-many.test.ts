import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Clock, systemClock } from '../../../src/clock.ts';
import { Failure } from '../../../src/errors.ts';
import { Secret } from '../../../src/secret.ts';
import { serve } from '../../../src/serve.ts';
import { PRESETS } from '../../../src/signing/scheme.ts';
import { verify } from '../../../src/signing/verify.ts';
import { ENTER, sitDown, type World } from '../../support/cli.ts';
import {
  alone,
  answered,
  answerLost,
  type Json,
  passed,
  startSandbox,
  type TestSandbox,
} from '../../support/sandbox.ts';

const URL = 'https://receiver.example/kyc';
const ALL = ['webhooks', 'rotate', '--all', '--yes'];

let api: TestSandbox;
let ids: readonly string[];

const create = async (event: string, url = URL): Promise<Json> =>
  api.json(['webhooks', 'create', '--event', event, '--url', url]);

beforeEach(async () => {
  api = await startSandbox();
  ids = (await create('case.*')).map(({ id }: Json) => id);
});

afterEach(() => api.close());

const current = async (id = ''): Promise<string> => (await api.json(['secrets', 'show', id])).secret_key;
const rotations = (): number =>
  api.calls.filter(({ url }) => url.pathname.endsWith('/rotate-secret/')).length;

/** Its pauses take no time, and an hour passes in each; commands have their time. */
function hastyClock(): Clock {
  let passedMs = 0;
  return {
    ...systemClock,
    now: () => systemClock.now() + passedMs,
    sleep: async (ms, signal) => {
      if (ms >= 60_000) return systemClock.sleep(ms, signal);
      signal?.throwIfAborted();
      passedMs += ms;
    },
  };
}

const run = (argv: readonly string[], world: World = {}) =>
  api.run(argv, { clock: systemClock, ...world, env: { PATH: process.env['PATH'], ...world.env } });

describe('webhooks rotate --all and --event', () => {
  test('rotates each, and keeps the secret before it', async () => {
    const before = await Promise.all(ids.map(current));
    const items = await api.json(ALL);
    expect(items).toMatchObject(
      ids.map((id, index) => ({
        id,
        event_type: ['case.opened', 'case.resolved'][index],
        webhook_url: URL,
        secret_stored: true,
        previous_kept: true,
        error: null,
      })),
    );
    for (const [index, id] of ids.entries()) {
      expect(await current(id)).not.toBe(before[index]);
      expect((await api.json(['secrets', 'show', id, '--previous'])).secret_key).toBe(before[index]);
    }
  });

  test('takes types and groups, and leaves the rest alone', async () => {
    const { id } = await create('alert.created');
    const chosen = ['webhooks', 'rotate', '--event', 'alert.*', '--event', 'case.opened', '--yes', '-q'];
    expect((await run(chosen)).stdout.trim().split('\n').sort()).toEqual([id, ids[0]].sort());
    expect(rotations()).toBe(2);
  });

  test('goes on after one that the API refuses', async () => {
    api.next((request, pass) => pass(request), answered(422, { error: 'No.', code: 'locked' }));
    const { code, stdout } = await run([...ALL, '--json']);
    expect(code).toBe(5);
    expect(JSON.parse(stdout).map(({ error }: Json) => error?.code ?? null)).toEqual(['locked', null]);
  });

  test('asks with the counts, and names --yes where nobody can be asked', async () => {
    const env = { KYCGENIE_NO_INPUT: undefined };
    const person = sitDown();
    const running = run(['webhooks', 'rotate', '--all'], { env, person });
    await person.shown('Rotate the signing secrets of 2 webhooks at 1 URL?');
    person.type(`n${ENTER}`);
    expect((await running).code).toBe(2);
    const { code, stderr } = await run(['webhooks', 'rotate', '--all']);
    expect(code).toBe(2);
    expect(stderr).toContain('--yes');
    expect(rotations()).toBe(0);
  });

  test.each<[string, readonly string[], number, string]>([
    ['nothing', [], 2, 'Name what to rotate'],
    ['two ways', ['w-1', '--all'], 2, 'Name what to rotate'],
    ['a type that nothing has', ['--event', 'batch.failed'], 3, 'No webhook subscribes to batch.failed'],
    ['a group that there is not', ['--event', 'cases.*'], 2, 'no event group'],
    ['one place for two', ['--all', '--secret-file', 's'], 2, '2 secrets only 1'],
    ['both ways to verify', ['--all', '--verify', '--verify-url', URL], 2, 'exclude each other'],
    ['a time-out of nothing', ['--all', '--verify-timeout', '5s'], 2, 'go with --verify'],
    ['a receiver that is none', ['--all', '--verify-url', 'ftp://x'], 2, '--verify-url takes'],
  ])('of %s rotates nothing', async (_what, argv, exit, message) => {
    const { code, stdout, stderr } = await run(['webhooks', 'rotate', ...argv, '--yes']);
    expect({ code, stdout, rotations: rotations() }).toStrictEqual({ code: exit, stdout: '', rotations: 0 });
    expect(stderr).toContain(message);
  });

  test('of an account without webhooks is nothing, and asks nothing', async () => {
    for (const id of ids) await api.json(['webhooks', 'delete', id, '--yes']);
    expect(await api.json(['webhooks', 'rotate', '--all'])).toEqual([]);
  });

  test('stops at the first whose secret does not arrive', async () => {
    const { code, stdout, stderr } = await run([...ALL, '--json', '--secret-exec', 'exit 1']);
    const [first, second] = JSON.parse(stdout);
    expect({ code, rotations: rotations() }).toStrictEqual({ code: 1, rotations: 1 });
    expect(first).toMatchObject({
      id: ids[0],
      secret_stored: true,
      handed_over: [{ error: { exit_code: 1 } }],
    });
    expect(second).toMatchObject({ id: ids[1], secret_stored: false, error: { code: 'condition_not_met' } });
    expect(stderr).toContain(`kycgenie secrets export ${ids[0]} --secret-exec`);
    const table = (await run([...ALL, '--secret-exec', 'exit 1'])).stdout;
    expect(table).toMatch(/case\.resolved +- +Not rotated, since the new secret of webhook/);
  });
});

/** A receiver that takes what its secret has signed, and nothing else. */
async function startVerifying(secretNow: () => string) {
  const accepted: boolean[] = [];
  const types: string[] = [];
  const serving = await serve({
    host: '127.0.0.1',
    port: 0,
    handler: async ({ headers, body }) => {
      const candidate = { webhookId: null, age: 'current', secret: new Secret(secretNow()) } as const;
      const delivery = { headers, body };
      const verdict = verify(PRESETS['standard-webhooks'], delivery, [candidate], { nowMs: Date.now() });
      accepted.push(verdict.status === 'valid');
      types.push(JSON.parse(Buffer.from(body).toString()).event_type);
      return { status: verdict.status === 'valid' ? 204 : 401 };
    },
  });
  return { url: `${serving.url}/kyc`, accepted, types, close: () => serving.close(0) };
}

describe('webhooks rotate --verify', () => {
  let receiver: Awaited<ReturnType<typeof startVerifying>>;
  /** What the receiver knows: set by the secret file, or by the test. */
  let known: () => string;
  let file: string;
  let id: string;

  beforeEach(async () => {
    file = join(api.folder, 'receiver-secret');
    known = () => readFileSync(file, 'utf8');
    receiver = await startVerifying(() => known());
    ({ id } = await create('alert.created', receiver.url));
    await api.json(['secrets', 'export', id, '--secret-file', file]);
  });

  afterEach(() => receiver.close());

  const rotate = (...more: readonly string[]) => ['webhooks', 'rotate', id, '--yes', ...more];
  const verified = async (argv: readonly string[], world: World = {}) => {
    const { code, stdout, stderr } = await run([...argv, '--json'], { clock: hastyClock(), ...world });
    return { code, stderr, data: stdout === '' ? null : JSON.parse(stdout) };
  };

  test('asks the receiver before with the current secret, and after with the new one', async () => {
    const { code, data } = await verified(rotate('--verify', '--secret-file', file));
    expect(code).toBe(0);
    expect(data.verified).toStrictEqual({
      url: receiver.url,
      success: true,
      http_status_code: 204,
      attempts: 1,
      error: null,
    });
    expect(receiver.accepted).toEqual([true, true]);
    expect(receiver.types).toEqual(['test', 'test']);
    expect(known()).toBe(await current(id));
  });

  test('waits for a receiver that takes its time', async () => {
    const old = known();
    known = () => (receiver.accepted.length < 4 ? old : readFileSync(file, 'utf8'));
    const { code, data } = await verified(rotate('--verify-url', receiver.url, '--secret-file', file));
    expect({ code, attempts: data.verified.attempts }).toStrictEqual({ code: 0, attempts: 4 });
    expect(receiver.accepted).toEqual([true, false, false, false, true]);
  });

  test('rotates nothing where the receiver does not accept the current secret', async () => {
    const before = await current(id);
    known = () => 'whsec_c29tZXRoaW5nIGVsc2U=';
    const { code, stderr, data } = await verified(rotate('--verify', '--secret-file', file));
    expect({ code, data, rotations: rotations() }).toStrictEqual({ code: 8, data: null, rotations: 0 });
    expect(JSON.parse(stderr).error).toMatchObject({
      code: 'condition_not_met',
      message: expect.stringContaining('answered 401 to a delivery signed with the current secret'),
    });
    expect(await current(id)).toBe(before);
  });

  test('that ends without acceptance exits 8, says that it has rotated, and has both secrets', async () => {
    const old = known();
    known = () => old;
    const { code, stderr, data } = await verified(rotate('--verify', '--verify-timeout', '20s'));
    expect(code).toBe(8);
    expect(data).toMatchObject({ secret_stored: true, verified: { success: false, http_status_code: 401 } });
    expect(data.verified.attempts).toBeGreaterThan(3);
    expect(stderr).toContain(`secrets show ${id} --previous`);
    expect(stderr).toContain(`kycgenie secrets export ${id} --secret-exec`);
    expect((await api.json(['secrets', 'show', id, '--previous'])).secret_key).toBe(old);
    expect(stderr + JSON.stringify(data)).not.toContain((await current(id)).slice(6));
  });

  test('warns before it rotates that nothing hands the new secret over, and what a person can do', async () => {
    const silent = 'Nothing hands the new secret to the receiver';
    known = () => 'whsec_c29tZXRoaW5nIGVsc2U=';
    const alone = await verified(rotate('--verify', '--verify-timeout', '20s'));
    expect(alone.stderr).toContain(`${silent}, which has 20s to accept it. Name --secret-exec`);
    const world = { person: sitDown(), env: { KYCGENIE_NO_INPUT: undefined } };
    const { stderr } = await verified(rotate('--verify'), world);
    expect(stderr).toContain(`${silent}, which has 1m to accept it. While it waits`);
    expect(rotations()).toBe(0);
    expect((await verified(rotate('--verify', '--secret-file', file))).stderr).not.toContain(silent);
  });

  test('of a receiver that is gone rotates nothing', async () => {
    await receiver.close();
    const { code, stderr } = await verified(rotate('--verify'));
    expect({ code, rotations: rotations() }).toStrictEqual({ code: 8, rotations: 0 });
    expect(stderr).toContain('gave no answer');
  });

  test('without a stored secret exits 3 and rotates nothing', async () => {
    await api.json(['secrets', 'forget', id, '--yes']);
    expect((await verified(rotate('--verify'))).code).toBe(3);
    expect(rotations()).toBe(0);
  });

  test('of several rotates none after one whose receiver does not accept', async () => {
    const second = await create('alert.created', `${receiver.url}?2`);
    const known1 = [await current(id), await current(second.id)];
    known = () => known1[Math.min(receiver.accepted.length, 1)] ?? '';
    const argv = ['webhooks', 'rotate', '--event', 'alert.created', '--yes', '--verify'];
    const { code, data } = await verified([...argv, '--verify-timeout', '5s']);
    expect({ code, rotations: rotations() }).toStrictEqual({ code: 8, rotations: 1 });
    expect(data.map(({ secret_stored }: Json) => secret_stored)).toEqual([true, false]);
    expect(data[1].error.message).toContain('did not arrive');
  });

  test('interrupted while it waits exits 130, and nothing is lost', async () => {
    const old = known();
    const stop = new AbortController();
    known = () => {
      if (receiver.accepted.length === 2) stop.abort(new Failure('interrupted', 'Interrupted'));
      return old;
    };
    const { code, data } = await verified(rotate('--verify'), { signal: stop.signal });
    expect(code).toBe(130);
    expect(data).toMatchObject({ secret_stored: true, verified: { success: false } });
    expect((await api.json(['secrets', 'show', id, '--previous'])).secret_key).toBe(old);
  });

  test('finishes what an earlier run left: that secret is handed over, not a further one', async () => {
    api.next(passed, ...Array(4).fill(answerLost));
    const argv = rotate('--verify', '--secret-file', file);
    expect((await verified(argv, { processes: alone(1) })).code).toBe(7);
    const { code, data } = await verified(argv, { processes: alone(2) });
    expect({ code, success: data.verified.success }).toStrictEqual({ code: 0, success: true });
    const keys = api.calls
      .filter(({ url }) => url.pathname.endsWith('/rotate-secret/'))
      .map(({ headers }) => Object.fromEntries(headers)['idempotency-key']);
    expect(new Set(keys).size).toBe(1);
    expect(known()).toBe(await current(id));
  });
});
