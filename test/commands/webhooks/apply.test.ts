import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import type { HttpRequest } from '../../../src/http.ts';
import { plain } from '../../../src/terminal/text.ts';
import { ENTER, sitDown } from '../../support/cli.ts';
import {
  alone,
  answered,
  answerLost,
  interruptedBy,
  type Json,
  passed,
  refused,
  requestLost,
  startSandbox,
  type TestSandbox,
} from '../../support/sandbox.ts';
import { account, MANIFEST, OTHER, steps, URL, writeManifest } from './manifest.ts';

let api: TestSandbox;
let file: string;

const apply = (...more: readonly string[]): readonly string[] => [
  'webhooks',
  'apply',
  '-f',
  file,
  '--yes',
  ...more,
];
const bare = (events: string): string =>
  `version: 1\ndefaults: {url: "${URL}"}\nwebhooks:\n  - events: ${events}\n`;
const methodsOf = (calls: readonly HttpRequest[]): readonly string[] =>
  calls.map(({ method }) => method).filter((method) => method !== 'GET');

async function diff(...more: readonly string[]): Promise<Json> {
  const { stdout, code, stderr } = await api.run(['webhooks', 'diff', '-f', file, '--json', ...more]);
  const plan = JSON.parse(stdout || 'null');
  expect(code, stderr).toBe(steps(plan).length > 0 ? 10 : 0);
  return plan;
}

describe.each(['v1', 'v2'] as const)('webhooks apply on API %s', (version) => {
  beforeEach(async () => {
    api = await startSandbox({ version });
    file = writeManifest(api, MANIFEST);
  });

  afterEach(() => api.close());

  test('makes what the manifest says, with each secret stored, and then has nothing to do', async () => {
    const applied = await api.json(apply());
    expect(applied.create).toHaveLength(4);
    expect(applied.create[0]).toStrictEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      ...{ event_type: 'case.opened', webhook_url: URL, description: 'Production' },
      ...{ is_active: true, filters: {}, status: 'created', error: null },
      ...{ secret_key: expect.stringMatching(/^whsec_.{4}…$/), secret_stored: true },
    });
    const all = { event_type: 'all', webhook_url: OTHER, is_active: false, has_secret: true };
    const webhooks: readonly Json[] = await api.json(['webhooks', 'list']);
    expect(webhooks.find(({ event_type }) => event_type === 'all')).toMatchObject(all);
    expect(webhooks.every(({ has_secret }) => has_secret)).toBe(true);
    expect(webhooks).toHaveLength(4);
    const writes = methodsOf(api.calls).length;
    expect(steps(await api.json(apply()))).toEqual([]);
    expect(await diff()).toMatchObject({ create: [], update: [], delete: [] });
    expect(methodsOf(api.calls)).toHaveLength(writes);
  });

  test('changes the fields that differ, and only those', async () => {
    await api.run(apply());
    writeFileSync(
      file,
      MANIFEST.replace('Production', 'Staging').replace('[high]', '[low]').replace('false', 'true'),
    );
    const planned = await diff();
    expect(planned.update.map(({ changes }: Json) => changes)).toStrictEqual([
      ...Array(3).fill({ description: { from: 'Production', to: 'Staging' } }),
      { is_active: { from: false, to: true }, filters: { from: { risk: ['high'] }, to: { risk: ['low'] } } },
    ]);
    const applied = await api.json(apply());
    expect(steps(applied)).toHaveLength(4);
    expect(applied.update[0]).toMatchObject({ status: 'updated', error: null });
    expect(steps(await diff())).toEqual([]);
  });

  test('deletes what the manifest does not name only with --prune, last, and forgets its secret then', async () => {
    await api.run(apply());
    writeFileSync(file, bare('[case.resolved, case.opened]'));
    const kept = await api.json(apply());
    expect(kept.delete).toEqual([]);
    expect(kept.unchanged.filter(({ in_manifest }: Json) => !in_manifest)).toHaveLength(3);
    expect((await api.run(apply())).stdout).toContain('3 more in the account, not in the manifest');
    writeFileSync(file, bare('[response.created, case.opened]'));
    const before = api.calls.length;
    const applied = await api.json(apply('--prune'));
    expect(steps(applied)).toEqual([
      ...['create response.created', 'delete all', 'delete case.resolved'],
      ...['delete screening.completed', 'delete screening.failed'],
    ]);
    expect(methodsOf(api.calls.slice(before))).toEqual(['POST', ...Array(4).fill('DELETE')]);
    expect(await account(api)).toHaveLength(2);
    expect(await api.json(['secrets', 'list'])).toHaveLength(2);
  });

  test('shows duplicates, and with --prune keeps the oldest alone', async () => {
    file = writeManifest(api, bare('[case.opened]'));
    const create = ['webhooks', 'create', '--event', 'case.opened', '--url', URL];
    const ids: string[] = [];
    for (const _time of [1, 2, 3]) ids.push((await api.json(create)).id);
    const details: Json[] = await Promise.all(ids.map((id) => api.json(['webhooks', 'get', id])));
    const [oldest] = details.sort(
      (a, b) => Date.parse(a.created_at) - Date.parse(b.created_at) || (a.id < b.id ? -1 : 1),
    );
    const { stdout, code } = await api.run(['webhooks', 'diff', '-f', file]);
    expect(code).toBe(0);
    expect(stdout).toContain(`duplicate of ${oldest.id}`);
    const planned = await diff('--prune');
    expect(planned.delete.map(({ duplicate_of }: Json) => duplicate_of)).toEqual([oldest.id, oldest.id]);
    await api.json(apply('--prune'));
    expect((await api.json(['webhooks', 'list'])).map(({ id }: Json) => id)).toEqual([oldest.id]);
    expect(await api.json(['secrets', 'list'])).toHaveLength(1);
  });
});

