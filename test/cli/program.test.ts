import { describe, expect, test } from 'vitest';
import { type CommandTree, defineCommand, group, leaf } from '../../src/cli/define.ts';
import { type Parsed, parse } from '../../src/cli/program.ts';
import { COMMANDS } from '../../src/commands/index.ts';
import { VERSION } from '../../src/version.ts';
import { kycgenie } from '../support/cli.ts';

const LOOK = { width: 80, heading: (text: string) => `[${text}]` };

const command = defineCommand({
  description: 'Grows things.',
  examples: [{ command: 'garden plant grow', means: 'a rose' }, { command: 'garden plant grow tulip' }],
  exits: [3, 8],
  setup: (builder) =>
    builder
      .argument('[name]')
      .option('-o, --outside', 'in the open')
      .option('--timeout <when>', 'a timeout of its own'),
  run: async () => null,
  view: () => ({ kind: 'lines', lines: [] }),
});

const loaded: string[] = [];
const load = (name: string) => async () => {
  loaded.push(name);
  return { command };
};

const GARDEN: CommandTree = {
  Plants: {
    plant: group('All about plants', {
      grow: leaf('Let it grow', load('grow')),
      cut: leaf('Cut it', load('cut')),
    }),
  },
  Tools: { water: leaf('Water all', load('water')) },
};

const typed = (...argv: readonly string[]) => parse(GARDEN, argv, LOOK);

async function textOf(...argv: readonly string[]): Promise<string> {
  const parsed = await typed(...argv);
  return parsed.kind === 'text' ? parsed.text : '';
}

async function globalsOf(...argv: readonly string[]) {
  const parsed: Parsed = await parse(COMMANDS, argv, LOOK);
  return parsed.kind === 'command' ? parsed.globals : null;
}

describe('parsing', () => {
  test('loads the module of the command that was typed, and no other', async () => {
    loaded.length = 0;
    await typed('plant', 'grow', 'rose');
    await typed('--help');
    await typed('plant', '--help');
    await expect(typed('plant', 'gro')).rejects.toMatchObject({ kind: 'usage' });
    expect(loaded).toEqual(['grow']);
  });

  test('gives arguments and options', async () => {
    expect(await typed('plant', 'grow', 'rose', '--outside')).toMatchObject({
      kind: 'command',
      command,
      args: ['rose'],
      options: { outside: true },
    });
  });

  test.each([
    [['--json', '--profile', 'live', 'webhooks', 'list']],
    [['webhooks', '--json', '--profile', 'live', 'list']],
    [['webhooks', 'list', '--json', '--profile', 'live']],
    [['--json', 'webhooks', '--profile=live', 'list']],
  ])('takes global options anywhere: %j', async (argv) => {
    expect(await globalsOf(...argv)).toEqual({ json: true, profile: 'live' });
  });

  test('lets the innermost of several win', async () => {
    expect(await globalsOf('--profile', 'a', 'webhooks', '--profile', 'b', 'list', '--profile', 'c')).toEqual(
      {
        profile: 'c',
      },
    );
    expect(await globalsOf('-o', 'yaml', 'webhooks', 'list')).toEqual({ output: 'yaml' });
    expect(await globalsOf('--no-input', 'webhooks', 'list')).toEqual({ input: false });
  });

  test('leaves an option to the command that has one of the same name', async () => {
    const parsed = await typed('plant', 'grow', '-o', '--timeout', 'noon', '--output', 'json');
    expect(parsed).toMatchObject({
      options: { outside: true, timeout: 'noon' },
      globals: { output: 'json' },
    });
    expect(parsed.kind === 'command' && parsed.globals.timeout).toBeUndefined();
  });

  test.each([
    [['plnt'], "Unknown command 'plnt'", 'Did you mean plant?'],
    [['plant', 'gorw'], "Unknown command 'gorw'", 'Did you mean grow?'],
    [['water', '--jsno'], "Unknown option '--jsno'", 'Did you mean --json?'],
    [['water', '--xyzzy'], "Unknown option '--xyzzy'", 'Add --help to see what it takes.'],
    [['water', '--profile'], "Option '--profile <name>' argument missing", 'Add --help'],
    [['water', 'a', 'b'], 'Too many arguments', 'Add --help'],
  ])('%j is a usage error that suggests', async (argv, message, hint) => {
    await expect(typed(...argv)).rejects.toMatchObject({
      kind: 'usage',
      message: expect.stringContaining(message),
      hint: expect.stringContaining(hint),
    });
  });
});

