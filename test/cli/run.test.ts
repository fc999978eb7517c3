import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  type AnyCommand,
  type CommandTree,
  defineCommand,
  defineList,
  defineStream,
  leaf,
} from '../../src/cli/define.ts';
import { Failure } from '../../src/errors.ts';
import { dim, lines } from '../../src/terminal/view.ts';
import { kycgenie, type World } from '../support/cli.ts';
import {
  answered,
  type Fault,
  interruptedBy,
  refused,
  startSandbox,
  type TestSandbox,
} from '../support/sandbox.ts';

const ESC = '\u{1b}';

const tree = (command: AnyCommand): CommandTree => ({
  Probes: { probe: leaf('A probe', async () => ({ command })) },
});
const probe = (command: AnyCommand, argv: readonly string[] = [], world: World = {}) =>
  kycgenie(['probe', ...argv], { ...world, tree: tree(command) });

const failing = (error: unknown) =>
  defineCommand({
    examples: [],
    setup: (command) => command,
    run: () => Promise.reject(error),
    view: () => lines(),
  });

const counting = defineList({
  examples: [],
  setup: (command) => command,
  async *run() {
    for (let n = 1; n <= 3; n += 1) yield { id: `n-${n}`, note: n === 2 ? undefined : null };
  },
  view: (items) => ({
    kind: 'table',
    columns: [{ title: 'ID' }],
    rows: items.map(({ id }) => [id]),
    empty: '',
  }),
  id: ({ id }) => id,
});

const ticking = defineStream({
  examples: [],
  setup: (command) => command,
  async *run() {
    yield { type: 'ready', pid: 1 };
    yield { type: 'tick', pid: 2 };
    yield { type: 'silence', pid: 3 };
  },
  view: ({ type, pid }) => (type === 'silence' ? null : lines([dim(`${type} `), String(pid)])),
  id: ({ type, pid }) => (type === 'tick' ? String(pid) : null),
});

describe('output', () => {
  test.each<[string, string[], string]>([
    ['a list as a table', [], 'ID\nn-1\nn-2\nn-3\n'],
    ['a list as ids', ['-q'], 'n-1\nn-2\nn-3\n'],
    ['a list as ids, whatever the format', ['-q', '--json'], 'n-1\nn-2\nn-3\n'],
    [
      'a list as NDJSON',
      ['-o', 'ndjson'],
      '{"id":"n-1","note":null}\n{"id":"n-2","note":null}\n{"id":"n-3","note":null}\n',
    ],
    [
      'a list as NDJSON, where --json is given too',
      ['--json', '-o', 'ndjson'],
      '{"id":"n-1","note":null}\n{"id":"n-2","note":null}\n{"id":"n-3","note":null}\n',
    ],
    [
      'a list as YAML',
      ['--output=yaml'],
      '- id: n-1\n  note: null\n- id: n-2\n  note: null\n- id: n-3\n  note: null\n',
    ],
  ])('is %s', async (_what, argv, stdout) => {
    expect(await probe(counting, argv)).toStrictEqual({ code: 0, stdout, stderr: '' });
  });

  test('is a list as one JSON array', async () => {
    const { stdout } = await probe(counting, ['--json']);
    expect(JSON.parse(stdout)).toEqual(['n-1', 'n-2', 'n-3'].map((id) => ({ id, note: null })));
  });

  test.each<[string, string[], string]>([
    ['drawn as they come', [], 'ready 1\ntick 2\n'],
    [
      'one object a line, under --json too',
      ['--json'],
      '{"type":"ready","pid":1}\n{"type":"tick","pid":2}\n{"type":"silence","pid":3}\n',
    ],
    [
      'documents of YAML',
      ['-o', 'yaml'],
      '---\ntype: ready\npid: 1\n---\ntype: tick\npid: 2\n---\ntype: silence\npid: 3\n',
    ],
    ['ids', ['-q'], '2\n'],
  ])('is events %s', async (_what, argv, stdout) => {
    expect(await probe(ticking, argv)).toStrictEqual({ code: 0, stdout, stderr: '' });
  });

  test.each<[string, string[], World, boolean]>([
    ['on a terminal', [], { columns: 80 }, true],
    ['piped', [], {}, false],
    ['with --color always', ['--color', 'always'], {}, true],
    ['with --color never', ['--color', 'never'], { columns: 80 }, false],
    ['under NO_COLOR', [], { columns: 80, env: { NO_COLOR: '1' } }, false],
    ['under an empty NO_COLOR', [], { columns: 80, env: { NO_COLOR: '' } }, true],
    ['under FORCE_COLOR', [], { env: { FORCE_COLOR: '1' } }, true],
    ['on a dumb terminal', [], { columns: 80, env: { TERM: 'dumb' } }, false],
  ])('is coloured or not %s', async (_what, argv, world, colored) => {
    expect((await probe(ticking, argv, world)).stdout.includes(ESC)).toBe(colored);
  });

  test('as JSON is never coloured when piped', async () => {
    const { stdout } = await probe(counting, ['--json', '--color', 'always'], { env: { FORCE_COLOR: '1' } });
    expect(stdout).not.toContain(ESC);
  });

  test.each([
    [['-o', 'xml'], '--output takes table, json, ndjson, yaml, not "xml"'],
    [['--color', 'maybe'], '--color takes auto, always, never, not "maybe"'],
    [['--json', '-o', 'yaml'], '--json and --output yaml exclude each other'],
    [['--json', '-o', 'table'], '--json and --output table exclude each other'],
  ])('%j is a usage error', async (argv, message) => {
    const { code, stdout, stderr } = await probe(counting, argv);
    expect({ code, stdout }).toStrictEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
  });
});

