import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type AnyCommand, type Group, isGroup, type Leaf } from '../src/cli/define.ts';
import { parse } from '../src/cli/program.ts';
import { COMMANDS } from '../src/commands/index.ts';

/** What ARCHITECTURE.md and CONTRIBUTING.md promise and no other check holds. */

const ROOT = join(import.meta.dirname, '..');
const LOOK = { width: 80, heading: (text: string) => text };

/** Of .dependency-cruiser.cjs, as far as it is read here. */
interface Rule {
  readonly name: string;
  readonly from: { readonly pathNot?: string };
}

type Found = readonly [words: readonly string[], leaf: Leaf];

function leaves(commands: Group['commands'], above: readonly string[] = []): Found[] {
  return Object.entries(commands).flatMap(([name, node]): Found[] =>
    isGroup(node) ? leaves(node.commands, [...above, name]) : [[[...above, name], node]],
  );
}

const ALL = Object.values(COMMANDS)
  .flatMap((commands) => leaves(commands))
  .map(([words, leaf]) => ({ name: words.join(' '), words, leaf }));

function sourceFiles(...folders: readonly string[]): readonly string[] {
  return readdirSync(join(ROOT, ...folders), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => file.replaceAll('\\', '/'));
}

const read = (...path: readonly string[]): string => readFileSync(join(ROOT, ...path), 'utf8');

/** The runs of the tool in an example, each as its arguments: split as a shell does, as far as examples go. */
function runsIn(example: string): readonly (readonly string[])[] {
  const pipe = [...example.matchAll(/'([^']*)'|"([^"]*)"|(\|+|[^\s|]+)/g)].map(
    ([, single, double, bare]) => single ?? double ?? bare ?? '',
  );
  return pipe.flatMap((word, at) => {
    if (word !== 'kycgenie') return [];
    const rest = pipe.slice(at + 1);
    const end = rest.findIndex((next) => /^(?:\||\d?[<>])/.test(next));
    const piped = pipe.slice(0, at).includes('xargs') ? ['an-id'] : [];
    return [[...(end < 0 ? rest : rest.slice(0, end)), ...piped]];
  });
}

/** The command that these arguments run; that of `help` where they ask for help. */
async function parsedCommand(argv: readonly string[]): Promise<AnyCommand> {
  const parsed = await parse(COMMANDS, argv, LOOK);
  return parsed.kind === 'command' ? parsed.command : (await import('../src/commands/help.ts')).command;
}

describe.each(ALL)('kycgenie $name', ({ name, words, leaf }) => {
  it('has a summary of one line, and help with usage, options, examples and exit codes', async () => {
    const { command } = await leaf.load();
    const parsed = await parse(COMMANDS, [...words, '--help'], LOOK);
    const help = parsed.kind === 'text' ? parsed.text : '';
    expect(leaf.summary).toMatch(/^[A-Z][^\n]{5,60}[^.\n]$/);
    expect(help).toContain(`Usage: kycgenie ${name}`);
    expect(help).toContain(`\n${leaf.summary}`);
    expect(help).toContain('Global options:');
    for (const example of command.examples) expect(help).toContain(`  $ ${example.command}`);
    for (const code of command.exits) expect(help).toMatch(new RegExp(`^  ${code} `, 'm'));
  });

  it('has two to five examples, which parse as this command', async () => {
    const { command } = await leaf.load();
    expect(command.examples.length).toBeGreaterThanOrEqual(2);
    expect(command.examples.length).toBeLessThanOrEqual(5);
    for (const example of command.examples) {
      const commands = await Promise.all(runsIn(example.command).map(parsedCommand));
      expect(commands, example.command).toContain(command);
    }
  });

  it('takes no key or secret as the value of a flag', async () => {
    const parsed = await parse(COMMANDS, [...words, '--help'], LOOK);
    const flags =
      parsed.kind === 'text' ? [...parsed.text.matchAll(/(--[a-z-]*(?:key|secret)[a-z-]*) </g)] : [];
    const harmless = [
      ...['--api-key-file', '--secret-env', '--idempotency-key', '--tls-key'],
      // Where a secret goes, not what it is.
      ...['--secret-file', '--secret-exec'],
    ];
    expect(flags.map(([, flag]) => flag).filter((flag) => !harmless.includes(flag ?? ''))).toEqual([]);
  });

  it('has a test file', () => {
    const group = words.slice(0, -1);
    const candidates = [words, ...(group.length > 0 ? [group] : [])].map(
      (path) => `${path.join('/')}.test.ts`,
    );
    const found = candidates.some((path) => existsSync(join(ROOT, 'test', 'commands', path)));
    expect(found, `one of ${candidates.join(', ')} in test/commands`).toBe(true);
  });
});