describe('help', () => {
  test('of the program lists commands under their headings, in order, then the global options', async () => {
    const text = await textOf('--help');
    const order = [
      '[Plants:]',
      'plant',
      'All about plants',
      '[Tools:]',
      'water',
      '[Global options, before or after',
    ];
    const places = order.map((part) => text.indexOf(part));
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(places).not.toContain(-1);
    expect(text).toContain('--version');
    expect(text).not.toMatch(/\n\n$/);
  });

  test('of a group lists its commands', async () => {
    for (const argv of [['plant'], ['plant', '--help'], ['help', 'plant']]) {
      const text = await textOf(...argv);
      expect(text).toContain('Usage: kycgenie plant <command> [options]'.replace('Usage:', '[Usage:]'));
      expect(text).toMatch(/^ {2}grow +Let it grow$/m);
      expect(text).not.toContain('[Global options');
    }
  });

  test('of a command is asked for with help, too, after global options', async () => {
    const text = await textOf('plant', 'grow', '--help');
    for (const argv of [
      ['help'],
      ['--json', 'help'],
      ['--profile', 'help', 'help'],
      ['-o', 'json', '-q', 'help'],
    ])
      expect(await textOf(...argv, 'plant', 'grow')).toBe(text);
    expect(await textOf('--no-input', 'help')).toBe(await textOf('--help'));
    expect(await typed('water', 'help')).toMatchObject({ kind: 'command', args: ['help'] });
  });

  test('of a command has summary, description, options in groups, examples and exit codes', async () => {
    const text = await textOf('plant', 'grow', '--help');
    expect(text).toContain('Let it grow.\n\nGrows things.');
    expect(text).toMatch(/\[Options:\]\n {2}-o, --outside +in the open/);
    expect(text).toMatch(/\[Global options:\]\n {2}--output <format>/);
    expect(text).not.toContain('time-out of one request');
    expect(text).toContain('[Examples:]\n  # a rose\n  $ garden plant grow\n  $ garden plant grow tulip');
    expect(text).toMatch(/\[Exit codes beside 0, 1 and 2:\]\n {2}3 {3}not found\n {2}8 {3}a condition/);
  });

  test('is no wider than the terminal, and no wider than good to read', async () => {
    for (const [columns, widest] of [
      [60, 60],
      [400, 100],
    ] as const) {
      const { stdout } = await kycgenie(['webhooks', 'create', '--help'], {
        columns,
        env: { NO_COLOR: '1' },
      });
      const options = stdout.slice(0, stdout.indexOf('Examples:')).split('\n');
      expect(Math.max(...options.map((line) => line.length))).toBeLessThanOrEqual(widest);
    }
  });

  test('has coloured headings on a terminal alone', async () => {
    expect((await kycgenie(['--help'])).stdout).not.toContain('\u{1b}');
    expect((await kycgenie(['--help'], { columns: 80 })).stdout).toContain('\u{1b}[1mWebhooks:');
    expect((await kycgenie(['--help', '--color', 'never'], { columns: 80 })).stdout).not.toContain('\u{1b}');
    expect((await kycgenie(['--help', '--color=always'])).stdout).toContain('\u{1b}[1m');
  });

  test('is data on stdout, and no failure', async () => {
    for (const argv of [[], ['-h'], ['webhooks'], ['webhooks', 'create', '-h']]) {
      const { code, stdout, stderr } = await kycgenie(argv);
      expect({ code, stderr }).toStrictEqual({ code: 0, stderr: '' });
      expect(stdout).toContain('Usage: kycgenie');
    }
  });
});

test.each(['--version', '-V'])('%s prints the version', async (flag) => {
  expect(await kycgenie([flag])).toStrictEqual({ code: 0, stdout: `${VERSION}\n`, stderr: '' });
});
