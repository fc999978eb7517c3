import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { blocks, type Checkout, type Job, runSteps } from './ci-job.ts';
import { block, ciPlace } from './ci-place.ts';
import { expectNotPrinted, storedSecrets } from './tool.ts';

let place: Awaited<ReturnType<typeof ciPlace>>;
let here: Checkout;

beforeEach(async () => {
  place = await ciPlace();
  here = place.here;
});

afterEach(() => place.close());

const jobs = (label: string): Readonly<Record<string, Job>> => parse(block(label)).jobs;

/** Runs a job of a workflow; a job's own condition is about what has happened at GitHub. */
function runJob({ steps, env = {} }: Job) {
  const values = new Map([
    ['vars.RECEIVER_URL', place.receiverUrl],
    ['secrets.KYCGENIE_API_KEY', place.env['KYCGENIE_API_KEY'] ?? ''],
    ['secrets.TOKEN_THAT_MAY_WRITE_SECRETS', 'a token'],
  ]);
  const job = Object.entries(env).map(([name, text]) => [
    name,
    text.replace(/\$\{\{ (\S+) \}\}/, (_all, key: string) => values.get(key) ?? ''),
  ]);
  return runSteps(here, steps, { values, env: Object.fromEntries(job) });
}

/** What the stand-ins were handed, by their command line. */
const handed = (): Readonly<Record<string, string>> =>
  Object.fromEntries(
    readdirSync(here.handed).map((name) => [name, readFileSync(join(here.handed, name), 'utf8')]),
  );

async function expectAllHandedOver(): Promise<void> {
  const secrets = await storedSecrets(place.env);
  expect(secrets).toHaveLength(2);
  expect(
    Object.values(handed())
      .map((text) => text.trim())
      .sort(),
  ).toEqual([...secrets].sort());
  expectNotPrinted(secrets, 'no text');
}

describe('docs/ci.md', () => {
  it('has no block that nobody runs', () => {
    expect([...blocks().keys()].sort()).toEqual(
      [
        ...['drift', 'github-action', 'github-plain', 'gitlab', 'manifest'],
        ...['provision', 'receiver', 'saved-plan', 'secrets'],
      ].sort(),
    );
  });

  it('GitHub, with the action: drift, plan, apply, no drift', async () => {
    const { apply, plan, drift } = jobs('github-action');
    if (!apply || !plan || !drift) throw new Error('a job is missing');
    expect(await runJob(drift)).toMatchObject({ code: 10 });
    expect(await runJob(plan)).toMatchObject({ code: 0 });
    const applied = await runJob(apply);
    expect(applied.code, applied.stdout + applied.stderr).toBe(0);
    expect(applied.stdout).toContain('2 new subscriptions\n');
    expect(Object.keys(handed())).toEqual([
      'secret_set_KYC_CASE_OPENED_SECRET_--repo_me_here',
      'secret_set_KYC_SCREENING_COMPLETED_SECRET_--repo_me_here',
    ]);
    expect(await runJob(drift)).toMatchObject({ code: 0 });
    await expectAllHandedOver();
  });

  it('GitHub, with plain commands', async () => {
    const { apply } = jobs('github-plain');
    if (!apply) throw new Error('the job is missing');
    const { code, stderr } = await runJob(apply);
    expect(code, stderr).toBe(0);
    expect(here.read('npm.txt')).toBe('install --global kycgenie-cli\n');
    await expectAllHandedOver();
  });

  it('GitLab', async () => {
    const { default: all, plan, apply, drift } = parse(block('gitlab'));
    const job = ({ script }: { readonly script: readonly string[] }) =>
      here.run([...all.before_script, ...script].join('\n'));
    expect(await job(plan)).toMatchObject({ code: plan.allow_failure.exit_codes });
    expect(await job(apply)).toMatchObject({ code: 0 });
    expect(await job(drift)).toMatchObject({ code: 0 });
    await expectAllHandedOver();
  });

  it('bash: drift, a saved plan, provisioning, and a test of the receiver', async () => {
    expect(await here.run(`set +e\n${block('drift')}`)).toMatchObject({
      code: 10,
      stdout: 'drift: +2 ~0 -0\n',
    });
    expect(await here.run(block('saved-plan'))).toMatchObject({ code: 0 });
    expect(await here.run(block('provision'))).toMatchObject({ code: 0 });
    expect(await here.run(`set +e\n${block('drift')}`)).toMatchObject({ code: 0 });
    await expectAllHandedOver();
    const { code, stdout, stderr } = await here.run(block('receiver'));
    expect(code, stdout + stderr).toBe(0);
    expect(here.read('deliveries.ndjson')).toContain('"received":1,"valid":1,');
  });

  it('bash: secrets into an env file', async () => {
    expect(await here.run(block('secrets'), { GITHUB_ACTIONS: '' })).toMatchObject({ code: 0 });
    const secrets = await storedSecrets(place.env);
    for (const text of [here.read('.env'), ...Object.values(handed())]) {
      expect(secrets.filter((secret) => text.includes(secret))).toHaveLength(2);
    }
    expectNotPrinted(secrets, 'no text');
  });
});
