import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { typesOfGroup } from '../../../src/events/catalog.ts';
import type { HttpRequest } from '../../../src/http.ts';
import { ENTER, sitDown, type World } from '../../support/cli.ts';
import {
  alone,
  answered,
  answerLost,
  type Fault,
  interruptedBy,
  type Json,
  passed,
  refused,
  startSandbox,
  type TestSandbox,
} from '../../support/sandbox.ts';

const URL = 'https://receiver.example/kyc';
const PLAIN = ['webhooks', 'create', '--event', 'screening.completed', '--url', URL];

const bodyOf = (request: HttpRequest | undefined): Json =>
  JSON.parse(Buffer.from(request?.body ?? []).toString());
const keyOf = (request: HttpRequest | undefined): string =>
  Object.fromEntries(request?.headers ?? [])['idempotency-key'] ?? '';

let api: TestSandbox;

const storedSecret = async (id: string): Promise<string> =>
  (await api.json(['secrets', 'show', id])).secret_key;
const webhooks = (): Promise<Json> => api.json(['webhooks', 'list']);

describe.each(['v1', 'v2'] as const)('webhooks create on API %s', (version) => {
  beforeEach(async () => {
    api = await startSandbox({ version });
  });

  afterEach(() => api.close());

  test('subscribes the URL, and its secret is stored and shown by its beginning alone', async () => {
    const created = await api.json(PLAIN);
    const secret = await storedSecret(created.id);
    expect(created).toStrictEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      event_type: 'screening.completed',
      webhook_url: URL,
      description: null,
      message: 'Webhook created successfully',
      secret_key: `${secret.slice(0, 10)}…`,
      secret_stored: true,
    });
    expect(secret).toMatch(/^whsec_.{20}/);
    expect(await webhooks()).toMatchObject([
      { id: created.id, event_type: 'screening.completed', has_secret: true },
    ]);
  });

  test('sends what was asked for and nothing else, with a key against doubling', async () => {
    await api.run([...PLAIN, '--description', 'Team A', '--filters', '{"risk": ["high"]}']);
    await api.run(PLAIN);
    expect(bodyOf(api.calls[0])).toStrictEqual({
      event_type: 'screening.completed',
      webhook_url: URL,
      description: 'Team A',
      filters: { risk: ['high'] },
    });
    expect(bodyOf(api.calls[1])).toStrictEqual({ event_type: 'screening.completed', webhook_url: URL });
    const keys = api.calls.map(keyOf);
    expect(keys.every((key) => key.length >= 16 && key.length <= 255)).toBe(true);
    expect(new Set(keys).size).toBe(2);
  });

  test('makes one subscription for each type of a group and each further type, each once', async () => {
    const events = ['--event', 'screening.*', '--event', 'case.opened', '--event', 'screening.failed'];
    const created = await api.json(['webhooks', 'create', ...events, '--url', URL]);
    const types = [...(typesOfGroup('screening.*') ?? []), 'case.opened'];
    expect(created.map(({ event_type }: Json) => event_type)).toEqual(types);
    expect(created.map(({ error }: Json) => error)).toEqual([null, null, null]);
    expect(await webhooks()).toHaveLength(types.length);
  });

  test('is an array for a group of one type, too', async () => {
    expect(await api.json(['webhooks', 'create', '--event', 'alert.*', '--url', URL])).toHaveLength(1);
  });

  test('goes on after a failing item, reports it in its place, and exits with the worst code', async () => {
    api.next(passed, answered(422, { error: 'No more.', code: 'limit', request_id: 'r-1' }), refused, passed);
    const events = ['all', 'test', 'case.opened', 'case.resolved'].flatMap((type) => ['--event', type]);
    const argv = ['webhooks', 'create', ...events, '--url', URL];
    const { code, stdout, stderr } = await api.run([...argv, '--json']);
    expect(code).toBe(7);
    expect(stderr).toBe('');
    const items = JSON.parse(stdout);
    expect(items[1]).toStrictEqual({
      id: null,
      event_type: 'test',
      webhook_url: URL,
      description: null,
      message: null,
      secret_key: null,
      secret_stored: false,
      error: {
        code: 'limit',
        message: 'No more. (HTTP 422, limit)',
        http_status: 422,
        request_id: 'r-1',
        errors: null,
        details: null,
        hint: null,
        exit_code: 5,
      },
    });
    expect(items.map(({ error }: Json) => error?.exit_code ?? 0)).toEqual([0, 5, 7, 0]);
    expect(await webhooks()).toHaveLength(2);
  });

  test('a lost answer is asked for again: one subscription, and the secret it has', async () => {
    api.next(answerLost, answerLost);
    const { id } = await api.json(PLAIN);
    expect(new Set(api.calls.map(keyOf)).size).toBe(1);
    expect(await webhooks()).toMatchObject([{ id, has_secret: true }]);
  });

  test.each<[string, Fault[], number, number]>([
    ['an answer that stays lost', Array(4).fill(answerLost), 7, 0],
    ['a server that fails', [answered(500, { error: 'Oops.', code: 'server_error' })], 6, 0],
    ['a limit that does not end', Array(4).fill(answered(429, { error: 'Slow.', code: 'throttled' })), 6, 0],
    ['a rejection', [answered(402, { error: 'Pay.', code: 'insufficient_credits' })], 5, 0],
    ['a key that is not known', [answered(401, { error: 'Who?', code: 'authentication_failed' })], 4, 0],
    ['a refused connection', [refused], 7, 0],
  ])('%s is an error with its exit code', async (_what, faults, exit) => {
    api.next(...faults);
    const { code, stdout, stderr } = await api.run(PLAIN);
    expect(code).toBe(exit);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^✗ /);
  });

  test('that died on the way and is typed again gives the same subscription, not a second one', async () => {
    api.next(...Array(4).fill(answerLost));
    expect((await api.run(PLAIN, { processes: alone(1) })).code).toBe(7);
    const again = await api.run([...PLAIN, '--json'], { processes: alone(2) });
    expect(again.code).toBe(0);
    const { id } = JSON.parse(again.stdout);
    expect(again.stderr).toMatch(
      /^⚠ Finished what an earlier run left open: create of \S+ to \S+ \(webhook /,
    );
    expect(again.stderr).toContain(`(webhook ${id}), secret stored.`);
    expect(await webhooks()).toMatchObject([{ id, has_secret: true }]);
    expect((await api.json(PLAIN, { processes: alone(3) })).id).not.toBe(id);
  });

  test('that was interrupted exits 130, keeps its intent, and is finished by the next run', async () => {
    const stop = new AbortController();
    api.next(interruptedBy(stop));
    const first = await api.run(PLAIN, { signal: stop.signal, processes: alone(1) });
    expect(first).toMatchObject({ code: 130, stdout: '' });
    expect(first.stderr).toMatch(
      /^✗ Interrupted\n {2}The API may have done it\. kycgenie webhooks recover finishes it/,
    );
    await api.json([...PLAIN, '--description', 'another'], { processes: alone(2) });
    expect((await webhooks()).map(({ has_secret }: Json) => has_secret)).toEqual([true, true]);
  });

  test('that could not be finished is told of, and not doubled', async () => {
    api.next(...Array(4).fill(answerLost));
    await api.run(PLAIN, { processes: alone(1) });
    api.next(refused);
    const { code, stderr } = await api.run(PLAIN, { processes: alone(2) });
    expect(code).toBe(0);
    expect(stderr).toContain('1 call of earlier runs could not be finished: kycgenie webhooks recover');
    await api.run(['webhooks', 'recover'], { processes: alone(3) });
    expect(await webhooks()).toHaveLength(1);
  });

  test('of a living process is left alone', async () => {
    api.next(...Array(4).fill(answerLost));
    await api.run(PLAIN);
    const { stderr } = await api.run(PLAIN, { processes: { pid: process.pid, isAlive: () => true } });
    expect(stderr).toBe('');
    expect(await webhooks()).toHaveLength(2);
  });

  test('a batch that is interrupted tells what it did, and exits 130', async () => {
    const stop = new AbortController();
    api.next(passed, interruptedBy(stop));
    const { code, stdout } = await api.run(
      ['webhooks', 'create', '--event', 'batch.*', '--url', URL, '--json'],
      {
        signal: stop.signal,
        processes: alone(1),
      },
    );
    expect(code).toBe(130);
    expect(JSON.parse(stdout).map(({ secret_stored, error }: Json) => [secret_stored, error?.code])).toEqual([
      [true, undefined],
      [false, 'interrupted'],
      [false, 'interrupted'],
    ]);
    await api.run(['webhooks', 'recover'], { processes: alone(2) });
    expect((await webhooks()).map(({ has_secret }: Json) => has_secret)).toEqual([true, true]);
  });
});

