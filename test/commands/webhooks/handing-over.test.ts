import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import type { Ran } from '../../support/cli.ts';
import { type Json, startSandbox, type TestSandbox } from '../../support/sandbox.ts';
import { bundleProgram, serveSandbox } from './program.ts';
import { standIns } from './stand-ins.ts';

const URL = 'https://receiver.example/kyc';
const PLAIN = ['webhooks', 'create', '--event', 'case.opened', '--url', URL];
const GROUP = ['webhooks', 'create', '--event', 'case.*', '--url', URL];

let api: TestSandbox;
let dir: string;

const at = (name: string): string => join(dir, name);
const read = (name: string): string => readFileSync(at(name), 'utf8');
const PATH = process.env['PATH'];

beforeEach(async () => {
  api = await startSandbox();
  dir = mkdtempSync(join(tmpdir(), 'kycgenie-handing-'));
});

afterEach(async () => {
  await api.close();
  rmSync(dir, { recursive: true, force: true });
});

const run = (argv: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ran> =>
  api.run(argv, { clock: systemClock, env: { PATH, DIR: dir, ...env } });
const json = async (argv: readonly string[], env?: Readonly<Record<string, string>>): Promise<Json> => {
  const { code, stdout, stderr } = await run([...argv, '--json'], env);
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout);
};
const storedSecret = async (id: string): Promise<string> =>
  (await api.json(['secrets', 'show', id])).secret_key;

describe('webhooks create', () => {
  test('hands the stored secret to each place, and says so', async () => {
    const places = ['--secret-file', at('s'), '--dotenv', at('.env'), '--env-name', 'KYC'];
    const created = await json([...PLAIN, ...places, '--secret-exec', 'cat > "$DIR/in"']);
    const secret = await storedSecret(created.id);
    expect([read('s'), read('.env'), read('in')]).toEqual([secret, `KYC=${secret}\n`, secret]);
    expect(created.handed_over).toStrictEqual([
      { sink: 'secret_file', target: at('s'), error: null },
      { sink: 'env_file', target: `KYC in ${at('.env')}`, error: null },
      { sink: 'secret_exec', target: null, error: null },
    ]);
    const { stdout } = await run([...PLAIN, '--secret-exec', 'cat > /dev/null']);
    expect(stdout).toMatch(/^secret is +handed to the command$/m);
  });

  test.skipIf(process.platform === 'win32')(
    'tells of a file that held something else, and of one that everybody may read',
    async () => {
      writeFileSync(at('.env'), 'A=1\n', { mode: 0o600 });
      const places = ['--secret-file', at('s'), '--dotenv', at('.env'), '--env-name', 'KYC'];
      const { stderr } = await run([...PLAIN, ...places]);
      expect(stderr).toBe('');
      chmodSync(at('.env'), 0o644);
      const second = await run([...PLAIN, ...places]);
      expect(second.stderr).toContain(`${at('s')} held something else before: it was replaced.`);
      expect(second.stderr).toContain(
        `Everybody on this machine may read ${at('.env')}. To change that: chmod 600`,
      );
      const [id = ''] = (await run([...PLAIN, ...places, '-q'])).stdout.split('\n');
      const same = await run(['secrets', 'export', id, '--secret-file', at('s')]);
      expect(same.stderr).toBe('');
      const group = ['--dotenv', at('.env'), '--env-name', 'KYC_{EVENT_TYPE}'];
      expect((await run([...GROUP, ...group])).stderr.match(/Everybody/g)).toHaveLength(1);
    },
  );

  test('gives each webhook of a group its own place', async () => {
    const places = ['--dotenv', at('.env'), '--env-name', 'KYC_{EVENT_TYPE}_SECRET'];
    const created = await json([...GROUP, ...places, '--secret-exec', 'cat > "$DIR/$KYCGENIE_EVENT_TYPE"']);
    const secrets = await Promise.all(created.map(({ id }: Json) => storedSecret(id)));
    expect(read('.env')).toBe(
      `KYC_CASE_OPENED_SECRET=${secrets[0]}\nKYC_CASE_RESOLVED_SECRET=${secrets[1]}\n`,
    );
    expect([read('case.opened'), read('case.resolved')]).toEqual(secrets);
  });

  test.each<[string, readonly string[]]>([
    ['one place for many', ['--secret-file', 's']],
    ['a folder that is not there', ['--secret-file', '/nonexistent/{id}']],
    ['a name alone', ['--env-name', 'KYC_{ID}']],
  ])('of %s is a usage error before anything is made', async (_what, places) => {
    const { code, stdout } = await run([...GROUP, ...places]);
    expect({ code, stdout, calls: api.calls.length }).toStrictEqual({ code: 2, stdout: '', calls: 0 });
  });

  test('whose command fails has made and stored it, exits 1, and says how to repeat that', async () => {
    const { code, stdout, stderr } = await run([...PLAIN, '--json', '--secret-exec', 'cat; echo; exit 4']);
    const created = JSON.parse(stdout);
    const secret = await storedSecret(created.id);
    expect({ code, stored: created.secret_stored }).toStrictEqual({ code: 1, stored: true });
    const repeat = `kycgenie secrets export ${created.id} --secret-exec '…'`;
    expect(created.handed_over[0].error).toMatchObject({
      exit_code: 1,
      hint: expect.stringContaining(repeat),
    });
    expect(stderr).toContain(`${created.id}: The command of --secret-exec failed: it ended with exit code 4`);
    expect(stderr).toContain(repeat);
    expect(stdout + stderr).not.toContain(secret);
  });

  test('of a group goes on after a place that fails, and exits with the worst code', async () => {
    const line = 'cat > "$DIR/$KYCGENIE_EVENT_TYPE"; [ "$KYCGENIE_EVENT_TYPE" != case.opened ]';
    const { code, stdout, stderr } = await run([...GROUP, '-q', '--secret-exec', line]);
    expect({ code, ids: stdout.trim().split('\n').length }).toStrictEqual({ code: 1, ids: 2 });
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(readdirSync(dir).sort()).toEqual(['case.opened', 'case.resolved']);
  });

  test('shows no secret anywhere, whatever is asked for', async () => {
    const line = 'secret=$(cat); echo "$secret" >&2; echo "$secret"; exit 1';
    const shown: string[] = [];
    for (const more of [[], ['--json'], ['-o', 'yaml'], ['-q'], ['--debug'], ['--debug', '--json']]) {
      const { stdout, stderr } = await run([...GROUP, ...more, '--secret-exec', line]);
      shown.push(stdout, stderr);
    }
    const kept = await api.json(['secrets', 'export', '--env-name', 'K_{ID}']);
    expect(kept.length).toBe(12);
    for (const { secret_key } of kept)
      for (const part of [secret_key, secret_key.slice(6), Buffer.from(secret_key).toString('base64')])
        expect(shown.join('\n')).not.toContain(part);
  });
});

