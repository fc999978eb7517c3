import { expect, test } from 'vitest';
import { bareHost, hostAndPort } from '../../src/http/address.ts';

test.each([
  ['https://a.test', 'a.test:443'],
  ['http://a.test/x', 'a.test:80'],
  ['https://[::1]:8443', '[::1]:8443'],
])('%s is shown as %s', (url, expected) => {
  expect(hostAndPort(new URL(url))).toBe(expected);
});

test('an IPv6 address loses the brackets that only URLs want', () => {
  expect(bareHost(new URL('http://[::1]:80').hostname)).toBe('::1');
  expect(bareHost('a.test')).toBe('a.test');
});
