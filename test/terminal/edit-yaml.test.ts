import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { editYaml } from '../../src/terminal/edit-yaml.ts';

const TEXT = `# top
a:
  - x # first
  - "y"

  # before b
b: {c: 1}
`;

describe('editYaml', () => {
  test('makes edits in their order, and keeps everything else', async () => {
    const text = await editYaml(TEXT, 'f.yaml', [
      { kind: 'remove', path: ['a', 1] },
      { kind: 'append', path: ['a'], value: { z: ['new'] } },
      { kind: 'set', path: ['b', 'c'], value: 'two' },
    ]);
    expect(parse(text)).toEqual({ a: ['x', { z: ['new'] }], b: { c: 'two' } });
    for (const comment of ['# top', 'x # first', '# before b']) expect(text).toContain(comment);
  });

  test.each([['a: [x, y]\nb: {c: "d"}\ne: 1\n'], ['a: [ x, y ]\nb: { c: "d" }\ne: 1\n']])(
    'leaves the brackets of %j as they are',
    async (before) => {
      const edits = [{ kind: 'set', path: ['e'], value: 2 }] as const;
      expect(await editYaml(before, 'f.yaml', edits)).toBe(before.replace('1', '2'));
    },
  );

  test('without edits gives the very same text', async () => {
    expect(await editYaml('a:   1', 'f.yaml', [])).toBe('a:   1');
  });

  test('leaves JSON JSON', async () => {
    const text = await editYaml('{"a": [], "b": "x"}', 'f.json', [
      { kind: 'append', path: ['a'], value: { c: 'y' } },
      { kind: 'set', path: ['b'], value: 'é' },
    ]);
    expect(JSON.parse(text)).toEqual({ a: [{ c: 'y' }], b: 'é' });
  });

  test.each([
    ['through an alias', 'a: &a {b: 1}\nc: *a', { kind: 'set', path: ['c', 'b'], value: 2 }],
    ['of what an alias names', 'a: &a {b: 1}\nc: *a', { kind: 'remove', path: ['a'] }],
  ] as const)('refuses a change %s', async (_what, text, edit) => {
    await expect(editYaml(text, 'f.yaml', [edit])).rejects.toMatchObject({ kind: 'usage' });
  });
});