describe('a reader that has left', () => {
  const value = defineCommand({
    examples: [],
    setup: (command) => command,
    run: async () => ({ id: 'v' }),
    view: () => lines('v'),
    exit: () => 8,
  });

  test.each<[string, AnyCommand, string[]]>([
    ['a value', value, []],
    ['a value as JSON', value, ['--json']],
    ['a list', counting, []],
    ['a list as NDJSON', counting, ['-o', 'ndjson']],
    ['events', ticking, []],
    ['help', value, ['--help']],
  ])('of %s ends the program quietly with exit 0', async (_what, command, argv) => {
    expect(await probe(command, argv, { stdoutWrites: 0 })).toStrictEqual({
      code: 0,
      stdout: '',
      stderr: '',
    });
  });

  test('ends what goes on, and lets it clean up', async () => {
    let cleaned = false;
    const endless = defineStream({
      examples: [],
      setup: (command) => command,
      async *run() {
        try {
          for (;;) yield { type: 'tick' };
        } finally {
          cleaned = true;
        }
      },
      view: ({ type }) => lines(type),
    });
    expect((await probe(endless, [], { stdoutWrites: 3 })).code).toBe(0);
    expect(cleaned).toBe(true);
  });

  test('of stderr changes no exit code', async () => {
    const error = new Failure('not_found', 'Nothing there');
    expect(await probe(failing(error), [], { stderrClosed: true })).toMatchObject({ code: 3, stdout: '' });
    const talking = defineCommand({
      examples: [],
      setup: (command) => command,
      run: async ({ talk }) => {
        talk.warn('Careful');
        return { id: 'v' };
      },
      view: () => lines('v'),
    });
    expect(await probe(talking, [], { stderrClosed: true })).toMatchObject({ code: 0, stdout: 'v\n' });
  });
});

