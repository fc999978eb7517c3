import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { isOneVisibleWord, Secret } from '../src/secret.ts';

describe('a secret', () => {
  test.each([
    ['whsec_A1B2C3D4E5F6A7B8', 'whsec_A1B2…'],
    ['whsec_ab3_xYz12AbCdEfG', 'whsec_ab3_…'],
    ['kycg_0123_567_0123456789abcdef', 'kycg_0123…'],
    ['whsec_abcdefgh', 'whsec_ab…'],
    ['whsec_abc', 'whsec_…'],
    ['MfKQ9r8GKYqr_wjUPD8ILPZIo2LaLaSw', 'MfKQ…'],
    ['0123456789a_bcdefghijklmnopq', '0123456789a_bcde…'],
    ['abc', '…'],
    ['', '…'],
  ])('%s shows as %s, however it is printed', (value, mask) => {
    const secret = new Secret(value);
    expect(secret.mask()).toBe(mask);
    expect(`${secret} ${JSON.stringify({ secret })} ${inspect(secret)}`).toBe(
      `${mask} {"secret":"${mask}"} Secret(${mask})`,
    );
    expect(secret.reveal()).toBe(value);
  });

  test('equals another of the same value', () => {
    expect(new Secret('whsec_A').equals(new Secret('whsec_A'))).toBe(true);
    expect(new Secret('whsec_A').equals(new Secret('whsec_B'))).toBe(false);
  });
});

test.each([
  ['kycg_0123', true],
  ['!"#\\~', true],
  ['', false],
  ['two words', false],
  ['a\n', false],
  ['a\u007f', false],
  ['schlüssel', false],
])('%j is one visible word: %s', (text, expected) => {
  expect(isOneVisibleWord(text)).toBe(expected);
});
