import { describe, expect, test } from 'vitest';
import { EXIT_CODES } from '../../src/cli/failure.ts';
import { SETTINGS } from '../../src/config/setting-facts.ts';
import { PRESETS } from '../../src/signing/scheme.ts';
import { kycgenie } from '../support/cli.ts';

async function text(...argv: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await kycgenie(argv);
  expect({ code, stderr }).toStrictEqual({ code: 0, stderr: '' });
  return stdout;
}

describe('kycgenie help', () => {
  test('alone is --help', async () => {
    expect(await text('help')).toBe(await text('--help'));
    expect(await text('help')).toBe(await text());
  });

  test('explains a command, a group and itself', async () => {
    expect(await text('help', 'webhooks', 'create')).toBe(await text('webhooks', 'create', '--help'));
    expect(await text('help', 'webhooks')).toBe(await text('webhooks', '--help'));
    expect(await text('help', 'login')).toContain('Usage: kycgenie login');
    expect(await text('help', '--help')).toContain('Usage: kycgenie help');
  });

  test('environment tells every setting with its flag, variables and default', async () => {
    const page = await text('help', 'environment');
    for (const { key, flag, variables, defaultText } of Object.values(SETTINGS)) {
      const row = page.split('\n').find((line) => line.startsWith(`${key} `)) ?? '';
      for (const part of [flag ?? '-', ...variables, defaultText]) expect(row).toContain(part);
    }
    expect(page).toContain('NO_COLOR');
  });

  test('exit-codes tells every exit code', async () => {
    const page = await text('help', 'exit-codes');
    const rows = page.split('\n').map((row) => row.split(/ {2,}/));
    expect(rows.slice(0, EXIT_CODES.length)).toEqual(
      EXIT_CODES.map(([code, meaning]) => [String(code), meaning]),
    );
  });

  test('formats tells every format', async () => {
    const page = await text('help', 'formats');
    for (const format of ['table', 'json', 'ndjson', 'yaml'])
      expect(page).toMatch(new RegExp(`^${format} `, 'm'));
  });

  test('signatures tells every scheme, and that the choice is an assumption', async () => {
    const page = await text('help', 'signatures');
    for (const { name } of Object.values(PRESETS)) expect(page).toMatch(new RegExp(`^${name} `, 'm'));
    expect(page).toContain('an assumption');
  });

  test('is data, too', async () => {
    const page = JSON.parse(await text('help', 'exit-codes', '--json'));
    expect(page).toMatchObject({ topic: 'exit-codes', notes: [expect.any(String)] });
    expect(page.entries[0]).toEqual(['0', 'done']);
  });

  test('of anything else is a usage error that names the topics', async () => {
    const { code, stdout, stderr } = await kycgenie(['help', 'weather']);
    expect({ code, stdout }).toStrictEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('There is no command or topic weather');
    expect(stderr).toContain('environment, exit-codes, formats, signatures, licences');
  });
});
