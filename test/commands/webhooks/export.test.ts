// biome-ignore-all lint/suspicious/noTemplateCurlyInString: manifests hold such texts

import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { describeTemporary } from '../../../src/provision/temporary/description.ts';
import { FULL } from '../../support/full.ts';
import type { Json, TestSandbox } from '../../support/sandbox.ts';
import { startSandbox } from '../../support/sandbox.ts';
import { account, MANIFEST, OTHER, steps, URL, writeManifest } from './manifest.ts';

let api: TestSandbox;

const out = (name: string): string => join(api.folder, name);
const apply = (file: string, ...more: readonly string[]) =>
  api.json(['webhooks', 'apply', '-f', file, '--yes', ...more]);

/** What applying a file, with --prune, would still change. */
async function pending(file: string): Promise<readonly string[]> {
  const { stdout, stderr } = await api.run(['webhooks', 'diff', '-f', file, '--prune', '--json']);
  expect(stdout, stderr).not.toBe('');
  return steps(JSON.parse(stdout));
}

describe.each(['v1', 'v2'] as const)('webhooks export on API %s', (version) => {
  beforeEach(async () => {
    api = await startSandbox({ version });
    await apply(writeManifest(api, MANIFEST));
  });

  afterEach(() => api.close());

  test('writes the account as a readable manifest, which applied changes nothing', async () => {
    const { stdout, stderr, code } = await api.run(['webhooks', 'export']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(
      stdout,
    ).toBe(`# yaml-language-server: $schema=https://unpkg.com/kycgenie-cli/dist/manifest.schema.json
version: 1
webhooks:
  - event: all
    url: ${OTHER}
    active: false
    filters: {"risk":["high"]}
  - events: ["screening.*", case.opened]
    url: ${URL}
    description: Production
`);
    writeFileSync(out('piped.yaml'), stdout);
    expect(await pending(out('piped.yaml'))).toEqual([]);
  });

  test.each(['account.yaml', 'account.json'])('-o writes %s', async (name) => {
    expect(await api.json(['webhooks', 'export', '-o', out(name)])).toStrictEqual({
      ...{ file: out(name), subscriptions: 4, changed: true },
    });
    if (name.endsWith('.json'))
      expect(Object.keys(JSON.parse(readFileSync(out(name), 'utf8')))[0]).toBe('$schema');
    expect(await pending(out(name))).toEqual([]);
  });

  test('names a URL that several entries share once', async () => {
    await api.run(['webhooks', 'create', '--event', 'test', '--url', URL]);
    const { stdout } = await api.run(['webhooks', 'export']);
    expect(parse(stdout)).toMatchObject({ defaults: { url: URL }, webhooks: [{ url: OTHER }, {}, {}] });
    writeFileSync(out('a.yaml'), stdout);
    expect(await pending(out('a.yaml'))).toEqual([]);
  });
});

describe('webhooks export', () => {
  beforeEach(async () => {
    api = await startSandbox();
  });

  afterEach(() => api.close());

  test('a file that is there stays as it is, unless --force replaces it; a format is no file', async () => {
    const file = writeManifest(api, 'mine');
    const { code, stderr } = await api.run(['webhooks', 'export', '-o', file]);
    expect(code).toBe(2);
    expect(stderr).toContain('--force');
    expect(readFileSync(file, 'utf8')).toBe('mine');
    await api.json(['webhooks', 'export', '-o', file, '--force']);
    expect(parse(readFileSync(file, 'utf8'))).toEqual({ version: 1, webhooks: [] });
    expect((await api.run(['webhooks', 'export', '-o', 'json'])).code).toBe(2);
    expect(existsSync('json')).toBe(false);
  });

  test('leaves out what a running listen has subscribed, and so does apply --prune', async () => {
    const description = describeTemporary({ id: crypto.randomUUID() }, 'laptop');
    const create = ['webhooks', 'create', '--event', 'all', '--url', URL];
    const { id } = await api.json([...create, '--description', description]);
    expect(parse((await api.run(['webhooks', 'export'])).stdout).webhooks).toEqual([]);
    await apply(
      writeManifest(api, `{"version": 1, "webhooks": [{"event": "all", "url": "${URL}"}]}`),
      '--prune',
    );
    const ids: readonly Json[] = (await api.json(['webhooks', 'list'])).map((one: Json) => one.id);
    expect(ids).toHaveLength(2);
    expect(ids).toContain(id);
  });

  test('is exact for any text, on standard output too', async () => {
    const anyText = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 30 }),
      fc.string({ maxLength: 30 }),
      fc.constantFrom(
        'yes',
        '~',
        '${HOME}',
        '$${A}',
        '- a',
        '#',
        ' x ',
        "'",
        '"',
        'a: b',
        '\u{200d}',
        '1',
        '\n\n',
        '{',
        '*a',
      ),
    );
    const anyKey = fc.oneof(anyText, fc.constantFrom('__proto__', 'constructor'));
    await fc.assert(
      fc.asyncProperty(fc.array(anyText, { minLength: 1, maxLength: 8 }), anyKey, async (texts, key) => {
        const types = [
          'case.opened',
          'case.resolved',
          'all',
          'test',
          'alert.created',
          'batch.failed',
          'batch.progress',
          'screening.failed',
        ];
        const webhooks = texts.map((description, index) => ({
          ...{ event: types[index], url: `${URL}/${index % 3}`, description: literal(description) },
          ...(index % 2 === 0 && {
            filters: { [key]: [literal(description), null, index, true, { a: 1.5 }] },
          }),
        }));
        const file = writeManifest(api, JSON.stringify({ version: 1, webhooks }));
        await apply(file, '--prune');
        expect(await pending(file)).toEqual([]);
        const { stdout } = await api.run(['webhooks', 'export']);
        expect(stdout).toMatch(/^[\n -~]*$/);
        writeFileSync(out('export.yaml'), stdout);
        expect(await pending(out('export.yaml'))).toEqual([]);
        await api.json(['webhooks', 'export', '-o', out('export.json'), '--force']);
        expect(await pending(out('export.json'))).toEqual([]);
      }),
      { numRuns: FULL ? 200 : 5 },
    );
  });
});