describe('webhooks create', () => {
  beforeEach(async () => {
    api = await startSandbox();
  });

  afterEach(() => api.close());

  describe('prints', () => {
    test('a record for people', async () => {
      const { code, stdout, stderr } = await api.run([...PLAIN, '--description', 'Team A']);
      expect(code).toBe(0);
      expect(stderr).toBe('');
      expect(stdout.split('\n')).toEqual([
        '✓ Webhook created',
        expect.stringMatching(/^id {11}[0-9a-f-]{36}$/),
        'event type   screening.completed',
        `url          ${URL}`,
        'description  Team A',
        expect.stringMatching(/^secret {7}whsec_.{4}… {2}stored; kycgenie secrets show prints it$/),
        '',
      ]);
    });

    test('a table for many, with what failed and why', async () => {
      api.next(passed, answered(422, { error: 'No more.', code: 'limit', request_id: 'r-1' }));
      const { stdout } = await api.run(['webhooks', 'create', '--event', 'case.*', '--url', URL]);
      const [title, first, second] = stdout.split('\n');
      expect(title).toMatch(/^ID +EVENT TYPE +SECRET +OUTCOME$/);
      expect(first).toMatch(/^[0-9a-f-]{36} +case\.opened +whsec_.{4}… +created, secret stored$/);
      expect(second).toMatch(/^- +case\.resolved +- +failed: No more\. \(HTTP 422, limit\) \(request r-1\)$/);
    });

    test('ids alone under --quiet', async () => {
      api.next(passed, answered(422, { error: 'No more.', code: 'limit' }));
      const { code, stdout, stderr } = await api.run([
        'webhooks',
        'create',
        '--event',
        'case.*',
        '--url',
        URL,
        '-q',
      ]);
      const [one] = await webhooks();
      expect({ code, stdout }).toStrictEqual({ code: 5, stdout: `${one.id}\n` });
      expect(stderr).toBe('⚠ case.resolved: No more. (HTTP 422, limit)\n');
    });

    test('NDJSON and YAML of the same value', async () => {
      const ndjson = await api.run(['webhooks', 'create', '--event', 'case.*', '--url', URL, '-o', 'ndjson']);
      const rows = ndjson.stdout.trimEnd().split('\n');
      expect(rows.map((row) => JSON.parse(row).event_type)).toEqual(['case.opened', 'case.resolved']);
      const yaml = await api.run([...PLAIN, '-o', 'yaml']);
      expect(parse(yaml.stdout)).toMatchObject({ event_type: 'screening.completed', description: null });
    });
  });

  describe('the secret', () => {
    test('is printed whole when asked for', async () => {
      const { id, secret_key } = await api.json([...PLAIN, '--show-secret']);
      expect(secret_key).toBe(await storedSecret(id));
      const { stdout, stderr } = await api.run([...PLAIN, '--show-secret']);
      expect(stdout).toMatch(/whsec_\S{30,} {2}stored/);
      expect(stderr).toBe('');
    });

    test('is masked in the logs of GitHub Actions before it is printed, and only then', async () => {
      const env = { GITHUB_ACTIONS: 'true' };
      const order: string[] = [];
      const { stdout, stderr } = await api.run([...PLAIN, '--show-secret', '--json'], {
        env,
        onStdout: () => order.push('stdout'),
        onStderr: () => order.push('stderr'),
      });
      expect(order).toEqual(['stderr', 'stdout']);
      expect(stderr).toBe(`::add-mask::${JSON.parse(stdout).secret_key}\n`);
      expect((await api.run([...PLAIN, '--show-secret', '-q'], { env })).stderr).toContain('::add-mask::');
      expect((await api.run(PLAIN, { env })).stderr).toBe('');
    });

    test('cannot end the command that masks it', async () => {
      api.next(answered(201, { webhook_id: 'w-1', secret_key: 'whsec_50%25%0A::debug::x' }));
      const { stderr } = await api.run([...PLAIN, '--show-secret'], { env: { GITHUB_ACTIONS: 'true' } });
      expect(stderr).toBe('::add-mask::whsec_50%2525%250A::debug::x\n');
    });

    test('is in no trace', async () => {
      const { code, stdout, stderr } = await api.run([...PLAIN, '--debug', '--show-secret', '--json']);
      const secret = JSON.parse(stdout).secret_key;
      expect(code).toBe(0);
      expect(stderr).toContain('> POST http://127.0.0.1:4010/api/v2/webhooks/ (attempt 1)\n');
      expect(stderr).toContain('  authorization: [redacted]\n');
      expect(stderr).toContain('< 201 POST');
      expect(stderr).not.toContain(secret.slice(6));
      expect(stderr).not.toContain(api.key.slice(5));
    });

    test('is shown on stderr when it cannot be stored, and the exit code is 1', async () => {
      const secrets = join(api.folder, 'secrets');
      let secret = '';
      api.next(async (request, pass) => {
        const response = await pass(request);
        secret = JSON.parse(Buffer.from(response.body).toString()).secret_key;
        rmSync(secrets, { recursive: true });
        writeFileSync(secrets, 'in the way');
        return response;
      });
      const { code, stdout, stderr } = await api.run([...PLAIN, '--json', '-q']);
      expect(code).toBe(1);
      expect(stdout).toBe('');
      const [shown, what, error] = stderr.split('\n');
      expect(shown).toMatch(/^Signing secret of webhook [0-9a-f-]{36}, not stored: whsec_/);
      expect(shown).toContain(secret);
      expect(JSON.parse(error ?? '').error).toMatchObject({
        code: 'store_unwritable',
        exit_code: 1,
        hint: expect.stringContaining('kycgenie secrets import'),
      });
      expect(what).toMatch(/^To store it: kycgenie secrets import [0-9a-f-]{36}$/);
    });

    test('of an earlier run is shown, too, when it cannot be stored now', async () => {
      api.next(...Array(4).fill(answerLost));
      await api.run(PLAIN, { processes: alone(1) });
      const secrets = join(api.folder, 'secrets');
      api.next(async (request, pass) => {
        rmSync(secrets, { recursive: true });
        writeFileSync(secrets, 'in the way');
        return pass(request);
      });
      const { code, stderr } = await api.run(PLAIN, { processes: alone(2) });
      expect(code).toBe(1);
      expect(stderr).toMatch(/^Signing secret of webhook \S+, not stored: whsec_\S+$/m);
    });

    test('of each of many is shown, with the command that stores it, when it cannot be stored', async () => {
      const secrets = join(api.folder, 'secrets');
      api.next(async (request, pass) => {
        const response = await pass(request);
        rmSync(secrets, { recursive: true });
        writeFileSync(secrets, 'in the way');
        return response;
      });
      const argv = ['webhooks', 'create', '--event', 'case.*', '--url', URL];
      const { code, stderr } = await api.run(argv);
      expect(code).toBe(1);
      expect(stderr).toMatch(
        /^Signing secret of webhook (\S+), not stored: whsec_\S+\nTo store it: kycgenie secrets import \1$/m,
      );
    });

    test('is not asked for where it could not be kept', async () => {
      writeFileSync(join(api.folder, 'secrets'), 'in the way');
      const { code, stderr } = await api.run(PLAIN);
      expect(code).toBe(1);
      expect(stderr).toContain(join(api.folder, 'secrets'));
      expect(api.calls).toEqual([]);
    });
  });

  describe('event types', () => {
    test('that are not documented warn, and are sent', async () => {
      api.next(answered(201, { webhook_id: 'w-1', secret_key: 'whsec_0123456789' }));
      const { code, stdout, stderr } = await api.run([
        'webhooks',
        'create',
        '--event',
        'moon.full',
        '--url',
        URL,
        '-q',
      ]);
      expect({ code, stdout }).toStrictEqual({ code: 0, stdout: 'w-1\n' });
      expect(stderr).toBe(
        '⚠ moon.full is not a documented event type; it is sent as it is. See kycgenie events types.\n',
      );
      expect(bodyOf(api.calls[0]).event_type).toBe('moon.full');
    });

    test('of a group that does not exist are a usage error that names the groups', async () => {
      const { code, stderr } = await api.run(['webhooks', 'create', '--event', 'moon.*', '--url', URL]);
      expect(code).toBe(2);
      expect(stderr).toContain('There is no event group moon.*');
      expect(stderr).toContain('screening.*');
      expect(api.calls).toEqual([]);
    });
  });

  describe('the URL', () => {
    test.each([
      ['https://receiver.example/kyc?team=a#x', {}],
      ['https://127.0.0.1:8443/', {}],
      ['http://127.0.0.1:4242/', {}],
      ['http://localhost:4242/kyc', {}],
      ['http://[::1]:4242/', {}],
    ])('%s may be subscribed at the sandbox', async (url, env) => {
      const created = await api.json(['webhooks', 'create', '--event', 'all', '--url', url], { env });
      expect(created.webhook_url).toBe(url);
    });

    test.each([
      ['http://receiver.example/kyc', 'must be https', 'https://receiver.example/kyc'],
      ['http://127.0.0.1.example.com/', 'must be https', 'https://127.0.0.1.example.com/'],
      ['ftp://receiver.example/', 'not ftp:', ''],
      ['receiver.example/kyc', 'is not a URL', 'https://example.com/kyc'],
      ['https://', 'is not a URL', ''],
      ['', '--url needs a value', ''],
      ['https://receiver.example/a b', 'is not a URL', ''],
      ['https://receiver.example/\u{1b}[2J', 'is not a URL', ''],
    ])('%s is refused, with what to give', async (url, message, hint) => {
      const { code, stdout, stderr } = await api.run(['webhooks', 'create', '--event', 'all', '--url', url]);
      expect({ code, stdout }).toStrictEqual({ code: 2, stdout: '' });
      expect(stderr).toContain(message);
      expect(stderr).toContain(hint);
      expect(api.calls).toEqual([]);
    });

    test('is one: a second one would silently win', async () => {
      const { code, stderr } = await api.run([...PLAIN, '--url', 'https://b.example/']);
      expect(code).toBe(2);
      expect(stderr).toContain('--url is given more than once');
      expect(api.calls).toEqual([]);
    });

    test('on this machine is refused when the API is elsewhere', async () => {
      const env = { KYCGENIE_BASE_URL: 'https://api.example.com' };
      const argv = ['webhooks', 'create', '--event', 'all', '--url', 'http://127.0.0.1:4242/'];
      const { code, stderr } = await api.run(argv, { env });
      expect(code).toBe(2);
      expect(stderr).toContain('api.example.com cannot deliver to this machine over http');
      expect(stderr).toContain('kycgenie sandbox');
    });
  });

  describe('filters', () => {
    test('come from a file or from standard input', async () => {
      const file = join(api.folder, 'filters.json');
      writeFileSync(file, '{"from": "file"}');
      await api.run([...PLAIN, '--filters', `@${file}`]);
      await api.run([...PLAIN, '--filters', '-'], { stdin: '{"from": "stdin"}\n' });
      expect(api.calls.map((call) => bodyOf(call).filters)).toEqual([{ from: 'file' }, { from: 'stdin' }]);
    });

    test.each([
      ['{risk: high}', 'is not valid JSON'],
      ['["high"]', 'takes a JSON object'],
      ['null', 'takes a JSON object'],
      ['@/nowhere/filters.json', '/nowhere/filters.json cannot be read'],
    ])('%s is refused', async (filters, message) => {
      const { code, stderr } = await api.run([...PLAIN, '--filters', filters]);
      expect(code).toBe(2);
      expect(stderr).toContain(message);
      expect(api.calls).toEqual([]);
    });
  });

  describe('an idempotency key of the user', () => {
    const KEY = 'deploy-2026-01-19';

    test('makes the same call the same subscription', async () => {
      const first = await api.json([...PLAIN, '--idempotency-key', KEY]);
      const second = await api.json([...PLAIN, '--idempotency-key', KEY]);
      expect(second).toEqual(first);
      expect(api.calls.map(keyOf)).toEqual([KEY, KEY]);
      expect(await webhooks()).toHaveLength(1);
    });

    test('for another call is a conflict', async () => {
      await api.run([...PLAIN, '--idempotency-key', KEY]);
      const { code, stderr } = await api.run([
        ...PLAIN,
        '--description',
        'x',
        '--idempotency-key',
        KEY,
        '--json',
      ]);
      expect(code).toBe(5);
      expect(JSON.parse(stderr).error).toMatchObject({ code: 'conflict', http_status: 409 });
    });

    test.each(['fifteen-letters', 'x'.repeat(256), 'with a space in it'])('%s is refused', async (key) => {
      const { code, stderr } = await api.run([...PLAIN, '--idempotency-key', key]);
      expect(code).toBe(2);
      expect(stderr).toContain('16 to 255');
      expect(api.calls).toEqual([]);
    });

    test('does not go with several types', async () => {
      const { code, stderr } = await api.run([...PLAIN, '--event', 'all', '--idempotency-key', KEY]);
      expect(code).toBe(2);
      expect(stderr).toContain('--idempotency-key goes with a single event type');
      expect(api.calls).toEqual([]);
    });
  });

  describe('what is missing', () => {
    test('is asked for on a terminal: the type from a list that narrows, then the URL until it is one', async () => {
      const person = sitDown();
      const env = { KYCGENIE_NO_INPUT: undefined };
      const running = api.run(['webhooks', 'create'], { env, person });
      await person.shown('Which event type?');
      person.type('resolved or');
      await person.shown('❯ case.resolved');
      person.type(ENTER);
      await person.shown('Deliver to which URL?');
      person.type(`http://receiver.example/${ENTER}`);
      await person.shown('A receiver URL must be https');
      person.type('\u{7f}'.repeat(40));
      person.type(`${URL}${ENTER}`);
      const { code, stdout } = await running;
      expect(code).toBe(0);
      expect(stdout).toContain('Webhook created');
      expect(bodyOf(api.calls[0])).toStrictEqual({ event_type: 'case.resolved', webhook_url: URL });
    });

    test.each<[string, string[], World, string]>([
      ['piped', [], {}, '--event'],
      ['piped, with the type given', ['--event', 'all'], {}, '--url'],
      ['on a terminal under --no-input', ['--no-input'], { person: sitDown() }, '--event'],
      [
        'on a terminal in CI',
        [],
        { person: sitDown(), env: { KYCGENIE_NO_INPUT: undefined, CI: 'true' } },
        '--event',
      ],
    ])('is a usage error that names the flag: %s', async (_what, argv, world, flag) => {
      const env = { KYCGENIE_NO_INPUT: undefined, ...world.env };
      const { code, stdout, stderr } = await api.run(['webhooks', 'create', ...argv], { ...world, env });
      expect({ code, stdout }).toStrictEqual({ code: 2, stdout: '' });
      expect(stderr).toContain(`Give ${flag}.`);
    });

    test('is an API key: exit 4, before anything is asked', async () => {
      const { code, stderr } = await api.run(PLAIN, { env: { KYCGENIE_API_KEY: undefined } });
      expect(code).toBe(4);
      expect(stderr).toContain('kycgenie login');
    });
  });

  test('prints hostile texts of the API harmlessly, and exactly as JSON', async () => {
    const hostile = {
      webhook_id: 'w\u{1b}[2J-1',
      secret_key: 'whsec_0123456789',
      message: '\u{1b}]0;owned\u{7}Hi\u{202e}',
    };
    api.next(answered(201, hostile), answered(201, hostile), answered(201, hostile));
    expect(await api.json(PLAIN)).toMatchObject({ id: hostile.webhook_id, message: hostile.message });
    expect((await api.run([...PLAIN, '-q'])).stdout).toBe('w-1\n');
    expect((await api.run(PLAIN)).stdout).toMatch(/^id {10}w-1$/m);
  });

  test('shows no hostile id when its secret cannot be stored', async () => {
    const secrets = join(api.folder, 'secrets');
    api.next(async () => {
      rmSync(secrets, { recursive: true });
      writeFileSync(secrets, 'in the way');
      const body = JSON.stringify({ webhook_id: 'w\u{1b}[2J; reboot', secret_key: 'whsec_0123456789' });
      return { status: 201, headers: {}, body: Buffer.from(body) };
    });
    const { stderr } = await api.run(PLAIN);
    expect(stderr).toContain('Signing secret of webhook w; reboot, not stored: whsec_0123456789\n');
    expect(stderr).toContain('kycgenie secrets import <webhook_id>');
    expect(stderr).not.toContain('\u{1b}');
  });

  test('reads both error envelopes of the API', async () => {
    api.next(
      answered(400, {
        error: 'Bad.',
        code: 'validation_error',
        request_id: 'r-1',
        errors: { webhook_url: ['No.'] },
      }),
      answered(409, { error: 'conflict', message: 'There is one.', details: { status: 'open' } }),
    );
    const first = JSON.parse((await api.run([...PLAIN, '--json'])).stderr).error;
    expect(first).toMatchObject({
      code: 'validation_error',
      errors: { webhook_url: ['No.'] },
      request_id: 'r-1',
    });
    const second = JSON.parse((await api.run([...PLAIN, '-o', 'ndjson'])).stderr).error;
    expect(second).toMatchObject({ code: 'conflict', details: { status: 'open' }, http_status: 409 });
  });
});
