// biome-ignore-all lint/suspicious/noTemplateCurlyInString: manifests hold such texts

import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { typesOfGroup } from '../../src/events/catalog.ts';
import { substitute, withoutVariables } from '../../src/provision/manifest/substitute.ts';
import { accepts } from '../signing/json-schema.ts';
import { manifestOf, refusalOf } from './located.ts';

const SCHEMA: unknown = JSON.parse(
  readFileSync(new URL('../../src/provision/manifest.schema.json', import.meta.url), 'utf8'),
);
const URL_LINE = 'url: https://a.example/';
const one = (fields: string): string => `version: 1\nwebhooks:\n  - ${fields}\n`;

describe('a manifest', () => {
  it('stands for one subscription a type and URL; groups for their documented types', async () => {
    const { subscriptions, unknownTypes } = await manifestOf(
      `version: 1
defaults: {url: "https://a.example/", description: d, filters: {f: [1, {g: x}]}}
webhooks:
  - events: ["onboarding.*", own.type]
  - {event: all, url: "https://b.example/", description: "", active: false, filters: {}}
`,
    );
    expect(subscriptions.map(({ event_type }) => event_type)).toEqual([
      ...(typesOfGroup('onboarding.*') ?? []),
      ...['own.type', 'all'],
    ]);
    expect(subscriptions[0]).toStrictEqual({
      ...{ event_type: 'onboarding.created', webhook_url: 'https://a.example/', description: 'd' },
      ...{ is_active: true, filters: { f: [1, { g: 'x' }] } },
    });
    expect(subscriptions.at(-1)).toStrictEqual({
      ...{
        event_type: 'all',
        webhook_url: 'https://b.example/',
        description: '',
        is_active: false,
        filters: {},
      },
    });
    expect(unknownTypes).toEqual(['own.type']);
  });

  it('is JSON, too, with its schema named', async () => {
    const text =
      '{"$schema": "x", "version": 1, "webhooks": [{"event": "all", "url": "https://a.example/"}]}';
    expect((await manifestOf(text)).subscriptions).toHaveLength(1);
  });

  it('takes values through anchors and aliases', async () => {
    const { subscriptions } = await manifestOf(
      `version: 1\nwebhooks:\n  - {event: all, url: &u "https://a.example/", filters: &f {a: 1}}\n  - {event: test, url: *u, filters: *f}\n`,
    );
    expect(subscriptions[1]).toMatchObject({ webhook_url: 'https://a.example/', filters: { a: 1 } });
  });

  it.each([
    ['no version', 'webhooks: []', 'w.yaml, line 1, column 1: version is missing'],
    ['another version', 'version: 2\nwebhooks: []', 'line 1, column 10: version has to be 1'],
    ['nothing', '', 'line 1, column 1: A manifest has to be a mapping'],
    ['no webhooks', 'version: 1', 'webhooks is missing'],
    ['webhooks that are no list', 'version: 1\nwebhooks: {}', 'line 2, column 11: webhooks has to be a list'],
    ['a webhook that is a text', one('all'), 'line 3, column 5: A webhook has to be a mapping'],
    [
      'an unknown key at the root',
      'version: 1\nwebhook: []',
      'line 2, column 1: "webhook" is not a key here | Did you mean webhooks?',
    ],
    [
      'a key as the API calls it',
      one(`{event: all, ${URL_LINE}, is_active: false}`),
      '"is_active" is not a key here | Did you mean active?',
    ],
    ['another one', one(`{event: all, webhook_url: x}`), '| Did you mean url?'],
    ['a third', one(`{event_type: all, ${URL_LINE}}`), '| Did you mean event?'],
    [
      'an unknown key in defaults',
      'version: 1\ndefaults: {event: all}\nwebhooks: []',
      '| Known here are url, description, active, filters.',
    ],
    [
      'event and events',
      one(`{event: all, events: [test], ${URL_LINE}}`),
      'line 3, column 18: event and events exclude',
    ],
    ['neither', one(`{${URL_LINE}}`), 'event or events is missing'],
    ['no events', one(`{events: [], ${URL_LINE}}`), 'events has to be a list with at least one item'],
    ['an event that is a number', one(`{event: 7, ${URL_LINE}}`), 'An event has to be a text'],
    ['an empty event', one(`{event: " ", ${URL_LINE}}`), 'An event type is empty'],
    ['no URL', one('event: all'), 'line 3, column 5: url is missing'],
    [
      'a bad URL in defaults',
      'version: 1\ndefaults:\n  url: ftp://x\nwebhooks: []',
      'line 3, column 8: A receiver URL',
    ],
    [
      'a description that is no text',
      one(`{event: all, ${URL_LINE}, description: 1}`),
      'description has to be a text',
    ],
    [
      'an active that is a text',
      one(`{event: all, ${URL_LINE}, active: "true"}`),
      'active has to be true or false',
    ],
    [
      'an active of a variable that is neither',
      one(`{event: all, ${URL_LINE}, active: "\${N:-no}"}`),
      'active has to be',
    ],
    ['filters that are a list', one(`{event: all, ${URL_LINE}, filters: []}`), 'filters has to be a mapping'],
    [
      'infinite numbers',
      one(`{event: all, ${URL_LINE}, filters: {a: .inf}}`),
      'line 3, column 56: This is no text',
    ],
    ['a key that is a list', one(`{event: all, ${URL_LINE}, filters: {[a]: 1}}`), 'A key has to be a text'],
    [
      'a variable that is no variable',
      one('{event: all, url: "${1}"}'),
      'line 3, column 23: ${ begins a variable',
    ],
    [
      'an identity given twice',
      one(`{events: ["screening.*", screening.failed], ${URL_LINE}}`),
      'line 3, column 30: screening.failed to https://a.example/ is there already, on line 3',
    ],
  ])('refuses %s, and says where', async (_what, text, message) => {
    expect(await refusalOf(text)).toContain(message);
  });

  it('tells of ten webhooks in one go what is wrong with each', async () => {
    const webhooks = [{ event: 'all', url: 'https://a.example/' }, ...Array(12).fill({ event: 'all' })];
    const text = JSON.stringify({ version: 1, webhooks }, undefined, 1);
    const refusal: unknown = await manifestOf(text).catch((thrown: unknown) => thrown);
    expect(refusal).toMatchObject({ message: 'w.yaml, line 8, column 3: url is missing' });
    expect(refusal).toMatchObject({
      details: Array.from({ length: 9 }, (_none, index) =>
        expect.stringMatching(`^w.yaml, line ${11 + 3 * index}, column 3: url is missing. Give it here`),
      ),
    });
  });

  it('refuses more than an account can hold, and aliases that multiply', async () => {
    const events = Array.from({ length: 10_001 }, (_none, index) => `t${index}`).join(',');
    expect(await refusalOf(one(`{events: [${events}], ${URL_LINE}}`))).toContain('more than 10000');
    const levels = Array.from({ length: 12 }, (_none, index) => {
      const inner = index === 0 ? '1' : `*l${index - 1}`;
      return `l${index}: &l${index} [${Array(10).fill(inner).join(', ')}]`;
    });
    expect(await refusalOf(levels.join('\n'))).toContain('aliases or nesting');
    expect(await refusalOf(`&a [*a]`)).toContain('aliases or nesting');
    expect(await refusalOf('a'.repeat(1_100_000))).toContain('more than 1024 Ki');
  });
});

