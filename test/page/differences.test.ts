import { describe, expect, it } from 'vitest';
import { readJsonText } from '../../src/json-text.ts';
import {
  compare,
  firstDifference,
  isSame,
  MAX_PATHS,
  markChange,
  namedHeaders,
  namedValues,
} from '../../src/page/differences.ts';

function values(json: string): ReadonlyMap<string, string> {
  const root = readJsonText(json, 100);
  if (root === null) throw new Error('no JSON');
  return namedValues(root);
}

describe('two deliveries compared', () => {
  it('finds what was changed, added and left out, by path', () => {
    const rows = compare(
      values('{"a": 1, "b": {"c": [true, "x"]}, "old": null}'),
      values('{"a": 1.0, "b": {"c": [true, "y", {}]}, "a b": []}'),
    );
    expect(rows.filter((row) => !isSame(row))).toEqual([
      { name: '$.a', left: '1', right: '1.0' },
      { name: '$.b.c[1]', left: '"x"', right: '"y"' },
      { name: '$.old', left: 'null', right: null },
      { name: '$.b.c[2]', left: null, right: '{}' },
      { name: '$["a b"]', left: null, right: '[]' },
    ]);
  });

  it('keeps values of repeated keys apart', () => {
    expect([...values('{"a": 1, "a": 2, "a": {"b": 3}, "a": {"b": 4}, "a (2)": 5}')]).toEqual([
      ['$.a', '1'],
      ['$.a (2)', '2'],
      ['$.a.b', '3'],
      ['$.a.b (2)', '4'],
      ['$["a (2)"]', '5'],
    ]);
  });

  it('looks at so many values and no more', () => {
    expect(values(JSON.stringify(Array.from({ length: 9000 }, () => 0))).size).toBe(MAX_PATHS);
  });

  it('compares headers without regard to case, repeats and all', () => {
    const left = namedHeaders([
      ['X-One', '1'],
      ['Accept', 'a'],
      ['accept', 'b'],
    ]);
    expect(compare(left, namedHeaders([['x-one', '1']]))).toEqual([
      { name: 'x-one', left: '1', right: '1' },
      { name: 'accept', left: 'a\nb', right: null },
    ]);
  });

  it('marks the middle that differs, and whole values that have little in common', () => {
    expect(markChange('evt_100 end', 'evt_234 end')).toEqual([
      { before: 'evt_', changed: '100', after: ' end' },
      { before: 'evt_', changed: '234', after: ' end' },
    ]);
    expect(markChange('response.submitted', 'case.opened')[0].changed).toBe('response.submitted');
    expect(markChange('aa', 'aaa')[1]).toEqual({ before: 'aa', changed: 'a', after: '' });
    expect(markChange('same😀', 'same😁')[0].changed).toBe('😀');
  });

  it('finds the byte at which bodies part', () => {
    const bytes = (text: string) => new TextEncoder().encode(text);
    expect(firstDifference(bytes('abc'), bytes('abd'))).toBe(2);
    expect(firstDifference(bytes('abc'), bytes('abcd'))).toBe(3);
    expect(firstDifference(bytes('abc'), bytes('abc'))).toBeNull();
  });
});
