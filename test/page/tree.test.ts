import { describe, expect, it } from 'vitest';
import { readJsonText } from '../../src/json-text.ts';
import { type Folding, STEP, showMore, treeLines, turn } from '../../src/page/tree.ts';

const UNTOUCHED: Folding = { turned: new Set(), shown: new Map() };

function lines(json: string, folding = UNTOUCHED): readonly string[] {
  const root = readJsonText(json, 100);
  if (root === null) throw new Error('no JSON');
  return treeLines(root, folding).map(
    ({ depth, key, index, node, isOpen, hidden }) =>
      `${'  '.repeat(depth)}${isOpen === null ? '' : isOpen ? 'v ' : '> '}${key ?? index ?? '.'}` +
      `${node.kind === 'scalar' ? ` ${node.raw}` : ''}${hidden > 0 ? ` +${hidden}` : ''}`,
  );
}

describe('the tree of a body', () => {
  it('keeps numbers, repeated keys and their order as they were sent', () => {
    expect(lines('{"b": 12345678901234567890, "10": 1.50, "b": "\\u00fc"}')).toEqual([
      'v .',
      '  b 12345678901234567890',
      '  10 1.50',
      '  b "\\u00fc"',
    ]);
  });

  it('starts with two levels open', () => {
    const json = '{"a": {"b": {"c": 1}}, "d": [], "e": {}}';
    expect(lines(json)).toEqual(['v .', '  v a', '    > b', '  d', '  e']);
    expect(lines(json, turn(UNTOUCHED, '0.0.0'))).toEqual([
      'v .',
      '  v a',
      '    v b',
      '      c 1',
      '  d',
      '  e',
    ]);
    expect(lines(json, turn(turn(UNTOUCHED, '0'), '0'))).toEqual(lines(json));
    expect(lines(json, turn(UNTOUCHED, '0'))).toEqual(['> .']);
  });

  it('shows members of long lists bit by bit', () => {
    const json = JSON.stringify(Array.from({ length: 250 }, (_, index) => index));
    const first = lines(json);
    expect(first).toHaveLength(1 + STEP);
    expect(first[0]).toBe('v . +150');
    expect(lines(json, showMore(showMore(UNTOUCHED, '0'), '0'))).toHaveLength(251);
  });

  it('cuts long values until they are opened', () => {
    const json = JSON.stringify({ note: 'x'.repeat(1000) });
    expect(lines(json)[1]).toMatch(/^ {2}> note "/);
    expect(lines(json, turn(UNTOUCHED, '0.0'))[1]).toMatch(/^ {2}v note "/);
  });
});