describe('an error', () => {
  test('that nobody foresaw is exit 1, without a stack trace unless --debug', async () => {
    const bug = failing(new TypeError('x is not a function'));
    const { code, stdout, stderr } = await probe(bug);
    expect({ code, stdout }).toStrictEqual({ code: 1, stdout: '' });
    expect(stderr).toBe(
      '✗ Unexpected failure: x is not a function\n  Run it again with --debug to see where it failed.\n',
    );
    expect((await probe(bug, ['--debug'])).stderr).toMatch(/^ {2}at .*run\.test\.ts/m);
    expect((await probe(failing('a text'))).stderr).toContain('Something failed without saying why');
  });

  test('is one line of JSON under --json and -o ndjson, and text elsewhere', async () => {
    const command = failing(new Failure('usage', 'No.', { hint: 'Do.' }));
    for (const argv of [['--json'], ['-o', 'json'], ['-o', 'ndjson'], ['--json', '-q']]) {
      const { code, stderr } = await probe(command, argv);
      expect(code).toBe(2);
      expect(stderr).toBe(
        '{"error":{"code":"usage","message":"No.","http_status":null,"request_id":null,"errors":null,"details":null,"hint":"Do.","exit_code":2}}\n',
      );
    }
    for (const argv of [[], ['-q'], ['-o', 'yaml'], ['-o', 'table']])
      expect((await probe(command, argv)).stderr).toBe('✗ No.\n  Do.\n');
  });

  test('says under --debug where it came from, without the texts of its causes', async () => {
    const cause = Object.assign(new Error(`secret ${ESC}[2J`), { code: 'EIO' });
    const command = failing(new Failure('network', 'No.', { cause: new Error('another', { cause }) }));
    const human = (await probe(command, ['--debug'])).stderr;
    expect(human).toMatch(/^✗ No\.\n {2}at .*\n/);
    expect(human).toMatch(/ {2}caused by Error\n {2}caused by Error \(EIO\)\n$/);
    const machine = (await probe(command, ['--debug', '--json'])).stderr.trimEnd().split('\n');
    expect(machine[0]).toMatch(/^at /);
    expect(JSON.parse(machine.at(-1) ?? '').error).toMatchObject({ code: 'network', exit_code: 7 });
    for (const text of [human, ...machine])
      for (const hidden of ['secret', 'another', ESC]) expect(text).not.toContain(hidden);
  });

  test.each([
    [['--json', 'nope']],
    [['nope', '--json']],
    [['nope', '-o', 'ndjson']],
    [['nope', '--output=json']],
    [['probe', '--nope', '--json']],
    [['probe', '--json', '-o', 'yaml']],
  ])('in the arguments is JSON, too: %j', async (argv) => {
    const { code, stdout, stderr } = await kycgenie(argv, { tree: tree(counting) });
    expect({ code, stdout }).toStrictEqual({ code: 2, stdout: '' });
    expect(JSON.parse(stderr).error).toMatchObject({ code: 'usage', exit_code: 2 });
  });

  test('is coloured by the terminal of stderr, and in ASCII where there is no UTF-8', async () => {
    const command = failing(new Failure('not_found', 'Nothing there'));
    expect((await probe(command, [], { columns: 80 })).stderr).toContain(`${ESC}[31m✗`);
    expect((await probe(command, ['--color=never'], { columns: 80 })).stderr).toBe('✗ Nothing there\n');
    expect((await probe(command, [], { env: { LC_ALL: 'C' } })).stderr).toBe('x Nothing there\n');
  });
});

describe('the talk', () => {
  const talking = defineCommand({
    examples: [],
    setup: (command) => command,
    run: async ({ talk }) => {
      talk.notice(`Half way ${ESC}[2Jthere`);
      talk.warn('Careful');
      talk.raw('for programs');
      return { id: 'v' };
    },
    view: () => lines('v'),
    ids: ({ id }) => [id],
  });

  test('goes to stderr, data to stdout', async () => {
    expect(await probe(talking)).toStrictEqual({
      code: 0,
      stdout: 'v\n',
      stderr: 'Half way there\n⚠ Careful\nfor programs\n',
    });
    expect((await probe(talking, ['--json'])).stdout).toBe('{\n  "id": "v"\n}\n');
  });

  test('is without notices under --quiet', async () => {
    expect(await probe(talking, ['-q'])).toStrictEqual({
      code: 0,
      stdout: 'v\n',
      stderr: '⚠ Careful\nfor programs\n',
    });
  });
});

