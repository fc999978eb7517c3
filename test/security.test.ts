import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

/** Every proof that SECURITY.md names: a test file, and the name of a test in it. */
const PROOF = /`(test\/[\w./-]+)` "([^"]+)"/g;

const named = [...readFileSync('SECURITY.md', 'utf8').matchAll(PROOF)].map(
  ([, file = '', name = '']) => [file, name] as const,
);

const ROWS = readFileSync('SECURITY.md', 'utf8')
  .split('\n')
  .filter((line) => /^\| (?!they try|what could leak)/.test(line));

describe('SECURITY.md', () => {
  it.each(named)('names a test that is there: %s %s', (file, name) => {
    expect(readFileSync(file, 'utf8')).toContain(name);
  });

  it('has a proof for each threat', () => {
    expect(ROWS.length).toBeGreaterThan(25);
    expect(ROWS.filter((row) => !row.match(PROOF))).toEqual([]);
  });
});