describe('the command tree', () => {
  it('has every file that defines a command, at the words typed', () => {
    const defining = sourceFiles('src', 'commands').filter((file) =>
      /^export const command\b/m.test(read('src', 'commands', file)),
    );
    expect(defining.sort()).toEqual(ALL.map(({ words }) => `${words.join('/')}.ts`).sort());
  });
});

describe('a third-party package', () => {
  const { forbidden }: { forbidden: readonly Rule[] } = createRequire(import.meta.url)(
    join(ROOT, '.dependency-cruiser.cjs'),
  );
  const owned = forbidden.flatMap(({ name, from: { pathNot = '' } }) => {
    const packages = /^one-owner: (?!node:)(.+)$/.exec(name)?.[1]?.split('|') ?? [];
    return packages.map((each): readonly [string, RegExp] => [each, new RegExp(pathNot)]);
  });
  const quoted = (text: string): readonly string[] =>
    [...text.matchAll(/`([^`]+)`/g)].map(([, code]) => code ?? '');
  const [, section = ''] = /^## Dependencies$(.+?)^## /ms.exec(read('ARCHITECTURE.md')) ?? [];
  const rows = [...section.matchAll(/^\|(.+?)\|(.+?)\|(.+?)\|$/gm)].map(
    ([, packages = '', owner = '', why = '']) => ({
      packages: quoted(packages),
      owners: quoted(owner),
      why: why.trim(),
    }),
  );

  it.each(owned)('%s has a row in ARCHITECTURE.md, with its owner and its reason', (name, path) => {
    const row = rows.find(({ packages }) =>
      packages.some((each) => each === name || each.startsWith(`${name}/`)),
    );
    expect(row).toMatchObject({ why: expect.stringMatching(/\w/) });
    expect(row?.owners).not.toEqual([]);
    for (const owner of row?.owners ?? []) expect(owner).toMatch(path);
  });

  it('that has a row is one that the tool is made of', () => {
    const { devDependencies, optionalDependencies } = JSON.parse(read('package.json'));
    const named = rows.flatMap(({ packages }) => packages);
    expect(
      named.filter((name) => !owned.some(([each]) => name === each || name.startsWith(`${each}/`))),
    ).toEqual([]);
    expect(Object.keys({ ...devDependencies, ...optionalDependencies })).toEqual(
      expect.arrayContaining(named),
    );
  });
});

describe('the tree', () => {
  const rooms = readdirSync(join(ROOT, 'src'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);

  it('is the one that ARCHITECTURE.md shows', () => {
    const shown = read('ARCHITECTURE.md');
    /** The folder of a leaf holds what only its file imports. */
    const isOfLeaf = (room: string): boolean => existsSync(join(ROOT, 'src', `${room}.ts`));
    expect(rooms.filter((room) => !isOfLeaf(room) && !shown.includes(`\`src/${room}/\``))).toEqual([]);
  });

  it('is mirrored by the tests', () => {
    const isTested = (room: string): boolean =>
      existsSync(join(ROOT, 'test', room)) || existsSync(join(ROOT, 'test', `${room}.test.ts`));
    expect(rooms.filter((room) => !isTested(room))).toEqual([]);
  });

  it('keeps time and chance in main.ts and clock.ts', () => {
    const owners = ['main.ts', 'clock.ts'];
    const takers = sourceFiles('src').filter(
      (file) =>
        !owners.includes(file) && /\b(?:Date\.now|Math\.random|performance\.now)\(/.test(read('src', file)),
    );
    expect(takers).toEqual([]);
  });

  it('publishes a package that depends on nothing', () => {
    const { dependencies = {}, bin }: { dependencies?: object; bin: object } = JSON.parse(
      read('package.json'),
    );
    expect(Object.keys(dependencies)).toEqual([]);
    expect(bin).toEqual({ kycgenie: 'bin/kycgenie.cjs' });
  });
});
