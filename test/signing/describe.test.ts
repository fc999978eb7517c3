import { describe, expect, it } from 'vitest';
import { describeScheme } from '../../src/signing/describe.ts';
import { PRESET_NAMES, PRESETS, type Scheme } from '../../src/signing/scheme.ts';

const words = (change: Partial<Scheme>): string => describeScheme({ ...PRESETS.hex, ...change });

describe('a scheme in words', () => {
  it.each(PRESET_NAMES)('is one sentence: %s', (name) => {
    expect(describeScheme(PRESETS[name])).toMatch(/^[^\n]+[^.\n]\.$/);
  });

  it.each([
    [
      'standard-webhooks',
      'webhook-signature (or svix-signature) carries "v1,<signature>": HMAC-SHA256 in base64 over ' +
        '{id}.{timestamp}.{body}, with the id from webhook-id (or svix-id) and the timestamp from webhook-timestamp ' +
        '(or svix-timestamp) in seconds, up to 5 minutes off; the key is the secret without "whsec_", decoded from base64.',
    ],
    [
      'sumsub',
      'X-Payload-Digest carries the signature alone: the HMAC that X-Payload-Digest-Alg names, in hex over {body}; ' +
        'the key is the secret as text.',
    ],
    [
      'paddle',
      'Paddle-Signature carries "ts=<timestamp>;h1=<signature>": HMAC-SHA256 in hex over {timestamp}:{body}, with ' +
        'the timestamp in "ts" in seconds, up to 5 minutes off; the key is the secret as text.',
    ],
    [
      'github',
      'X-Hub-Signature-256 carries "sha256=<signature>": HMAC-SHA256 in hex over {body}; the key is the secret as text.',
    ],
  ] as const)('says all there is to %s', (name, sentence) => {
    expect(describeScheme(PRESETS[name])).toBe(sentence);
  });

  it('says how old a delivery may be', () => {
    const tolerance = { pastMs: 3_600_000, futureMs: 500 };
    expect(words({ tolerance })).toContain('in seconds, up to 1 hour old or 500 ms ahead;');
    expect(words({ tolerance: null })).toContain('in seconds, however old;');
  });

  it('says what may be left out, and what else is accepted', () => {
    expect(words({})).toContain('carries "sha256=<signature>", or the signature alone:');
    expect(words({})).toContain('over {body} or {timestamp}.{body}');
  });

  it('names units, keys and line feeds so that they can be read', () => {
    const timestamp = { from: 'header', headers: ['X-T'], unit: 'iso8601' } as const;
    expect(words({ timestamp })).toContain('the timestamp from X-T in ISO 8601');
    expect(words({ timestamp: { ...timestamp, unit: 'ms' } })).toContain('in milliseconds');
    expect(words({ key: { kind: 'hex', prefix: 'k_' } })).toContain(
      'the secret without "k_", decoded from hex.',
    );
    expect(words({ templates: ['{timestamp}\n{body}'] })).toContain('over {timestamp}\\n{body},');
  });
});