describe('recipes', () => {
  const programs = standIns('gh', 'aws', 'kubectl', 'op', 'vault');
  afterAll(() => programs.remove());

  test.each<[string, string]>([
    ['gh', 'gh secret set KYC_SECRET --repo me/app'],
    ['aws', 'aws secretsmanager put-secret-value --secret-id kyc --secret-string file:///dev/stdin'],
    ['kubectl', 'kubectl create secret generic kyc --from-file=secret=/dev/stdin'],
    ['vault', 'vault kv put "secret/kyc/$KYCGENIE_EVENT_TYPE" value=-'],
    [
      'op',
      `sed 's/.*/{"title":"kyc","category":"PASSWORD","fields":[{"id":"password","type":"CONCEALED","value":"&"}]}/' | op item create -`,
    ],
  ])('%s has the secret on standard input and nowhere else', async (name, line) => {
    const { id } = await json([...PLAIN, '--secret-exec', line], programs.env);
    const secret = await storedSecret(id);
    const stdin = programs.given(name, 'stdin');
    expect(name === 'op' ? JSON.parse(stdin).fields[0].value : stdin).toBe(secret);
    for (const what of ['argv', 'env', 'shell'] as const)
      expect(programs.given(name, what)).not.toContain(secret.slice(6));
    expect(programs.given(name, 'env')).not.toContain(api.key);
  });

  const HAS_GPG = spawnSync('gpg', ['--version']).status === 0;

  test.skipIf(!HAS_GPG)('gpg encrypts it', async () => {
    const env = { PATH: PATH ?? '', GNUPGHOME: dir };
    writeFileSync(at('pass'), 'a passphrase\n', { mode: 0o600 });
    const options = '--batch --quiet --pinentry-mode loopback --passphrase-file "$DIR/pass"';
    try {
      const { id } = await json(
        [...PLAIN, '--secret-exec', `gpg ${options} --symmetric --output "$DIR/kyc.gpg"`],
        env,
      );
      const decrypt = `gpg ${options} --decrypt "$DIR/kyc.gpg"`;
      const plain = execFileSync('/bin/sh', ['-c', decrypt], { env: { ...env, DIR: dir }, encoding: 'utf8' });
      expect(plain).toBe(await storedSecret(id));
      expect(readFileSync(at('kyc.gpg')).includes(plain)).toBe(false);
    } finally {
      spawnSync('gpgconf', ['--kill', 'all'], { env });
    }
  });
});

