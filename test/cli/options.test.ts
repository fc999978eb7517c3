import { describe, expect, test } from 'vitest';
import { oneOf } from '../../src/cli/one-of.ts';
import {
  bytes,
  chooseEvents,
  collect,
  duration,
  host,
  port,
  single,
  wholeNumber,
} from '../../src/cli/options.ts';
import { EVENT_GROUPS, typesOfGroup } from '../../src/events/catalog.ts';

const usage = (message: string) =>
  expect.objectContaining({ kind: 'usage', message: expect.stringContaining(message) });

describe('parsers of option values', () => {
  test.each([
    ['0', 0],
    ['42', 42],
    ['007', 7],
  ])('a whole number %s', (text, value) => {
    expect(wholeNumber('--n')(text)).toBe(value);
  });

  test.each(['', '-1', '1.5', '1e3', '0x10', ' 1', 'one', '9'.repeat(20)])(
    '%j is no whole number',
    (text) => {
      expect(() => wholeNumber('--n')(text)).toThrow(
        usage(`--n takes a whole number of at least 0, not "${text}"`),
      );
    },
  );

  test('bounds belong to it', () => {
    const parse = wholeNumber('--n', { min: 2, max: 5 });
    expect([parse('2'), parse('5')]).toEqual([2, 5]);
    for (const text of ['1', '6']) expect(() => parse(text)).toThrow(usage('from 2 to 5'));
    expect(port('--port')('65535')).toBe(65_535);
    expect(() => port('--port')('65536')).toThrow(usage('--port'));
  });

  test.each([
    ['512b', 512],
    ['512kb', 524_288],
    ['1MB', 1_048_576],
  ])('a size %s', (text, value) => {
    expect(bytes('--size')(text)).toBe(value);
  });

  test.each(['', '0kb', '1', 'kb', '1.5mb', '-1kb', '1gb'])('%j is no size', (text) => {
    expect(() => bytes('--size')(text)).toThrow(usage('--size takes a size'));
  });

  test('a duration', () => {
    expect(duration('--wait')('5m')).toBe(300_000);
    for (const text of ['', '5', '-5m', '5 m', '5min'])
      expect(() => duration('--wait')(text)).toThrow(usage('--wait takes a duration'));
  });

  test('one of a few words', () => {
    const parse = oneOf('--fruit', ['apple', 'pear']);
    expect(parse('pear')).toBe('pear');
    expect(() => parse('Pear')).toThrow(usage('--fruit takes apple, pear, not "Pear"'));
  });

  test.each(['127.0.0.1', '::1', '[::1]', 'localhost', 'my-host.example'])('an address %s', (text) => {
    expect(host('--host')(text)).toBe(text);
  });

  test.each(['', ' ', 'a b', 'http://a'])(
    '%j is no address: it could mean every one of this machine',
    (text) => {
      expect(() => host('--host')(text)).toThrow(usage('--host takes an address'));
    },
  );

  test('an option that is given once', () => {
    expect(single('--url')('a')).toBe('a');
    expect(() => single('--url')('b', 'a')).toThrow(usage('--url is given more than once'));
    expect(() => single('--url')('')).toThrow(usage('--url needs a value'));
  });

  test('a repeated option gathers its values in order', () => {
    expect(collect('b', collect('a'))).toEqual(['a', 'b']);
  });
});

describe('chosen events', () => {
  test('are the types of groups and single types, in order, each once', () => {
    const { types, unknown, many } = chooseEvents(['case.resolved', 'case.*', 'all']);
    expect(types).toEqual(['case.resolved', 'case.opened', 'all']);
    expect({ unknown, many }).toEqual({ unknown: [], many: true });
  });

  test.each(EVENT_GROUPS)('%s is its documented types', (group) => {
    expect(chooseEvents([group])).toEqual({ types: typesOfGroup(group), unknown: [], many: true });
  });

  test('know what the catalogue does not list', () => {
    expect(chooseEvents(['moon.full'])).toEqual({
      types: ['moon.full'],
      unknown: ['moon.full'],
      many: false,
    });
    for (const empty of ['', ' ']) expect(() => chooseEvents([empty])).toThrow(usage('--event needs'));
    expect(() => chooseEvents(['moon.*'])).toThrow(usage('There is no event group moon.*'));
  });
});