describe('webhooks apply', () => {
  beforeEach(async () => {
    api = await startSandbox();
    file = writeManifest(api, MANIFEST);
  });

  afterEach(() => api.close());

  test('asks on a terminal, after it has shown the plan', async () => {
    for (const [answer, code, made] of [
      ['n', 2, 0],
      ['y', 0, 4],
    ] as const) {
      const person = sitDown();
      const env = { KYCGENIE_NO_INPUT: undefined };
      const run = api.run(['webhooks', 'apply', '-f', file], { person, env });
      await person.shown('Apply this plan?');
      person.type(`${answer}${ENTER}`);
      const ran = await run;
      const stderr = ran.stderr.split('\n').map(plain).join('\n');
      expect(ran.code).toBe(code);
      expect(stderr).toContain('+ case.opened');
      expect(stderr).toContain('4 to create, 0 to update, 0 to delete');
      expect(await account(api)).toHaveLength(made);
    }
  });

  test('off a terminal it names --yes, and changes nothing; where nothing changes nobody is asked', async () => {
    const argv = ['webhooks', 'apply', '-f', file];
    const { code, stderr } = await api.run(argv);
    expect(code).toBe(2);
    expect(stderr).toContain('--yes');
    expect(methodsOf(api.calls)).toEqual([]);
    await api.run(apply());
    expect((await api.run(argv)).code).toBe(0);
  });

  test('hands each new secret to the sinks, one variable an event type', async () => {
    writeFileSync(file, bare('[case.opened, screening.completed]'));
    const env = join(api.folder, 'app.env');
    writeFileSync(env, '# kept\nPORT=1\n');
    const argv = apply('--dotenv', env, '--env-name', 'KYC_{EVENT_TYPE}_SECRET', '--json');
    const { code, stdout } = await api.run(argv);
    expect(code).toBe(0);
    expect(JSON.parse(stdout).create).toMatchObject([
      { handed_over: [{ error: null }] },
      { handed_over: [{ error: null }] },
    ]);
    const text = readFileSync(env, 'utf8');
    expect(text).toMatch(/^# kept\nPORT=1\n/);
    expect(text.match(/^KYC_(?:CASE_OPENED|SCREENING_COMPLETED)_SECRET=whsec_/gm)).toHaveLength(2);
  });

  test('a sink that fails is exit 1, and the secret is in the store', async () => {
    writeFileSync(file, bare('[case.opened]'));
    const { code, stderr } = await api.run(apply('--secret-exec', 'exit 3'));
    expect(code).toBe(1);
    expect(stderr).toContain('kycgenie secrets export');
    expect(JSON.parse((await api.run(['secrets', 'list', '--json'])).stdout)).toHaveLength(1);
  });

  test('--check is diff', async () => {
    const { stdout, code } = await api.run(['webhooks', 'apply', '-f', file, '--check', '--json']);
    expect(code).toBe(10);
    expect(JSON.parse(stdout)).toStrictEqual(await diff());
    await api.run(apply());
    expect((await api.run(['webhooks', 'apply', '-f', file, '--check'])).code).toBe(0);
    expect(methodsOf(api.calls)).not.toContain('DELETE');
  });

  test('reports what failed, does the rest, and ends as the worst failure says', async () => {
    api.next(passed, answered(400, { error: 'no', code: 'invalid_request', request_id: 'r-1' }));
    const { code, stdout } = await api.run(apply('--json', '--concurrency', '1'));
    expect(code).toBe(5);
    const { create } = JSON.parse(stdout);
    expect(create.map(({ status }: Json) => status)).toEqual(['failed', 'created', 'created', 'created']);
    expect(create[0]).toMatchObject({
      id: null,
      secret_stored: false,
      error: { request_id: 'r-1', exit_code: 5 },
    });
    expect(await account(api)).toHaveLength(3);
    const again = await api.run(apply());
    expect(again).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('1 created, 0 updated, 0 deleted'),
    });
    expect(await account(api)).toHaveLength(4);
  });

  test('keeps what a failed create was to replace, and deletes the rest', async () => {
    file = writeManifest(api, bare('[case.opened, case.resolved]'));
    await api.run(apply());
    file = writeManifest(api, bare('[case.opened]').replace(URL, OTHER));
    api.next(passed, answered(422, { error: 'no' }));
    const { code, stdout } = await api.run(apply('--json', '--prune'));
    expect(code).toBe(5);
    const applied = JSON.parse(stdout);
    const kept = { event_type: 'case.opened', status: 'failed' };
    expect(applied.delete).toHaveLength(2);
    expect(applied.delete).toContainEqual(
      expect.objectContaining({ event_type: 'case.resolved', status: 'deleted' }),
    );
    expect(applied.delete.find((item: Json) => item.status === 'failed')).toMatchObject({
      ...kept,
      error: { code: 'condition_not_met', exit_code: 8 },
    });
    expect(await api.json(['secrets', 'list'])).toHaveLength(1);
  });

  test('gives up on a batch that cannot get through', async () => {
    file = writeManifest(api, bare('["onboarding.*", "response.*", "verification.*"]'));
    api.next(passed, ...Array(1000).fill(refused));
    const before = api.calls.length;
    const { code, stdout } = await api.run(apply('--json', '--concurrency', '1'));
    expect(code).toBe(7);
    expect(JSON.parse(stdout).create).toHaveLength(24);
    expect(api.calls.length - before).toBeLessThan(12);
  });

  test('a lost answer is finished by the next run: no double, no lost secret', async () => {
    api.next(passed, ...Array(20).fill(answerLost));
    const first = await api.run(apply('--json', '--concurrency', '2', '--max-retries', '0'), {
      processes: alone(1),
    });
    expect(first.code).toBe(7);
    api.next();
    const second = await api.run(apply('--json'), { processes: alone(2) });
    expect(second.code).toBe(7);
    await drain();
    const third = await api.run(apply('--json'), { processes: alone(3) });
    expect(third.code, third.stderr).toBe(0);
    expect((await account(api)).map(({ has_secret }) => has_secret)).toEqual([true, true, true, true]);
  });

  /** Lets the faults that were ordered run out. */
  async function drain(): Promise<void> {
    for (let code = 1; code !== 0; ) ({ code } = await api.run(['webhooks', 'list', '--max-retries', '0']));
  }

  test('a call that could not be finished yet is repeated with its key, and never once more', async () => {
    file = writeManifest(api, bare('[case.opened]'));
    const argv = apply('--max-retries', '0');
    api.next(passed, requestLost);
    expect((await api.run(argv, { processes: alone(1) })).code).toBe(7);
    api.next(requestLost);
    const second = await api.run(argv, { processes: alone(2) });
    expect(second.stderr).toContain('could not be finished');
    expect(second.code).toBe(0);
    expect((await api.run(argv, { processes: alone(3) })).code).toBe(0);
    const keys = api.calls.flatMap(({ headers }) => headers.filter(([name]) => name === 'idempotency-key'));
    expect(new Set(keys.map(([, key]) => key)).size).toBe(1);
    expect(await account(api)).toMatchObject([{ event_type: 'case.opened', has_secret: true }]);
  });

  test('interrupted, it reports the rest as interrupted, and the next run finishes', async () => {
    const stop = new AbortController();
    api.next(passed, passed, interruptedBy(stop));
    const world = { signal: stop.signal, processes: alone(1) };
    const { code, stdout } = await api.run(apply('--json', '--concurrency', '1'), world);
    expect(code).toBe(130);
    const codes = JSON.parse(stdout).create.map(({ error }: Json) => error?.exit_code ?? 0);
    expect(codes).toEqual([0, 130, 130, 130]);
    const next = await api.run(apply(), { processes: alone(2) });
    expect(next.code, next.stderr).toBe(0);
    expect(next.stderr).toContain('Finished what an earlier run left open');
    expect((await account(api)).map(({ has_secret }) => has_secret)).toEqual([true, true, true, true]);
  });

  test('two at once make no double', async () => {
    const world = { clock: systemClock };
    const runs = await Promise.all([1, 2, 3].map(() => api.run(apply('--json'), world)));
    expect(runs.map(({ code }) => code)).toEqual([0, 0, 0]);
    const made = runs.map(({ stdout }) => JSON.parse(stdout).create.length).sort();
    expect(made).toEqual([0, 0, 4]);
    expect(runs.filter(({ stderr }) => stderr.includes('Waiting: another apply')).length).toBeGreaterThan(0);
    expect(await account(api)).toHaveLength(4);
  });

  test('what another machine subscribed meanwhile is not doubled: the younger goes, with its secret', async () => {
    const create = ['webhooks', 'create', '--event', 'all', '--url', OTHER];
    let elsewhere: Json;
    api.next(async (request, pass) => {
      const answer = await pass(request);
      elsewhere = await api.json(create, { env: { KYCGENIE_CONFIG_DIR: join(api.folder, 'elsewhere') } });
      // The API's clock counts in milliseconds.
      await systemClock.sleep(2);
      return answer;
    });
    const { code, stdout, stderr } = await api.run(apply('--json'));
    expect(code).toBe(0);
    const withdrawn = JSON.parse(stdout).create.filter(({ status }: Json) => status === 'withdrawn');
    expect(withdrawn).toMatchObject([{ event_type: 'all', secret_stored: false }]);
    expect(stderr).toContain(`${withdrawn[0].id} was deleted again`);
    const all = (await api.json(['webhooks', 'list', '--event', 'all'])).map(({ id }: Json) => id);
    expect(all).toEqual([elsewhere.id]);
    expect(await api.json(['secrets', 'list'])).toHaveLength(3);
  });

  test('--show-secret prints the whole secret; -q the ids of what was changed', async () => {
    const applied = await api.json(apply('--show-secret'));
    const { secret_key } = await api.json(['secrets', 'show', applied.create[0].id]);
    expect(applied.create[0].secret_key).toBe(secret_key);
    writeFileSync(file, bare('[case.opened]'));
    const { stdout } = await api.run(apply('--prune', '-q'));
    const ids = applied.create.map(({ id }: Json) => id);
    expect(stdout.trim().split('\n').sort()).toEqual(ids.sort());
  });

  test.each([
    ['nothing', ['webhooks', 'apply', '--yes'], 'Name a manifest'],
    ['a plan and a manifest', ['webhooks', 'apply', 'plan.json', '-f', 'a.yaml'], 'goes without --file'],
    ['no concurrency', ['webhooks', 'apply', '-f', 'a.yaml', '--concurrency', '0'], 'from 1 to 32'],
    ['no file', ['webhooks', 'apply', '-f', '/nonexistent/a.yaml'], 'cannot be read'],
  ])('refuses %s', async (_what, argv, message) => {
    const { code, stderr } = await api.run(argv);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
    expect(api.calls).toEqual([]);
  });
});

