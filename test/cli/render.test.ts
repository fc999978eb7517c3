import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { type Rendered, type Rendering, renderEvent, renderValue } from '../../src/cli/render.ts';
import { Secret } from '../../src/secret.ts';
import { plain } from '../../src/terminal/text.ts';
import { lines, type View } from '../../src/terminal/view.ts';

const FORMATS = ['json', 'ndjson', 'yaml'] as const;
const PIPED = { color: false, unicode: true, columns: null };
const COLOR_TERMINAL = { color: true, unicode: true, columns: 80 };
const ESC = '\u{1b}';

const WEBHOOKS = [
  { id: 'wh_1', webhook_url: 'https://example.com/a', description: undefined },
  { id: 'wh_2', webhook_url: 'https://example.com/b', description: 'x' },
];

const tableOf = (rows: readonly (readonly string[])[]): View => ({
  kind: 'table',
  columns: [{ title: 'ID' }, { title: 'URL' }],
  rows,
  empty: 'No webhooks yet.',
});

function rendering(given: Partial<Rendering> = {}): Rendering {
  return { format: 'table', quiet: false, look: PIPED, ...given };
}

function resultOf(data: unknown, given: { view?: View; ids?: readonly string[] } = {}) {
  return { data, view: () => given.view ?? lines('a view'), ids: given.ids ?? [] };
}

const text = ({ stdout }: Rendered): string => [...stdout].join('');

async function show(data: unknown, given: Partial<Rendering>): Promise<string> {
  return text(await renderValue(resultOf(data), rendering(given)));
}

describe('a value', () => {
  test('as a table is its view', async () => {
    const view = tableOf(WEBHOOKS.map(({ id, webhook_url }) => [id, webhook_url]));
    const rendered = await renderValue(resultOf(WEBHOOKS, { view }), rendering());
    expect(text(rendered)).toBe('ID    URL\nwh_1  https://example.com/a\nwh_2  https://example.com/b\n');
    expect(rendered.notes).toEqual([]);
  });

  test('without rows says so in the conversation, and leaves stdout empty', async () => {
    const rendered = await renderValue(resultOf([], { view: tableOf([]) }), rendering());
    expect([...rendered.stdout]).toEqual([]);
    expect(rendered.notes).toEqual(['No webhooks yet.']);
  });

  test('under --quiet is its ids, harmless, one a line', async () => {
    const result = resultOf(WEBHOOKS, { ids: ['wh_1', `wh_2${ESC}[2J\nwh_3`] });
    expect(text(await renderValue(result, rendering({ quiet: true })))).toBe('wh_1\nwh_2 wh_3\n');
    expect(text(await renderValue(resultOf({}), rendering({ quiet: true, format: 'json' })))).toBe('');
  });

  test('as JSON is indented, whole, with null for what is absent', async () => {
    const wide = { ...WEBHOOKS[0], long: 'x'.repeat(500) };
    expect(await show([wide], { format: 'json' })).toBe(
      `[\n  {\n    "id": "wh_1",\n    "webhook_url": "https://example.com/a",\n    "description": null,\n    "long": "${'x'.repeat(500)}"\n  }\n]\n`,
    );
  });

  test('as NDJSON is one line an element, or one line', async () => {
    expect(await show(WEBHOOKS, { format: 'ndjson' })).toBe(
      '{"id":"wh_1","webhook_url":"https://example.com/a","description":null}\n' +
        '{"id":"wh_2","webhook_url":"https://example.com/b","description":"x"}\n',
    );
    expect(await show(WEBHOOKS[1], { format: 'ndjson' })).toBe(
      '{"id":"wh_2","webhook_url":"https://example.com/b","description":"x"}\n',
    );
    expect(await show([], { format: 'ndjson' })).toBe('');
  });

  test('as YAML is one sequence, or one mapping', async () => {
    expect(await show(WEBHOOKS, { format: 'yaml' })).toBe(
      '- id: wh_1\n  webhook_url: https://example.com/a\n  description: null\n' +
        '- id: wh_2\n  webhook_url: https://example.com/b\n  description: x\n',
    );
    expect(await show({ a: [], b: {} }, { format: 'yaml' })).toBe('a: []\nb: {}\n');
    expect(await show([], { format: 'yaml' })).toBe('[]\n');
  });

  test.each([[[]], [{}], [undefined], [null], ['text'], [[[]]], [[undefined]]])(
    '%j as JSON is what JSON.stringify makes of it',
    async (data) => {
      expect(await show(data, { format: 'json' })).toBe(`${JSON.stringify(data ?? null, null, 2)}\n`);
    },
  );

  test('is the same data in every format', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue({ stringUnit: 'binary' }), async (data) => {
        const expected = JSON.parse(JSON.stringify(data));
        expect(JSON.parse(await show(data, { format: 'json' }))).toEqual(expected);
        expect(await show(data, { format: 'json' })).toHaveLength(await colorless(data));
        expect(parse(await show(data, { format: 'yaml' }))).toEqual(expected);
        const rows = (await show(data, { format: 'ndjson' })).split('\n').slice(0, -1);
        expect(rows.map((row) => JSON.parse(row))).toEqual(Array.isArray(expected) ? expected : [expected]);
      }),
    );
  });

  test.each(FORMATS)('never reveals a secret as %s', async (format) => {
    const shown = await show([{ secret_key: new Secret('whsec_A1B2C3D4E5F6G7H8') }], { format });
    expect(shown).toContain('whsec_A1B2…');
    expect(shown).not.toContain('C3D4');
  });

  test('as JSON is coloured on a terminal only, even where colour is forced', async () => {
    const colored = await show(WEBHOOKS, { format: 'json', look: COLOR_TERMINAL });
    expect(colored).toContain(`${ESC}[36m"id"${ESC}[39m`);
    expect(colored.split('\n').map(plain).join('\n')).toBe(await show(WEBHOOKS, { format: 'json' }));
    expect(
      await show(WEBHOOKS, { format: 'json', look: { ...COLOR_TERMINAL, columns: null } }),
    ).not.toContain(ESC);
    expect(await show(WEBHOOKS, { format: 'ndjson', look: COLOR_TERMINAL })).not.toContain(ESC);
    expect(await show(WEBHOOKS, { format: 'yaml', look: COLOR_TERMINAL })).not.toContain(ESC);
  });

  test.each(FORMATS)(
    'twenty thousand elements as %s come in small pieces, made as they are taken',
    async (format) => {
      let read = 0;
      const item = {
        toJSON: () => {
          read += 1;
          return { id: 'log_1', status: 'delivered' };
        },
      };
      const { stdout } = await renderValue(
        resultOf(Array.from({ length: 20_000 }, () => item)),
        rendering({ format }),
      );
      const sizes: number[] = [];
      for (const piece of stdout) {
        sizes.push(piece.length);
        if (sizes.length === 1) expect(read).toBeLessThan(1000);
      }
      expect(read).toBe(20_000);
      expect(Math.max(...sizes)).toBeLessThan(20_000);
      expect(sizes.length).toBeLessThan(1000);
    },
  );
});

