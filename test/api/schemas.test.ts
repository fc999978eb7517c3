import { expect, test } from 'vitest';
import { isShallow, toUtc } from '../../src/api/schemas.ts';

test.each([
  ['2026-01-19T10:30:00Z', '2026-01-19T10:30:00Z'],
  ['2026-01-19T10:30:00.000Z', '2026-01-19T10:30:00.000Z'],
  ['2026-01-19T10:30:00.123456+00:00', '2026-01-19T10:30:00.123456Z'],
  ['2026-01-19T10:30:00.123456789Z', '2026-01-19T10:30:00.123456789Z'],
  ['2026-01-19T10:30:00.1234567891234Z', '2026-01-19T10:30:00.123456789Z'],
  ['2026-01-19T10:30:00+02:00', '2026-01-19T08:30:00Z'],
  ['2026-01-01T00:30:00.5+0130', '2025-12-31T23:00:00.5Z'],
  ['2026-01-19 10:30:00,5-05:00', '2026-01-19T15:30:00.5Z'],
  ['2026-01-19t10:30:00z', '2026-01-19T10:30:00Z'],
  ['2026-01-19T10:30:00', '2026-01-19T10:30:00Z'],
  ['2026-13-19T10:30:00Z', null],
  ['2026-01-19T25:30:00+00:00', null],
  ['2026-01-19', null],
  ['1768818600', null],
  ['19 January 2026', null],
  ['', null],
])('%s is %s in UTC', (text, expected) => {
  expect(toUtc(text)).toBe(expected);
});

test('depth is measured without being overcome by it', () => {
  const nested = (depth: number): unknown => JSON.parse('['.repeat(depth) + ']'.repeat(depth));
  expect(isShallow('text')).toBe(true);
  expect(isShallow(nested(50))).toBe(true);
  expect(isShallow(nested(51))).toBe(false);
  expect(isShallow(nested(100_000))).toBe(false);
});