/** As a manifest has to write it, so that it stands for itself. */
const literal = (text: string): string => text.replace(/\$+\{/g, (dollars) => `$${dollars}`);

const COMMENTED = `# Owned by the payments team.
version: 1
defaults:
  url: \${KYC_URL:-${URL}} # set in CI
webhooks:
  # The two that matter.
  - events:
      - case.opened # paged
      - "screening.*"
    description: Production

  # Everything, for the archive.
  - event: all
    url: ${OTHER}
`;

describe('webhooks export --update', () => {
  let file: string;

  beforeEach(async () => {
    api = await startSandbox();
    file = writeManifest(api, COMMENTED);
    await apply(file);
  });

  afterEach(() => api.close());

  const update = (...more: readonly string[]): Promise<Json> =>
    api.json(['webhooks', 'export', '--update', file, ...more]);
  const text = (): string => readFileSync(file, 'utf8');
  const idOf = async (type: string): Promise<string> =>
    (await api.json(['webhooks', 'list', '--event', type]))[0].id;

  test('leaves a manifest alone that says what there is, to the byte', async () => {
    expect(await update()).toStrictEqual({ file, subscriptions: 4, changed: false });
    expect(text()).toBe(COMMENTED);
  });

  test('changes what changed, and keeps comments, variables and the mode of the file', async () => {
    chmodSync(file, 0o640);
    await api.run(['webhooks', 'delete', '--yes', await idOf('screening.failed')]);
    await api.run(['webhooks', 'update', await idOf('all'), '--disable']);
    await api.run(['webhooks', 'create', '--event', 'test', '--url', URL, '--description', 'New']);
    expect(await update()).toMatchObject({ changed: true, subscriptions: 4 });
    expect(text()).toBe(
      `${COMMENTED.replace('"screening.*"', 'screening.completed')}    active: false\n  - event: test\n    description: New\n`,
    );
    if (process.platform !== 'win32') expect(statSync(file).mode & 0o777).toBe(0o640);
    expect(await pending(file)).toEqual([]);
  });

  test('takes entries apart where their subscriptions are no longer alike, and out where they are gone', async () => {
    await api.run(['webhooks', 'update', await idOf('case.opened'), '--description', 'Another']);
    await api.run(['webhooks', 'delete', '--yes', await idOf('all')]);
    await update();
    expect(text()).toContain('# Owned by the payments team.');
    expect(parse(text()).webhooks).toEqual([
      { events: ['screening.*'], description: 'Production' },
      { event: 'case.opened', description: 'Another' },
    ]);
    expect(await pending(file)).toEqual([]);
  });

  test('fills an empty manifest, in YAML and in JSON', async () => {
    writeFileSync(file, 'version: 1 # ours\nwebhooks: []\n');
    await update();
    expect(text()).toContain('version: 1 # ours\nwebhooks:\n  - ');
    expect(await pending(file)).toEqual([]);
    writeFileSync(file, '{"version": 1, "webhooks": []}');
    await update();
    expect(JSON.parse(text()).webhooks).toHaveLength(2);
    expect(await pending(file)).toEqual([]);
  });

  test('refuses where an alias would have it say more than it means, and leaves the file alone', async () => {
    const aliased = `version: 1\nwebhooks:\n  - &a {event: all, url: "${OTHER}"}\n  - {events: [case.opened, "screening.*"], url: "${URL}", description: &d Production}\n  - {event: test, url: "${URL}", description: *d}\n`;
    await apply(writeManifest(api, aliased));
    await api.run(['webhooks', 'update', await idOf('case.opened'), '--description', 'One']);
    await api.run(['webhooks', 'update', await idOf('screening.completed'), '--description', 'One']);
    await api.run(['webhooks', 'update', await idOf('screening.failed'), '--description', 'One']);
    const { code, stderr } = await api.run(['webhooks', 'export', '--update', file]);
    expect(code).toBe(2);
    expect(stderr).toContain('--file');
    expect(text()).toBe(aliased);
  });

  test.each([
    ['standard input', ['--update', '-']],
    ['what is no manifest', ['--update', '/dev/null']],
    ['--force without a file', ['--force']],
  ])('refuses %s', async (_what, argv) => {
    expect((await api.run(['webhooks', 'export', ...argv])).code).toBe(2);
  });

  test('brings any manifest up to any account', async () => {
    const types = ['case.opened', 'case.resolved', 'screening.completed', 'screening.failed', 'all'];
    const webhook = fc.record({
      event: fc.constantFrom(...types),
      url: fc.constantFrom(URL, OTHER),
      description: fc.constantFrom('', 'a', 'b # c'),
      active: fc.boolean(),
      filters: fc.constantFrom({}, { a: '$${B}' }),
    });
    const manifest = fc.uniqueArray(webhook, {
      maxLength: 8,
      selector: ({ event, url }) => `${event} ${url}`,
    });
    await fc.assert(
      fc.asyncProperty(manifest, manifest, async (before, after) => {
        await apply(
          writeManifest(api, JSON.stringify({ version: 1, webhooks: before })),
          '--prune',
          '--allow-empty',
        );
        await api.json(['webhooks', 'export', '-o', file, '--force']);
        const there = await account(api);
        await apply(
          writeManifest(api, JSON.stringify({ version: 1, webhooks: after }), 'after.json'),
          '--prune',
          '--allow-empty',
        );
        await update();
        expect(await pending(file)).toEqual([]);
        expect(await account(api)).toHaveLength(after.length);
        expect(there).toHaveLength(before.length);
      }),
      { numRuns: FULL ? 200 : 6 },
    );
  });
});
