import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Context } from '../../src/cli/context.ts';
import { type CommandTree, defineCommand, defineList, defineStream, leaf } from '../../src/cli/define.ts';
import { Failure } from '../../src/errors.ts';
import { lines } from '../../src/terminal/view.ts';
import { kycgenie, sitDown, temporaryHome, type World } from '../support/cli.ts';

let home: ReturnType<typeof temporaryHome>;

beforeEach(() => {
  home = temporaryHome();
});

afterEach(() => home.remove());

const number = defineCommand({
  examples: [],
  setup: (command) => command.argument('<n>').option('--double', 'twice'),
  run: async ({ env, talk }, { double }, n) => {
    talk.warn('nobody hears this');
    if (n === 'bad') throw new Failure('not_found', 'No such number');
    return { n: Number(n) * (double ? 2 : 1), from: env['WHERE'] ?? null };
  },
  view: ({ n }) => lines(`the number ${n}`),
  exit: ({ n }) => (n > 9 ? 8 : 0),
});

const letters = defineList({
  examples: [],
  setup: (command) => command,
  async *run() {
    yield* ['a', 'b'];
  },
  view: (all) => lines(all.join(' ')),
  id: (letter) => letter,
});

const ticks = defineStream({
  examples: [],
  setup: (command) => command,
  async *run({ signal }) {
    yield { type: 'first' };
    yield { type: signal.aborted ? 'stopped' : 'second' };
  },
  view: ({ type }) => lines(type),
});

/** Runs `work` as a command beside the others, and gives what it gave. */
async function within<T>(
  work: (context: Context) => Promise<T>,
  world: World = {},
  argv: readonly string[] = [],
) {
  const box: { value?: T } = {};
  const command = defineCommand({
    examples: [],
    setup: (builder) => builder,
    run: async (context) => {
      box.value = await work(context);
    },
    view: () => lines(),
  });
  const load = (loaded: typeof number) => leaf('A probe', async () => ({ command: loaded }));
  const tree: CommandTree = {
    Probes: { probe: load(command), number: load(number), letters: load(letters), ticks: load(ticks) },
  };
  const ran = await kycgenie(['probe', ...argv], { ...world, tree, env: { ...home.env, ...world.env } });
  return { ...ran, value: box.value };
}

describe('invoking another command', () => {
  const inside = (signal = new AbortController().signal) => ({ env: { WHERE: 'inside' }, signal });

  test('gives its value, view and exit code, and prints nothing', async () => {
    const { value, code, stdout, stderr } = await within(({ invoke }) =>
      invoke(['number', '7', '--double'], inside()),
    );
    expect({ code, stdout, stderr }).toStrictEqual({ code: 0, stdout: '', stderr: '' });
    expect(value).toMatchObject({ kind: 'value', data: { n: 14, from: 'inside' }, exit: 8 });
    expect(value?.kind === 'value' && value.view()).toEqual(lines('the number 14'));
  });

  test('gives a list as its value', async () => {
    const { value } = await within(({ invoke }) => invoke(['letters'], inside()));
    expect(value).toMatchObject({ kind: 'value', data: ['a', 'b'], exit: 0 });
    expect(value?.kind === 'value' && value.view()).toEqual(lines('a b'));
  });

  test('gives events as they come, under a signal of its own', async () => {
    const stop = new AbortController();
    const { value } = await within(async ({ invoke }) => {
      const invoked = await invoke(['ticks'], inside(stop.signal));
      const types: unknown[] = [];
      if (invoked.kind === 'stream')
        for await (const { data } of invoked.items) {
          types.push(data);
          stop.abort();
        }
      return types;
    });
    expect(value).toEqual([{ type: 'first' }, { type: 'stopped' }]);
  });

  test.each([
    [['number', 'bad'], 3, 'No such number'],
    [['nope'], 2, "Unknown command 'nope'"],
    [['number', '--help'], 2, 'Only commands can be invoked'],
  ])('%j throws what it throws', async (argv, code, message) => {
    const ran = await within(({ invoke }) => invoke(argv, inside()));
    expect(ran.code).toBe(code);
    expect(ran.stderr).toContain(message);
  });
});

