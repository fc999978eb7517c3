import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ACTION, type Checkout, runAction } from './ci-job.ts';
import { ciPlace } from './ci-place.ts';
import { kycgenie } from './tool.ts';

const PRUNABLE = 'https://old.example/kyc';

let place: Awaited<ReturnType<typeof ciPlace>>;
let here: Checkout;

beforeEach(async () => {
  place = await ciPlace();
  here = place.here;
});

afterEach(() => place.close());

async function subscribe(event: string, url: string, ...more: readonly string[]): Promise<string> {
  const argv = ['webhooks', 'create', '--event', event, '--url', url, '-q', ...more];
  const { code, stdout, stderr } = await kycgenie(argv, place.env);
  expect(code, stderr).toBe(0);
  return stdout.trim();
}

/** The lines that the runner takes as commands: with :: at their start, or ##[ anywhere. */
const commandsIn = (text: string): readonly string[] =>
  text.split(/\r\n|\r|\n/).filter((line) => line.trimStart().startsWith('::') || line.includes('##['));

describe('action.yml', () => {
  it('puts no input into shell code', () => {
    for (const { run = '' } of ACTION.runs.steps) expect(run).not.toContain('${{');
    expect(Object.keys(ACTION.inputs).filter((name) => /key|secret|token/.test(name))).toEqual([]);
  });

  it('counts, annotates and sums up; fails on drift only where that is checked', async () => {
    await subscribe('alert.created', PRUNABLE);
    const id = await subscribe('case.opened', place.receiverUrl, '--description', 'old');
    const counts = { created: '1', updated: '1', deleted: '1', failed: '0', changed: 'true' };
    const planned = await runAction(here, { command: 'diff', prune: 'true' });
    expect(planned).toMatchObject({ code: 0, outputs: { ...counts, 'exit-code': '10' } });
    expect(await runAction(here, { check: 'true', prune: 'true' })).toMatchObject({
      ...{ code: 10, outputs: planned.outputs, stdout: planned.stdout },
    });
    const applied = await runAction(here, { prune: 'true', version: '0.1.0' });
    expect(applied).toMatchObject({ code: 0, outputs: { ...counts, 'exit-code': '0' } });
    expect(commandsIn(applied.stdout)).toEqual([
      `::notice title=kycgenie%3A created::+ screening.completed ${place.receiverUrl}: description: "from CI"`,
      `::notice title=kycgenie%3A updated::~ case.opened ${place.receiverUrl}: description: "old" -> "from CI"`,
      `::warning title=kycgenie%3A deleted::- alert.created ${PRUNABLE}`,
      expect.stringMatching(
        /^::warning title=kycgenie::New signing secrets \(1\) are in the store of this runner/,
      ),
    ]);
    expect(applied.summary).toContain('1 created, 1 updated, 1 deleted, 0 failed.');
    expect(applied.summary.match(/<tr><td><code>[-+~]/g)).toHaveLength(3);
    expect(here.read('npm.txt').trim().split('\n').at(-1)).toMatch(/ kycgenie-cli@0\.1\.0$/);
    expect(await runAction(here, { check: 'true' })).toMatchObject({
      code: 0,
      outputs: { changed: 'false' },
    });
    expect(id).not.toBe('');
  });

  it('lets no text of the manifest, the account or an input begin a command', async () => {
    const evil =
      '\n::set-output name=x::y\r::add-mask::e\u2028##[set-env name=PATH]/tmp %0A::error::z <img src=x>|`';
    const url = 'https://receiver.example/::error::x?a=%0A::warning::y&b=##[group]';
    await subscribe('alert.created', PRUNABLE, '--description', evil);
    here.write(
      'webhooks.yaml',
      JSON.stringify({ version: 1, webhooks: [{ event: 'case.opened', url, description: evil }] }),
    );
    const { code, stdout, stderr, summary } = await runAction(here, { prune: 'true' });
    expect(code, stdout + stderr).toBe(0);
    expect(commandsIn(stdout)).toHaveLength(3);
    for (const line of commandsIn(stdout + stderr)) {
      expect(line).toMatch(/^::(?:notice|warning) title=kycgenie(?:%3A \w+)?::/);
      expect(line.replace('kycgenie%3A', '')).not.toMatch(/%(?!25)/);
    }
    expect(summary).not.toMatch(/<img|\r|\u2028|^::/m);
    expect(summary).toContain('&lt;img src=x&gt;');
  });

  it.each([
    [{ version: '1"; touch pwned; "' }, 'version'],
    [{ version: 'https://evil.example/x.tgz' }, 'version'],
    [{ check: 'yes' }, 'check'],
    [{ command: 'apply; touch pwned' }, 'command'],
  ])('refuses %j', async (inputs, name) => {
    const { code, stdout } = await runAction(here, inputs);
    expect(code).toBe(2);
    expect(commandsIn(stdout)).toEqual([
      expect.stringMatching(new RegExp(`^::error title=kycgenie::.*${name}`)),
    ]);
  });

  it.each([
    [{ file: '$(touch pwned)"; touch pwned' }],
    [{ 'base-url': '$(touch pwned)' }],
    [{ 'api-version': '--help' }],
    [{ args: '--concurrency\n$(touch pwned)' }],
  ])('takes %j as a value', async (inputs) => {
    const { code, stdout } = await runAction(here, inputs);
    expect(code, stdout).toBeGreaterThan(0);
    expect(commandsIn(stdout)).toEqual([expect.stringMatching(/^::error title=kycgenie::/)]);
    expect(readdirSync(here.folder)).not.toContain('pwned');
  });

  it('passes on what masks, and nothing else that its tool says to the runner', async () => {
    const says = ['::add-mask::whsec_x', ' ::set-output name=a::b', 'x ##[error]y', 'a\r::error::b', 'plain'];
    const plan = { create: [], update: [], delete: [], unchanged: [] };
    const tool = `process.stderr.write(${JSON.stringify(`${says.join('\n')}\n`)}); console.log('${JSON.stringify(plan)}')`;
    here.write('tool.cjs', tool);
    const { code, stdout } = await here.run('node "$GITHUB_ACTION_PATH/scripts/ci-action.mjs"', {
      ACTION_TOOL: join(here.folder, 'tool.cjs'),
    });
    expect(code).toBe(0);
    expect(commandsIn(stdout)).toEqual(['::add-mask::whsec_x']);
    expect(stdout).toContain('plain\n');
  });

  it('tells what failed, counts only what was done, and bounds what it shows', async () => {
    const item = (index: number) => ({
      event_type: 'case.opened',
      webhook_url: `https://receiver.example/${index}`,
    });
    const plan = {
      create: Array.from({ length: 600 }, (_none, index) => ({
        ...{ ...item(index), id: 'an id', status: 'created', secret_stored: true, secret_key: 'whsec_…' },
        ...(index % 2
          ? { handed_over: [{}] }
          : { status: 'failed', error: { message: 'no luck' }, secret_stored: false }),
      })),
      ...{ update: [], delete: [], unchanged: [] },
    };
    here.write('plan.json', JSON.stringify(plan));
    here.write(
      'tool.cjs',
      "console.log(require('fs').readFileSync('plan.json', 'utf8')); process.exitCode = 5;",
    );
    const { code, stdout } = await here.run('node "$GITHUB_ACTION_PATH/scripts/ci-action.mjs"', {
      ACTION_TOOL: join(here.folder, 'tool.cjs'),
    });
    expect(code).toBe(5);
    expect(here.read('output').trim().split('\n')).toEqual([
      ...['created=300', 'updated=0', 'deleted=0', 'failed=300', 'changed=true', 'exit-code=5'],
    ]);
    expect(commandsIn(stdout)).toHaveLength(20);
    expect(stdout).toContain(
      '::error title=kycgenie%3A failed to create::+ case.opened https://receiver.example/0: no luck\n',
    );
    expect(here.read('summary.md').match(/<tr><td>/g)).toHaveLength(500);
    expect(here.read('summary.md')).toContain('100 more are not shown.');
  });

  it('fails where there is no result, though its tool ends well', async () => {
    here.write('tool.cjs', "console.log('{}');");
    const { code, stdout } = await here.run('node "$GITHUB_ACTION_PATH/scripts/ci-action.mjs"', {
      ACTION_TOOL: join(here.folder, 'tool.cjs'),
    });
    expect(code).toBe(1);
    expect(commandsIn(stdout)).toHaveLength(1);
  });

  it('has its tool end when the job is cancelled', async () => {
    here.write(
      'tool.cjs',
      "process.on('SIGTERM', () => process.exit(143)); setInterval(() => {}, 1000); console.error('begun');",
    );
    const { code } = await here.run(
      `coproc node "$GITHUB_ACTION_PATH/scripts/ci-action.mjs"
      read -r begun <&"\${COPROC[0]}"
      pid=$COPROC_PID
      kill -TERM "$pid"
      wait "$pid"`,
      { ACTION_TOOL: join(here.folder, 'tool.cjs') },
    );
    expect(code).toBe(143);
  });
});