describe('as a process', () => {
  let program: Awaited<ReturnType<typeof bundleProgram>>;
  let sandbox: Awaited<ReturnType<typeof serveSandbox>>;

  beforeAll(async () => {
    [program, sandbox] = await Promise.all([bundleProgram(), serveSandbox()]);
  });

  afterAll(async () => {
    await sandbox.close();
    program.remove();
  });

  const env = () => ({ ...sandbox.env, KYCGENIE_CONFIG_DIR: at('home'), DIR: dir });
  const exported = async (): Promise<Json> => {
    const { text } = await program.run(['secrets', 'export', '--json', '--env-name', 'K_{ID}'], env());
    return JSON.parse(text);
  };

  test('killed while it hands over, it has the secret in the store, and the hand-over can be repeated', async () => {
    const line = 'cat > "$DIR/in"; kill -9 $PPID';
    const { signal } = await program.run([...PLAIN, '--secret-exec', line], env());
    expect(signal).toBe('SIGKILL');
    const [kept, ...others] = await exported();
    expect(others).toEqual([]);
    // The killer may still have been at work on it.
    while (!existsSync(at('in')) || read('in') === '') await systemClock.sleep(5);
    expect(kept).toMatchObject({ event_type: 'case.opened', secret_key: read('in') });
    const again = ['secrets', 'export', kept.webhook_id, '--secret-exec', 'cat > "$DIR/again"'];
    expect((await program.run(again, env())).code).toBe(0);
    expect(read('again')).toBe(kept.secret_key);
    const { text } = await program.run(['webhooks', 'list', '-q'], env());
    expect(text).toBe(`${kept.webhook_id}\n`);
  });

  test('it takes --env-file for a file that is there, which node lets through, and --dotenv for any', async () => {
    for (const [flag, file] of [
      ['--dotenv', at('new')],
      ['--env-file', at('new')],
    ] as const) {
      const { code, text } = await program.run([...PLAIN, flag, file, '--env-name', 'KYC'], env());
      expect(code, text).toBe(0);
    }
    expect(read('new')).toMatch(/^KYC=whsec_\S+\n$/);
    const both = await run([...PLAIN, '--env-file', at('new'), '--dotenv', at('new'), '--env-name', 'KYC']);
    expect(both.code).toBe(2);
  });

  test('several of them at once lose no line of one env file', async () => {
    const types = ['case.opened', 'case.resolved', 'alert.created', 'batch.failed'];
    writeFileSync(at('.env'), '# mine\nKYC_CASE_OPENED="old"\n');
    const names = ['--dotenv', at('.env'), '--env-name', 'KYC_{EVENT_TYPE}'];
    const ran = await Promise.all(
      types.map((type) =>
        program.run(['webhooks', 'create', '--event', type, '--url', URL, ...names], env()),
      ),
    );
    expect(ran.map(({ code }) => code)).toEqual([0, 0, 0, 0]);
    const kept: readonly Json[] = await exported();
    const lineOf = ({ event_type, secret_key }: Json, quote: string): string =>
      `KYC_${event_type.toUpperCase().replace('.', '_')}=${quote}${secret_key}${quote}`;
    expect(read('.env').split('\n').sort()).toEqual(
      ['', '# mine', ...kept.map((one) => lineOf(one, one.event_type === 'case.opened' ? '"' : ''))].sort(),
    );
  });
});
