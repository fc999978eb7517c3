// biome-ignore-all lint/suspicious/noTemplateCurlyInString: manifests hold such texts

import { afterEach, beforeEach, expect, test } from 'vitest';
import { startSandbox, type TestSandbox } from '../../support/sandbox.ts';
import { MANIFEST, steps, URL, writeManifest } from './manifest.ts';

let api: TestSandbox;
let file: string;

beforeEach(async () => {
  api = await startSandbox();
  file = writeManifest(api, MANIFEST);
});

afterEach(() => api.close());

const diff = (...more: readonly string[]) => api.run(['webhooks', 'diff', '-f', file, ...more]);

test('says what would change, exits with 10, and changes nothing', async () => {
  const { code, stdout } = await diff('--json');
  expect(code).toBe(10);
  const plan = JSON.parse(stdout);
  expect(Object.keys(plan)).toEqual(['create', 'update', 'delete', 'unchanged']);
  expect(steps(plan)).toEqual([
    ...['create all', 'create case.opened', 'create screening.completed', 'create screening.failed'],
  ]);
  expect(api.calls.map(({ method }) => method)).toEqual(['GET']);
});

test('reads standard input, and variables from the environment', async () => {
  const env = { KYC_URL: 'https://from.env/hook' };
  const { code, stdout } = await api.run(['webhooks', 'diff', '-f', '-', '--json'], { stdin: MANIFEST, env });
  expect(code).toBe(10);
  expect(JSON.parse(stdout).create[0].webhook_url).toBe('https://from.env/hook');
});

test('shows it by URL, with old and new, in 80 columns', async () => {
  await api.run(['webhooks', 'apply', '-f', file, '--yes']);
  await api.run(['webhooks', 'create', '--event', 'test', '--url', URL]);
  const long = `https://receiver.example/${'long/'.repeat(30)}end`;
  file = writeManifest(
    api,
    `${MANIFEST.replace('Production', 'Staging').replace('case.opened, ', '')}  - event: response.check_answers_completed\n    url: ${long}\n`,
  );
  const { code, stdout } = await diff('--prune');
  expect(code).toBe(10);
  expect(stdout).toContain(`${URL}\n  ~ screening.completed  `);
  expect(stdout).toContain('      description: "Production" → "Staging"\n');
  expect(stdout).toContain('  + response.check_answers_completed\n');
  expect(stdout).toContain('  - case.opened  ');
  expect(stdout).toContain('1 to create, 2 to update, 2 to delete, 1 unchanged.\n');
  const seen = await api.run(['webhooks', 'diff', '-f', file, '--prune', '--color', 'never'], {
    columns: 80,
  });
  for (const line of seen.stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
});

test.each([
  [
    'a missing variable',
    '  - event: all\n    url: ${KYC_NOT_SET}/kyc\n',
    'line 4, column 10: the variable KYC_NOT_SET is not set',
  ],
  [
    'an unknown key',
    '  - event: all\n    ulr: https://a.example\n',
    'line 4, column 5: "ulr" is not a key here',
    'Did you mean url?',
  ],
  [
    'a URL that is not https',
    '  - {event: all, url: "http://a.example/"}\n',
    'line 3, column 23: A receiver URL must be https',
  ],
  [
    'an unknown group',
    '  - {event: screning.*, url: "https://a.example/"}\n',
    'There is no event group',
    'screening.*?',
  ],
  ['no YAML', '  - {event: all\n', 'line '],
])('refuses %s with its place, before any call', async (_what, entry, ...messages) => {
  file = writeManifest(api, `version: 1\nwebhooks:\n${entry}`);
  const { code, stderr } = await diff();
  expect(code).toBe(2);
  for (const message of [file, ...messages]) expect(stderr.replaceAll(/\s+/g, ' ')).toContain(message);
  expect(api.calls).toEqual([]);
});

test('refuses an identity that is named twice, with both lines', async () => {
  file = writeManifest(api, `${MANIFEST}  - event: screening.failed\n    description: again\n`);
  const { code, stderr } = await diff();
  expect(code).toBe(2);
  expect(stderr).toContain('line 11, column 12: screening.failed to');
  expect(stderr).toContain('on line 5');
});

test('warns of a type that is not documented, and names the one that was probably meant', async () => {
  file = writeManifest(api, MANIFEST.replace('case.opened', 'case.opend'));
  const { code, stderr } = await diff();
  expect(code).toBe(10);
  expect(stderr).toContain('Did you mean case.opened?');
});

test('needs a manifest', async () => {
  const { code, stderr } = await api.run(['webhooks', 'diff']);
  expect(code).toBe(2);
  expect(stderr).toContain('-f webhooks.yaml');
});

test('says of each webhook what is wrong with it, a line each, and in the details of the JSON', async () => {
  file = writeManifest(api, 'version: 1\nwebhooks:\n  - event: all\n  - {event: all, is_active: true}\n');
  const { code, stderr } = await diff();
  expect(code).toBe(2);
  expect(stderr).toMatch(
    /^✗ \S+, line 3, column 5: url is missing\n {2}Give it here.*\n✗ \S+, line 4, column 18: /,
  );
  const { details } = JSON.parse((await diff('--json')).stderr).error;
  expect(details).toEqual([expect.stringContaining('Did you mean active?')]);
});