async function colorless(data: unknown): Promise<number> {
  const colored = await show(data, { format: 'json', look: COLOR_TERMINAL });
  return colored.replaceAll(new RegExp(`${ESC}\\[\\d+m`, 'g'), '').length;
}

describe('an event', () => {
  const event = (view: View | null = lines('ready')) => ({
    data: { type: 'ready', pid: undefined },
    view: () => view,
    id: null,
  });

  test('is drawn', async () => {
    expect(text(await renderEvent(event(), rendering()))).toBe('ready\n');
  });

  test('with nothing to see is nothing', async () => {
    expect(text(await renderEvent(event(null), rendering()))).toBe('');
  });

  test.each(['json', 'ndjson'] as const)('is one line as %s', async (format) => {
    expect(text(await renderEvent(event(), rendering({ format })))).toBe('{"type":"ready","pid":null}\n');
  });

  test('is a document of its own as YAML', async () => {
    expect(text(await renderEvent(event(), rendering({ format: 'yaml' })))).toBe(
      '---\ntype: ready\npid: null\n',
    );
  });

  test('under --quiet is its id, or nothing', async () => {
    expect(text(await renderEvent({ ...event(), id: 'log_1' }, rendering({ quiet: true })))).toBe('log_1\n');
    expect(text(await renderEvent(event(), rendering({ quiet: true })))).toBe('');
  });
});

describe('what rendering costs', () => {
  test.each([
    ['JSON', '../../src/cli/render.ts'],
    ['lines, records and errors', '../../src/terminal/table.ts'],
    ['talk', '../../src/terminal/talk.ts'],
  ])('%s load no package at all', (_what, start) => {
    expect(packagesOf(resolve(dirname(fileURLToPath(import.meta.url)), start))).toEqual([]);
  });
});

/** The packages that a module and everything it imports statically would load. */
function packagesOf(start: string, seen = new Set<string>()): readonly string[] {
  if (seen.has(start)) return [];
  seen.add(start);
  const imports = readFileSync(start, 'utf8').matchAll(/^(?:import|export) (?!type)[^;]*?from '([^']+)';$/gm);
  return Array.from(imports, ([, target = '']) => target).flatMap((target) =>
    target.startsWith('.') ? packagesOf(resolve(dirname(start), target), seen) : [target],
  );
}