describe('an empty manifest', () => {
  beforeEach(async () => {
    api = await startSandbox();
    file = writeManifest(api, bare('[case.opened, case.resolved]'));
    await api.json(apply());
    writeFileSync(file, 'version: 1\nwebhooks: []\n');
  });

  afterEach(() => api.close());

  test('deletes all there is only with --allow-empty, from a saved plan, too', async () => {
    const plan = join(api.folder, 'plan.json');
    await api.run(['webhooks', 'apply', '-f', file, '--prune', '--out', plan]);
    for (const argv of [apply('--prune'), ['webhooks', 'apply', plan, '--yes']]) {
      const { code, stderr } = await api.run(argv);
      expect(code).toBe(2);
      expect(stderr).toContain('this would delete all 2 webhooks of the account');
      expect(stderr).toContain('--allow-empty');
    }
    expect(await account(api)).toHaveLength(2);
    expect((await api.run(apply())).code).toBe(0);
    expect(steps(await diff('--prune'))).toEqual(['delete case.opened', 'delete case.resolved']);
    await api.json(apply('--prune', '--allow-empty'));
    expect(await account(api)).toEqual([]);
    expect((await api.run(apply('--prune'))).code).toBe(0);
  });
});

test('a manifest without -f is told from a saved plan', async () => {
  api = await startSandbox();
  file = writeManifest(api, MANIFEST);
  const { code, stderr } = await api.run(['webhooks', 'apply', file, '--yes']);
  await api.close();
  expect(code).toBe(2);
  expect(stderr).toContain('is a manifest, not a plan that --out saved');
  expect(stderr).toContain('kycgenie webhooks apply -f ');
});

