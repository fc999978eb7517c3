import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { systemClock } from '../../../src/clock.ts';
import { kycgenie, temporaryHome, type World } from '../../support/cli.ts';
import { type Json, startSandbox, type TestSandbox } from '../../support/sandbox.ts';

const URL = 'https://receiver.example/kyc';

let api: TestSandbox;
let secrets: readonly string[];
let ids: readonly string[];

beforeEach(async () => {
  api = await startSandbox();
  const created = await api.json(['webhooks', 'create', '--event', 'case.*', '--url', URL, '--show-secret']);
  secrets = created.map(({ secret_key }: Json) => secret_key);
  ids = created.map(({ id }: Json) => id);
});

afterEach(() => api.close());

const run = (argv: readonly string[], world: World = {}) =>
  api.run(['secrets', 'export', ...argv], { clock: systemClock, ...world });

const named = (): Readonly<Record<string, string>> => ({
  KYC_CASE_OPENED_SECRET: secrets[0] ?? '',
  KYC_CASE_RESOLVED_SECRET: secrets[1] ?? '',
});

describe('secrets export', () => {
  test('is lines that a shell and dotenv read back', async () => {
    const { code, stdout, stderr } = await run([]);
    expect({ code, stderr }).toStrictEqual({ code: 0, stderr: '' });
    expect(parseEnv(stdout)).toEqual(named());
    const script = `${stdout}printf '%s\\n' "$KYC_CASE_OPENED_SECRET" "$KYC_CASE_RESOLVED_SECRET"`;
    expect(execFileSync('/bin/sh', ['-c', script], { encoding: 'utf8' })).toBe(`${secrets.join('\n')}\n`);
  });

  test('is one JSON object, or the manifest of a Kubernetes Secret', async () => {
    expect(JSON.parse((await run(['--format', 'json'])).stdout)).toEqual(named());
    const manifest = parse((await run(['--format', 'k8s', '--name', 'kyc'])).stdout);
    expect(manifest).toMatchObject({
      apiVersion: 'v1',
      kind: 'Secret',
      type: 'Opaque',
      metadata: { name: 'kyc' },
    });
    const data = Object.entries<string>(manifest.data).map(([name, value]) => [
      name,
      Buffer.from(value, 'base64').toString(),
    ]);
    expect(Object.fromEntries(data)).toEqual(named());
  });

  test('with --json is what there is to know of each', async () => {
    const argv = ['secrets', 'export', ids[1] ?? '', '--env-name', 'KYC'];
    expect(await api.json(argv)).toStrictEqual([
      {
        webhook_id: ids[1],
        event_type: 'case.resolved',
        webhook_url: URL,
        env_name: 'KYC',
        secret_key: secrets[1],
      },
    ]);
  });

  const asWord = (id = ''): string => id.toUpperCase().replace(/-/g, '_');

  test('names by the id, too, what is stored twice, whichever of them are asked for', async () => {
    const create = ['webhooks', 'create', '--event', 'case.opened', '--url', `${URL}/2`, '--show-secret'];
    const second = await api.json(create);
    const id = 'f67f165d-0d1e-4eb7-81e6-3494a260dcd4';
    await api.run(['secrets', 'import', id], { stdin: 'whsec_aW1wb3J0ZWQ=' });
    const first = `KYC_CASE_OPENED_${asWord(ids[0])}_SECRET`;
    const all = {
      [first]: secrets[0],
      KYC_CASE_RESOLVED_SECRET: secrets[1],
      [`KYC_CASE_OPENED_${asWord(second.id)}_SECRET`]: second.secret_key,
      [`KYC_${asWord(id)}_SECRET`]: 'whsec_aW1wb3J0ZWQ=',
    };
    const { code, stdout, stderr } = await run([]);
    expect({ code, stderr }).toStrictEqual({ code: 0, stderr: '' });
    expect(parseEnv(stdout)).toEqual(all);
    expect(JSON.parse((await run(['--format', 'json'])).stdout)).toEqual(all);
    expect(Object.keys(parse((await run(['--format', 'k8s'])).stdout).data)).toHaveLength(4);
    expect(parseEnv((await run([ids[0] ?? ''])).stdout)).toEqual({ [first]: secrets[0] });
    const file = join(api.folder, '.env');
    expect((await run(['--dotenv', file])).stderr).toBe('');
    expect(parseEnv(readFileSync(file, 'utf8'))).toEqual(all);
    const typed = await run([ids[0] ?? '', second.id, '--env-name', 'KYC_{EVENT_TYPE}_SECRET']);
    expect(typed.code).toBe(2);
    expect(typed.stderr).toContain("--env-name 'KYC_{EVENT_TYPE}_{ID}_SECRET'");
  });

  test('gives the current secret after a rotation', async () => {
    const { secret_key } = await api.json(['webhooks', 'rotate', ids[0] ?? '', '--yes', '--show-secret']);
    const { stdout } = await run([ids[0] ?? '', '--env-name', 'KYC']);
    expect(parseEnv(stdout)).toEqual({ KYC: secret_key });
  });

  test('has GitHub Actions mask every form that it prints, first', async () => {
    const order: string[] = [];
    const env = { GITHUB_ACTIONS: 'true' };
    const note = (text: string) => void order.push(text);
    await run(['--format', 'k8s'], { env, onStdout: note, onStderr: note });
    const forms = secrets.flatMap((secret) => [Buffer.from(secret).toString('base64'), secret]);
    expect(order.slice(0, -1).sort()).toEqual(forms.map((form) => `::add-mask::${form}\n`).sort());
    expect(order.at(-1)).toContain('kind: Secret');
  });

  test('hands them over instead, and prints nothing of them', async () => {
    const file = join(api.folder, '.env');
    const places = ['--env-file', file, '--env-name', 'KYC_{EVENT_TYPE}_SECRET'];
    const env = { PATH: process.env['PATH'], GITHUB_ACTIONS: 'true', DIR: api.folder };
    const { code, stdout, stderr } = await run([...places, '--secret-exec', 'cat >> "$DIR/in"'], { env });
    expect({ code, stderr }).toStrictEqual({ code: 0, stderr: '' });
    expect(parseEnv(readFileSync(file, 'utf8'))).toEqual(named());
    expect(readFileSync(join(api.folder, 'in'), 'utf8').length).toBe(secrets.join('').length);
    for (const secret of secrets) expect(stdout).not.toContain(secret);
    expect(stdout).toMatch(/handed to KYC_CASE_OPENED_SECRET in \S+, handed to the command/);
  });

  test('goes on after a place that fails, and exits 1', async () => {
    const line = '[ "$KYCGENIE_EVENT_TYPE" != case.opened ]';
    const { code, stdout } = await run(['--json', '--secret-exec', line], {
      env: { PATH: process.env['PATH'] },
    });
    expect(code).toBe(1);
    expect(
      JSON.parse(stdout)
        .map(({ handed_over }: Json) => handed_over[0].error?.exit_code ?? 0)
        .sort(),
    ).toEqual([0, 1]);
  });

  test.each<[string, readonly string[], number, string]>([
    ['a webhook that is not here', ['w-none'], 3, 'No secret of webhook w-none is stored here'],
    ['one name for two', ['--env-name', 'KYC'], 2, '2 secrets only 1'],
    ['a format for a place', ['--format', 'env', '--secret-file', 's'], 2, 'go with printing'],
    ['a name without a manifest', ['--name', 'kyc'], 2, '--name goes with --format k8s'],
    ['a manifest whose name is none', ['--format', 'k8s', '--name', 'A b'], 2, '--name takes'],
    ['an unknown format', ['--format', 'toml'], 2, '--format takes env, json, k8s'],
  ])('of %s is an error', async (_what, argv, exit, message) => {
    const { code, stdout, stderr } = await run(argv);
    expect({ code, stdout }).toStrictEqual({ code: exit, stdout: '' });
    expect(stderr).toContain(message);
  });

  test('of nothing exits 3', async () => {
    const home = temporaryHome();
    try {
      expect((await kycgenie(['secrets', 'export'], { env: home.env })).code).toBe(3);
    } finally {
      home.remove();
    }
  });
});
