import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Group, isGroup } from '../src/cli/define.ts';
import { EXIT_CODES } from '../src/cli/failure.ts';
import { COMMANDS } from '../src/commands/index.ts';
import { SETTINGS } from '../src/config/setting-facts.ts';

const README = readFileSync(join(import.meta.dirname, '..', 'README.md'), 'utf8');

/** The rows of the table under this heading. */
function rowsUnder(heading: string): readonly string[] {
  const from = README.indexOf(heading);
  expect(from, heading).toBeGreaterThan(-1);
  const table = README.slice(from).split('\n\n')[0] ?? '';
  return table.split('\n').slice(2);
}

function commandRows(commands: Group['commands'], above = ''): readonly string[] {
  return Object.entries(commands).flatMap(([name, node]) =>
    isGroup(node)
      ? commandRows(node.commands, `${above}${name} `)
      : [`| \`${above}${name}\` | ${node.summary} |`],
  );
}

describe('README tables say what the program says', () => {
  it('commands', () => {
    expect(rowsUnder('| command |')).toEqual(
      Object.values(COMMANDS).flatMap((commands) => commandRows(commands)),
    );
  });

  it('exit codes', () => {
    expect(rowsUnder('| exit code |')).toEqual(
      EXIT_CODES.map(([code, meaning]) => `| ${code} | ${meaning} |`),
    );
  });

  it('settings', () => {
    const code = (text: string | null) => (text === null ? '-' : `\`${text}\``);
    const rows = Object.values(SETTINGS).map(
      ({ key, flag, variables, defaultText }) =>
        `| \`${key}\` | ${code(flag)} | ${variables.map(code).join(', ') || '-'} | ${defaultText} |`,
    );
    expect(rowsUnder('| setting |')).toEqual(rows);
  });
});
