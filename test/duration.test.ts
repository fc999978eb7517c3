import fc from 'fast-check';
import { expect, it } from 'vitest';
import { describeDuration, formatDuration, parseDuration } from '../src/duration.ts';

it.each([
  ['500ms', 500],
  ['30s', 30_000],
  ['5m', 300_000],
  ['2h', 7_200_000],
  ['7d', 604_800_000],
  ['0s', 0],
])('reads %s', (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

it.each([
  [0, '0 ms'],
  [999, '999 ms'],
  [6036, '6.0 s'],
  [10_000, '10 s'],
])('tells people %d as %s', (ms, text) => {
  expect(describeDuration(ms)).toBe(text);
});

it.each([
  '',
  '30',
  's',
  '-5s',
  '1.5h',
  '5 m',
  '5M',
  '5min',
  '1h30m',
  '0x5s',
  '9'.repeat(15).concat('d'),
  '9'.repeat(99).concat('s'),
])('refuses %j', (text) => {
  expect(parseDuration(text)).toBeUndefined();
});

it.each([
  [0, '0ms'],
  [1, '1ms'],
  [1500, '1500ms'],
  [90_000, '90s'],
  [3_600_000, '1h'],
  [86_400_000, '1d'],
])('writes %d ms in the largest unit that loses nothing', (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});

it('reads back what it writes', () => {
  fc.assert(fc.property(fc.nat(), (ms) => parseDuration(formatDuration(ms)) === ms));
});
