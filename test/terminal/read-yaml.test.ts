import { describe, expect, test } from 'vitest';
import { readYaml } from '../../src/terminal/read-yaml.ts';

const refusal = async (text: string): Promise<string> => {
  const error: unknown = await readYaml(text, 'f.yaml').then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toMatchObject({ kind: 'usage' });
  return error instanceof Error ? error.message : '';
};

describe('readYaml', () => {
  test('reads YAML, and JSON as YAML', async () => {
    expect(await readYaml('a: [1, no]\nb: {c: "x"}', 'f.yaml')).toEqual({ a: [1, 'no'], b: { c: 'x' } });
    expect(await readYaml('{"a": [1, null]}', 'f.json')).toEqual({ a: [1, null] });
    expect(await readYaml('a: &x {b: 1}\nc: *x', 'f.yaml')).toEqual({ a: { b: 1 }, c: { b: 1 } });
  });

  test.each([
    ['what is cut off', 'a: 1\nb: [1, 2', 'f.yaml, line 2, column 9: Flow sequence'],
    ['a key given twice', 'a: 1\na: 2', 'f.yaml, line 2, column 1: Map keys must be unique'],
    [
      'more than one document',
      'a: 1\n---\nb: 1',
      'f.yaml, line 2, column 1: There is more than one document',
    ],
    ['a tag', 'a: !!js/function "x"', 'f.yaml, line 1, column 4: Tags (!name) are not taken'],
    ['deep nesting', '['.repeat(50_000), 'It is nested too deeply'],
    ['an alias of nothing', 'a: *b', 'f.yaml has aliases'],
    ['an alias of what holds it', '&a [*a]', 'f.yaml has aliases'],
    ['too long a text', 'a'.repeat(300_000), 'f.yaml holds more than 256 Ki characters'],
  ])('refuses %s, and says where', async (_what, text, message) => {
    expect(await refusal(text)).toContain(message);
  });

  test('refuses aliases that multiply', async () => {
    const levels = Array.from({ length: 12 }, (_, index) => {
      const inner = index === 0 ? '1' : `*l${index - 1}`;
      return `l${index}: &l${index} [${Array(10).fill(inner).join(', ')}]`;
    });
    expect(await refusal(levels.join('\n'))).toContain('f.yaml has aliases');
  });

  test('quotes nothing of the file', async () => {
    expect(await refusal('password: hunter2\nb: [')).not.toContain('hunter2');
  });
});
