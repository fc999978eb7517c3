import { expect, test } from 'vitest';
import { readLocated } from '../../src/terminal/read-located.ts';

test('tells where each part stands', async () => {
  expect(await readLocated('a:\n  - x\n  - {b: true}\nc:\n', 'f')).toEqual({
    kind: 'mapping',
    at: { line: 1, column: 1 },
    entries: [
      {
        key: 'a',
        at: { line: 1, column: 1 },
        value: {
          kind: 'list',
          at: { line: 2, column: 3 },
          items: [
            { kind: 'value', at: { line: 2, column: 5 }, value: 'x' },
            {
              kind: 'mapping',
              at: { line: 3, column: 5 },
              entries: [
                {
                  ...{ key: 'b', at: { line: 3, column: 6 } },
                  value: { kind: 'value', at: { line: 3, column: 9 }, value: true },
                },
              ],
            },
          ],
        },
      },
      {
        ...{ key: 'c', at: { line: 4, column: 1 } },
        value: { kind: 'value', at: { line: 4, column: 3 }, value: null },
      },
    ],
  });
});

test.each([
  ['deep nesting', `${'['.repeat(100)}${']'.repeat(100)}`],
  ['a circle', '&a {b: *a}'],
  ['an alias of nothing', 'a: *b'],
  ['many aliases', `a: &a 1\nb: [${Array(200).fill('*a').join(', ')}]`],
])('refuses %s', async (_what, text) => {
  await expect(readLocated(text, 'f')).rejects.toMatchObject({ kind: 'usage' });
});
