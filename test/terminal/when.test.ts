import { expect, test } from 'vitest';
import { localTime, when } from '../../src/terminal/when.ts';

const NOW = Date.parse('2026-03-01T12:00:00Z');

test.each([
  [null, ''],
  ['2026-03-01T12:00:00.400Z', 'now'],
  ['2026-03-01T11:59:15Z', '45 s ago'],
  ['2026-03-01T11:54:59.123456+00:00', '5 min ago'],
  ['2026-03-01T14:30:00Z', 'in 2 h'],
  ['2026-02-20T12:00:00Z', '9 d ago'],
  ['2025-12-31T23:59:59Z', '2025-12-31'],
  ['2027-01-01T00:30:00+01:00', '2026-12-31'],
  ['no time', 'no time'],
])('%s is %j for people', (iso, expected) => {
  expect(when(iso, NOW)).toBe(expected);
});

test('localTime is a clock time where the reader is', () => {
  const local = new Date(2026, 2, 1, 9, 5, 7);
  expect(localTime(local.toISOString())).toBe('09:05:07');
});