describe('a saved plan', () => {
  let plan: string;

  beforeEach(async () => {
    api = await startSandbox();
    file = writeManifest(api, MANIFEST);
    plan = join(api.folder, 'plan.json');
  });

  afterEach(() => api.close());

  const save = (...more: readonly string[]) =>
    api.run(['webhooks', 'apply', '-f', file, '--out', plan, ...more]);
  const applyPlan = (...more: readonly string[]) => api.run(['webhooks', 'apply', plan, '--yes', ...more]);

  test('is written in place of applying, and applied as it was looked at', async () => {
    expect((await save('--prune')).code).toBe(0);
    expect((await save('--check')).code).toBe(10);
    expect((await save('--prune')).stdout).toContain(`kycgenie webhooks apply ${plan}`);
    expect(methodsOf(api.calls)).toEqual([]);
    // What the manifest and its variables say later has no say.
    writeFileSync(file, 'version: 1\nwebhooks: []\n');
    const env = { KYC_URL: 'https://later.example/' };
    const { code, stderr } = await api.run(['webhooks', 'apply', plan, '--yes'], { env });
    expect(code, stderr).toBe(0);
    expect((await account(api)).filter(({ webhook_url }) => webhook_url === URL)).toHaveLength(3);
    expect((await account(api)).map(({ has_secret }) => has_secret)).toEqual([true, true, true, true]);
  });

  test('is refused with 8 where the account has moved, and nothing is done', async () => {
    await save();
    await api.run(['webhooks', 'create', '--event', 'case.opened', '--url', URL]);
    const before = methodsOf(api.calls).length;
    const { code, stderr } = await applyPlan();
    expect(code).toBe(8);
    expect(stderr).toContain('--out');
    expect(methodsOf(api.calls)).toHaveLength(before);
  });

  test('is refused with 8 for another account', async () => {
    await save();
    const saved = readFileSync(plan, 'utf8');
    writeFileSync(plan, saved.replace(/"account": "\w+"/, '"account": "0123456789abcdef"'));
    expect((await applyPlan()).code).toBe(8);
    writeFileSync(plan, saved.replace(api.baseUrl, 'https://api.example'));
    const { code, stderr } = await applyPlan();
    expect(code).toBe(8);
    expect(stderr).toContain('https://api.example');
  });

  test('does not do what an edited file says, and holds no secret', async () => {
    await api.run(apply());
    writeFileSync(file, MANIFEST.replace('Production', 'Staging'));
    await save();
    const saved = readFileSync(plan, 'utf8');
    expect(saved).not.toContain('whsec_');
    const parsed = JSON.parse(saved);
    parsed.plan.update.pop();
    writeFileSync(plan, JSON.stringify(parsed));
    expect((await applyPlan()).code).toBe(8);
    writeFileSync(plan, '{"kycgenie_plan": 1}');
    expect((await applyPlan()).code).toBe(2);
    writeFileSync(plan, MANIFEST);
    expect((await applyPlan()).code).toBe(2);
    expect(existsSync(plan)).toBe(true);
  });
});