describe('variables', () => {
  const env = { NAME: 'value', EMPTY: '', URL: 'https://a.example', ON: 'false' };

  it('are completed in values, and nowhere else', async () => {
    const text = `version: 1\nwebhooks:\n  - {event: "\${T:-all}", url: "\${URL}/x", active: "\${ON}", filters: {"\${NAME}": ["\${NAME}"]}}\n# \${NOT_SET}\n`;
    const { subscriptions } = await manifestOf(text, env);
    expect(subscriptions).toEqual([
      {
        ...{ event_type: 'all', webhook_url: 'https://a.example/x', description: '', is_active: false },
        filters: { '${NAME}': ['value'] },
      },
    ]);
  });

  it.each([
    ['${NAME}-${NAME}', 'value-value'],
    ['${EMPTY}', ''],
    ['${EMPTY:-d}', 'd'],
    ['${NONE:-}', ''],
    ['${NONE:-a:-b}', 'a:-b'],
    ['$${NAME} $NAME $', '${NAME} $NAME $'],
    ['$$${NAME}', '$${NAME}'],
  ])('%s is %s', (text, completed) => {
    expect(substitute(text, env)).toEqual({ text: completed });
  });

  it('stand for themselves where they are written as literal text, whatever the text', () => {
    const text = fc.string({ unit: fc.constantFrom('$', '{', '}', 'A', ':', '-') });
    fc.assert(
      fc.property(text, (any) => {
        expect(substitute(withoutVariables(any), {})).toEqual({ text: any });
      }),
    );
  });

  it('that are not set are named with their place, and what others hold is not told', async () => {
    const text = one('{event: all, url: "${URL}/${SECRET_PATH}"}');
    const refusal = await refusalOf(text, { URL: 'https://user:hunter2@a.example' });
    expect(refusal).toContain('w.yaml, line 3, column 23: the variable SECRET_PATH is not set');
    expect(refusal).not.toContain('hunter2');
  });

  it.each(['${KYCGENIE_API_KEY}', '${KYCGENIE_API_KEY:-none}', '${kycgenie_api_key}'])(
    'never are the API key: %s',
    async (variable) => {
      const text = one(`{event: all, url: "https://a.example/${variable}"}`);
      const refusal = await refusalOf(text, { KYCGENIE_API_KEY: 'kyc_live_hunter2' });
      expect(refusal).toContain('holds the API key');
      expect(refusal).not.toContain('hunter2');
    },
  );
});

describe('the JSON Schema', () => {
  it.each([
    [
      true,
      one(`{events: [all, "screening.*"], ${URL_LINE}, active: false, description: d, filters: {a: 1}}`),
    ],
    [true, `version: 1\ndefaults: {${URL_LINE}, active: "\${ON:-true}"}\nwebhooks: [{event: all}]`],
    [false, one(`{event: all, events: [test], ${URL_LINE}}`)],
    [false, one(`{${URL_LINE}}`)],
    [false, one(`{event: all, ${URL_LINE}, actve: false}`)],
    [false, one(`{events: [], ${URL_LINE}}`)],
    [false, one(`{event: all, ${URL_LINE}, active: "yes"}`)],
    [false, 'version: 2\nwebhooks: []'],
    [false, 'version: 1'],
  ])('and the reader agree: %s for %s', async (isGood, text) => {
    expect(accepts(SCHEMA, parse(text))).toBe(isGood);
    expect(
      await manifestOf(text).then(
        () => true,
        () => false,
      ),
    ).toBe(isGood);
  });
});