describe('with the real commands', () => {
  let api: TestSandbox;

  beforeEach(async () => {
    api = await startSandbox();
  });

  afterEach(() => api.close());

  const server = answered(500, { error: 'Oops.', code: 'server_error' });
  const stop = () => new AbortController();

  test.each<[number, string, string[], Fault[], Record<string, string | undefined>?]>([
    [0, 'done', ['webhooks', 'list'], []],
    [2, 'a flag that is not known', ['webhooks', 'list', '--nope'], []],
    [2, 'a question that cannot be asked', ['webhooks', 'delete', 'w-1'], []],
    [
      2,
      'a base URL that would send the key in the clear',
      ['webhooks', 'list', '--base-url', 'http://api.example.com'],
      [],
    ],
    [3, 'what is not there', ['webhooks', 'get', 'gone'], []],
    [4, 'no key', ['webhooks', 'list'], [], { KYCGENIE_API_KEY: undefined }],
    [
      4,
      'a wrong key',
      ['webhooks', 'list'],
      [],
      { KYCGENIE_API_KEY: 'kycg_ffffffffffffffffffffffffffffffff' },
    ],
    [4, 'a key that may not', ['webhooks', 'list'], [answered(403, { error: 'No.', code: 'forbidden' })]],
    [5, 'a rejection', ['webhooks', 'create', '--event', 'moon.full', '--url', 'https://a.example/'], []],
    [6, 'a failing API', ['webhooks', 'list'], [server]],
    [6, 'a limit', ['webhooks', 'list', '--max-retries', '0'], [answered(429, { error: 'Slow.' })]],
    [7, 'no connection', ['webhooks', 'list'], [refused]],
    [8, 'a test delivery that failed', ['webhooks', 'test', '--url', 'http://127.0.0.1:1/'], []],
  ])('exit %i is %s', async (code, _what, argv, faults, env = {}) => {
    api.next(...faults);
    const ran = await api.run(argv, { env });
    expect(ran.code).toBe(code);
    if (code !== 0 && code !== 8) expect(ran.stdout).toBe('');
    if (code !== 0 && code !== 8) expect(ran.stderr).toMatch(/^(?:⚠ .*\n)?✗ /);
  });

  test('exit 1 is a store that cannot be used', async () => {
    writeFileSync(join(api.folder, 'secrets'), 'in the way');
    const { code, stderr } = await api.run([
      'webhooks',
      'create',
      '--event',
      'all',
      '--url',
      'https://a.example/',
    ]);
    expect(code).toBe(1);
    expect(stderr).toContain('secrets');
  });

  test.each([
    ['interrupted', 130],
    ['terminated', 143],
  ] as const)('%s is exit %i', async (kind, code) => {
    const end = stop();
    api.next((request, pass) => {
      end.abort(new Failure(kind, 'Stopped'));
      return interruptedBy(end)(request, pass);
    });
    expect(await api.run(['webhooks', 'list'], { signal: end.signal })).toMatchObject({ code, stdout: '' });
  });

  test('--debug traces each try on stderr, without the key and without anything hostile', async () => {
    api.next(
      async () => ({
        status: 503,
        headers: { 'x-note': `a${ESC}[2Jb`, 'set-cookie': 'session=1' },
        body: Buffer.from(`{"error": "Later, ${api.key}.", "code": "unavailable"}`),
      }),
      refused,
    );
    const { code, stdout, stderr } = await api.run(['webhooks', 'list', '--debug']);
    expect({ code, stdout }).toStrictEqual({ code: 7, stdout: '' });
    expect(stderr).toContain('> GET http://127.0.0.1:4010/api/v2/webhooks/ (attempt 1)\n');
    expect(stderr).toMatch(/^< 503 GET http:\S+ in \d+ ms$/m);
    expect(stderr).toMatch(/^ {2}again in \d+ ms: Later, /m);
    expect(stderr).toContain('> GET http://127.0.0.1:4010/api/v2/webhooks/ (attempt 2)\n');
    expect(stderr).toMatch(/^< GET http:\S+ failed after \d+ ms: .*refused/m);
    expect(stderr).toContain('  x-note: ab\n');
    expect(stderr).not.toContain('session=1');
    expect(stderr).not.toContain(api.key);
    expect(stderr).not.toContain(ESC);
  });

  test('without --debug nothing is traced', async () => {
    expect((await api.run(['webhooks', 'list', '-q'])).stderr).toBe('');
  });

  test('the key is read from a file, or from standard input', async () => {
    const env = { KYCGENIE_API_KEY: undefined };
    const file = join(api.folder, 'key');
    writeFileSync(file, `${api.key}\n`);
    expect((await api.run(['--api-key-file', file, 'webhooks', 'list'], { env })).code).toBe(0);
    expect((await api.run(['webhooks', 'list', '--api-key-file=-'], { env, stdin: api.key })).code).toBe(0);
    expect((await api.run(['webhooks', 'list', '--api-key-file', '-'], { env, stdin: '' })).code).toBe(2);
  });

  test('settings reach the calls: version, retries, time-out', async () => {
    await api.run(['webhooks', 'list', '--api-version', 'v1', '--timeout', '7s']);
    expect(api.calls[0]).toMatchObject({ timeoutMs: 7000 });
    expect(api.calls[0]?.url.pathname).toBe('/api/v1/webhooks/');
    api.next(answered(503), answered(503), answered(503));
    expect((await api.run(['webhooks', 'list', '--max-retries', '1'])).code).toBe(6);
    expect(api.calls).toHaveLength(3);
  });
});

test('a real socket that refuses is exit 7', async () => {
  const env = {
    KYCGENIE_BASE_URL: 'http://127.0.0.1:1',
    KYCGENIE_API_KEY: 'kycg_0123456789',
    KYCGENIE_CONFIG_DIR: '/nowhere',
  };
  const { code, stderr } = await kycgenie(['webhooks', 'list'], { env });
  expect(code).toBe(7);
  expect(stderr).toContain('127.0.0.1:1');
});
