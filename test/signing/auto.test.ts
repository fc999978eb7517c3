import { describe, expect, it } from 'vitest';
import { Secret } from '../../src/secret.ts';
import { createAutoVerifier } from '../../src/signing/auto.ts';
import type { Headers } from '../../src/signing/read.ts';
import { PRESETS, type Scheme } from '../../src/signing/scheme.ts';
import { sign } from '../../src/signing/sign.ts';
import type { Candidate } from '../../src/signing/verify.ts';
import { bytes } from './schemes.ts';

const NOW = 1_700_000_000_000;
const BODY = bytes('{"a":1}');
const SECRET = new Secret('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw');
const KNOWN: readonly Candidate[] = [{ webhookId: 'wh_1', age: 'current', secret: SECRET }];

const signed = (scheme: Scheme, timestampMs = NOW) => ({
  headers: sign(scheme, { id: 'm', timestampMs, body: BODY }, [SECRET]),
  body: BODY,
});

function auto(pinned: Scheme | null = null) {
  const pins: Scheme[] = [];
  const verify = createAutoVerifier({ pinned, onPin: (scheme) => pins.push(scheme) });
  return { pins, verify };
}

describe('auto', () => {
  it('pins the scheme of the first good delivery, and refuses every other from then on', () => {
    const { pins, verify } = auto();
    expect(verify(signed(PRESETS.stripe), KNOWN, { nowMs: NOW })).toMatchObject({
      status: 'valid',
      scheme: 'stripe',
      webhookId: 'wh_1',
    });
    expect(verify(signed(PRESETS.github), KNOWN, { nowMs: NOW })).toMatchObject({
      status: 'invalid',
      scheme: 'stripe',
      reason: 'missing_header',
    });
    expect(verify(signed(PRESETS.stripe), KNOWN, { nowMs: NOW }).status).toBe('valid');
    expect(pins).toEqual([PRESETS.stripe]);
  });

  it('looks for no scheme where one is pinned', () => {
    const { pins, verify } = auto(PRESETS.github);
    expect(verify(signed(PRESETS.github), KNOWN, { nowMs: NOW }).status).toBe('valid');
    expect(verify(signed(PRESETS.slack), KNOWN, { nowMs: NOW })).toMatchObject({ scheme: 'github' });
    expect(pins).toEqual([]);
  });

  it('pins nothing for a delivery that is too old, and says so', () => {
    const { pins, verify } = auto();
    const old = signed(PRESETS.paddle, NOW - 3_600_000);
    expect(verify(old, KNOWN, { nowMs: NOW })).toMatchObject({
      scheme: 'paddle',
      reason: 'timestamp_too_old',
    });
    expect(pins).toEqual([]);
    expect(verify(old, KNOWN, { nowMs: NOW, toleranceMs: 3_600_000 }).status).toBe('valid');
    expect(pins).toEqual([PRESETS.paddle]);
  });

  it('leaves deliveries unverified without a secret', () => {
    expect(auto().verify(signed(PRESETS.github), [], { nowMs: NOW }).status).toBe('unverified');
  });

  it('says what it has seen where it finds nothing', () => {
    const { pins, verify } = auto();
    const hintFor = (headers: Headers, secrets: readonly Candidate[] = KNOWN) =>
      verify({ headers, body: BODY }, secrets, { nowMs: NOW });
    expect(hintFor([['content-type', 'application/json']])).toEqual({
      status: 'invalid',
      scheme: 'auto',
      reason: 'missing_header',
      hint: expect.stringContaining('No header of the delivery can hold an HMAC'),
    });
    expect(hintFor([['X-Acme-Signature', `t=1700000000,v1=${'0'.repeat(64)}`]])).toEqual({
      status: 'invalid',
      scheme: 'auto',
      reason: 'wrong_secret',
      hint:
        'X-Acme-Signature looks like HMAC-SHA256 in hex, but the known secret did not make it in any way that was ' +
        'tried: store the secret of the subscription that sent it, describe its scheme in a file for --scheme, or check that the body arrives unchanged.',
    });
    const many = Array.from({ length: 400 }, (_, index) => ({
      webhookId: 'wh_1',
      age: 'current' as const,
      secret: new Secret(`whsec_${Buffer.alloc(24, index).toString('base64')}${index}`),
    }));
    expect(hintFor([['x-sig', Buffer.alloc(64).toString('base64')]], many)).toMatchObject({
      hint: expect.stringMatching(
        /x-sig looks like HMAC-SHA512 in base64, but none of the 400 .*next delivery\.$/,
      ),
    });
    expect(pins).toEqual([]);
  });
});