describe('the context', () => {
  test('makes each thing once', async () => {
    const makers = ({ settings, secrets, journal, profiles, places, ask }: Context) => [
      ...[settings, secrets, journal, profiles, places, ask],
    ];
    const { value } = await within((context) =>
      Promise.all(makers(context).map(async (make) => [await make(), await make()] as const)),
    );
    expect(value).toHaveLength(6);
    for (const [first, second] of value ?? []) expect(first).toBe(second);
  });

  test('reads standard input once, whole', async () => {
    const stdin = 'zwölf\n';
    const { value } = await within(async (context) => [await context.stdin(), await context.readInput('-')], {
      stdin,
    });
    expect(value).toEqual([stdin, stdin]);
  });

  test('stops reading standard input when the run is interrupted', async () => {
    const stop = new AbortController();
    const person = sitDown();
    const world = { stdin: '', person, signal: stop.signal };
    const running = within(({ stdin }) => stdin(), world);
    person.stdin.write('half of it');
    while (person.stdin.listenerCount('readable') === 0) await new Promise(setImmediate);
    stop.abort(new Failure('interrupted', 'Interrupted'));
    expect((await running).code).toBe(130);
    expect(person.stdin.destroyed).toBe(true);
  });

  test('knows whether ids alone are printed', async () => {
    expect((await within(async ({ quiet }) => quiet)).value).toBe(false);
    expect((await within(async ({ quiet }) => quiet, {}, ['-q'])).value).toBe(true);
  });

  test('reads a file whole', async () => {
    const path = join(home.folder, 'file');
    writeFileSync(path, 'zwölf');
    expect((await within(({ readInput }) => readInput(path))).value).toBe('zwölf');
  });

  test('reads nothing that is too long, missing, no file, or a terminal', async () => {
    const long = join(home.folder, 'long');
    const folder = join(home.folder, 'folder');
    writeFileSync(long, 'x'.repeat(1024 * 1024 + 1));
    mkdirSync(folder);
    for (const [path, message] of [
      [long, 'holds more than 1024 KiB'],
      [join(home.folder, 'missing'), 'cannot be read'],
      [folder, 'cannot be read'],
    ] as const) {
      const { code, stderr } = await within(({ readInput }) => readInput(path));
      expect(code).toBe(2);
      expect(stderr).toContain(`${path} ${message}`);
    }
    const { code, stderr } = await within(({ stdin }) => stdin(), { columns: 80, env: { NO_COLOR: '1' } });
    expect(code).toBe(2);
    expect(stderr).toContain('Standard input is a terminal');
  });

  test('has no API without a key, and one with a key that is given', async () => {
    const { code, stderr } = await within(({ api }) => api());
    expect(code).toBe(4);
    expect(stderr).toContain('kycgenie sandbox');
  });

  test('knows its places where the profile holds a bad value', async () => {
    const profiles = { default: { timeout: 'soon' } };
    writeFileSync(join(home.folder, 'config.json'), JSON.stringify({ version: 1, profiles }));
    const { code, value } = await within(async ({ places }) => (await places()).configDir.value);
    expect({ code, value }).toStrictEqual({ code: 0, value: home.folder });
    expect((await within(({ settings }) => settings())).code).toBe(2);
  });

  test('takes no progress line for data, and draws it on a terminal alone', async () => {
    const work = async ({ talk }: Context) => {
      const progress = talk.progress('Working', 2);
      progress.advance();
      talk.notice('half');
      progress.end();
    };
    expect((await within(work)).stderr).toBe('half\n');
    expect((await within(work, { columns: 80, env: { TERM: 'dumb' } })).stderr).toBe('half\n');
    expect((await within(work, { columns: 80, env: { NO_COLOR: '1' } })).stderr).toContain('Working');
  });
});
