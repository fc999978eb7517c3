import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Secret } from '../../src/secret.ts';
import { PRESETS, type Scheme } from '../../src/signing/scheme.ts';
import { sign } from '../../src/signing/sign.ts';
import type { Verdict } from '../../src/signing/verdict.ts';
import { type Candidate, createVerifier, type Delivery, type Verify } from '../../src/signing/verify.ts';
import { ALL_SCHEMES, bodies, bytes, ids, secretsOf, times } from './schemes.ts';

const NOW = 1_700_000_000_000;
const NO_TOLERANCE_BOUND = Number.MAX_SAFE_INTEGER;
const STANDARD = PRESETS['standard-webhooks'];
const SECRET = new Secret('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw');
const OTHER = new Secret('whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA');

const verify = (scheme: Scheme, ...delivered: Parameters<Verify>) => createVerifier(scheme)(...delivered);

const candidate = (secret: Secret, webhookId: string | null = 'wh_1', age: Candidate['age'] = 'current') => ({
  webhookId,
  age,
  secret,
});

function delivery(scheme: Scheme, secrets: readonly Secret[], body = '{"a":1}', timestampMs = NOW): Delivery {
  const content = bytes(body);
  return { headers: sign(scheme, { id: 'msg_1', timestampMs, body: content }, secrets), body: content };
}

function withHeader({ headers, body }: Delivery, name: string, value: string): Delivery {
  return { headers: [...headers.filter(([sent]) => sent !== name), [name, value]], body };
}

const without = ({ headers, body }: Delivery, name: string): Delivery => ({
  headers: headers.filter(([sent]) => sent !== name),
  body,
});

const reasonOf = (verdict: Verdict) => (verdict.status === 'invalid' ? verdict.reason : verdict.status);
const hintOf = (verdict: Verdict) => (verdict.status === 'valid' ? '' : verdict.hint);

const check = (scheme: Scheme, sent: Delivery, candidates: readonly Candidate[] = [candidate(SECRET)]) =>
  verify(scheme, sent, candidates, { nowMs: NOW });

describe.each(ALL_SCHEMES)('$name', (scheme) => {
  const signed = fc
    .record({ id: ids, timestampMs: times, body: bodies, secret: secretsOf(scheme) })
    .map((parts) => ({ ...parts, headers: sign(scheme, parts, [parts.secret]) }));
  const judge = (sent: Delivery, secret: Secret) =>
    reasonOf(verify(scheme, sent, [candidate(secret)], { nowMs: 0, toleranceMs: NO_TOLERANCE_BOUND }));

  it('accepts what was signed, whatever the case of the header names', () => {
    fc.assert(
      fc.property(signed, ({ headers, body, secret }) => {
        expect(judge({ headers, body }, secret)).toBe('valid');
        const upper = headers.map(([name, value]) => [name.toUpperCase(), value] as const);
        expect(judge({ headers: upper, body }, secret)).toBe('valid');
      }),
    );
  });

  it('refuses the delivery when any bit of its body is flipped', () => {
    fc.assert(
      fc.property(signed, fc.nat(), ({ headers, body, secret }, at) => {
        fc.pre(body.length > 0);
        const altered = body.slice();
        const index = at % body.length;
        altered[index] = (altered[index] ?? 0) ^ (1 << (at % 8));
        expect(judge({ headers, body: altered }, secret)).toBe('wrong_secret');
      }),
    );
  });

  it('refuses the delivery when any bit of its signed headers is flipped', () => {
    fc.assert(
      fc.property(signed, fc.nat(), fc.nat(), ({ headers, body, secret }, which, at) => {
        const index = which % headers.length;
        const [name, value] = headers[index] ?? ['', ''];
        const altered = flipBit(value, at);
        // Hex digits mean the same in both cases.
        fc.pre(altered.toLowerCase() !== value.toLowerCase());
        const changed = headers.map((pair, position) =>
          position === index ? ([name, altered] as const) : pair,
        );
        expect(judge({ headers: changed, body }, secret)).not.toBe('valid');
      }),
    );
  });

  it('refuses the delivery under another key', () => {
    fc.assert(
      fc.property(signed, secretsOf(scheme), ({ headers, body, secret }, other) => {
        fc.pre(secret.reveal() !== other.reveal());
        const same = sign(scheme, { id: 'x', timestampMs: NOW, body }, [secret]);
        // HMAC pads short keys with zeros: different texts may be one key.
        fc.pre(
          JSON.stringify(sign(scheme, { id: 'x', timestampMs: NOW, body }, [other])) !== JSON.stringify(same),
        );
        expect(judge({ headers, body }, other)).toBe('wrong_secret');
      }),
    );
  });

  it('never throws, whatever the headers hold', () => {
    fc.assert(
      fc.property(signed, fc.array(fc.string({ unit: 'binary' })), ({ headers, body, secret }, junk) => {
        const garbled = headers.map(([name], index) => [name, junk[index] ?? ''] as const);
        expect(judge({ headers: garbled, body }, secret)).not.toBe('valid');
      }),
    );
  });
});

function flipBit(text: string, at: number): string {
  const codes = Buffer.from(text, 'latin1');
  const index = at % codes.length;
  codes[index] = (codes[index] ?? 0) ^ (1 << (at % 8));
  return codes.toString('latin1');
}

describe('several secrets and several signatures', () => {
  it('name the subscription and the age of the secret that signed', () => {
    const candidates = [candidate(OTHER, 'wh_1'), candidate(SECRET, 'wh_2', 'previous')];
    expect(check(STANDARD, delivery(STANDARD, [SECRET]), candidates)).toEqual({
      status: 'valid',
      scheme: 'standard-webhooks',
      webhookId: 'wh_2',
      secretAge: 'previous',
    });
  });

  it('match when any signature is made by any secret', () => {
    const both = delivery(STANDARD, [OTHER, SECRET]);
    expect(check(STANDARD, both)).toMatchObject({ status: 'valid', webhookId: 'wh_1' });
  });

  it('are read from sets with a timestamp each', () => {
    const [first, second] = [
      delivery(PRESETS.stripe, [OTHER], 'x', NOW - 1000),
      delivery(PRESETS.stripe, [SECRET], 'x'),
    ];
    const join = (separator: string) =>
      withHeader(
        first,
        'Stripe-Signature',
        [first, second].map((one) => one.headers[0]?.[1]).join(separator),
      );
    expect(check(PRESETS.stripe, join(' ')).status).toBe('valid');
    expect(check(PRESETS.stripe, join(',')).status).toBe('valid');
    expect(check(PRESETS.stripe, join(', ')).status).toBe('valid');
  });

  it('are read from sets that begin with the signature', () => {
    const sets = [OTHER, SECRET].map((secret, age) =>
      delivery(PRESETS.stripe, [secret], 'x', NOW - age * 1000),
    );
    const value = sets.map((set) => set.headers[0]?.[1].split(',').reverse().join(',')).join(' ');
    const sent = { headers: [['Stripe-Signature', value] as const], body: bytes('x') };
    expect(check(PRESETS.stripe, sent).status).toBe('valid');
  });

  it('are read with spaces behind the separator, and with unknown pairs between', () => {
    const sent = delivery(PRESETS.stripe, [SECRET]);
    const spaced = (sent.headers[0]?.[1] ?? '').replace(',', ', v0=abc, flag, ');
    expect(check(PRESETS.stripe, withHeader(sent, 'Stripe-Signature', spaced)).status).toBe('valid');
  });

  it('are read from a signature header that is sent twice', () => {
    const sent = delivery(STANDARD, [SECRET]);
    const headers = [['webhook-signature', `v1,${'A'.repeat(43)}=`] as const, ...sent.headers];
    expect(check(STANDARD, { ...sent, headers }).status).toBe('valid');
  });

  it('are passed over where they are of another version', () => {
    const sent = delivery(STANDARD, [SECRET]);
    const mixed = `v1a,ed25519 ${sent.headers.at(-1)?.[1]}`;
    expect(check(STANDARD, withHeader(sent, 'webhook-signature', mixed)).status).toBe('valid');
  });

  it('accept a fresh set beside a stale one of the same secret', () => {
    const stale = delivery(PRESETS.stripe, [SECRET], 'x', NOW - 3_600_000);
    const fresh = delivery(PRESETS.stripe, [SECRET], 'x');
    const value = `${stale.headers[0]?.[1]} ${fresh.headers[0]?.[1]}`;
    expect(check(PRESETS.stripe, withHeader(fresh, 'Stripe-Signature', value)).status).toBe('valid');
  });

  it('are read up to a bound', () => {
    const sent = delivery(STANDARD, [SECRET]);
    const good = sent.headers.at(-1)?.[1];
    const filler = (count: number) => Array.from({ length: count }, () => `v1,${'A'.repeat(43)}=`).join(' ');
    const at = (count: number) => withHeader(sent, 'webhook-signature', `${filler(count)} ${good}`);
    expect(check(STANDARD, at(15)).status).toBe('valid');
    expect(reasonOf(check(STANDARD, at(16)))).toBe('wrong_secret');
  });

  it('are read for up to four timestamps', () => {
    const sets = [5, 4, 3, 2, 1, 0].map((age) =>
      delivery(PRESETS.stripe, [age === 0 ? SECRET : OTHER], 'x', NOW - age * 1000),
    );
    const joined = (count: number) => {
      const last = sets.slice(-count);
      return withHeader(
        { headers: [], body: bytes('x') },
        'Stripe-Signature',
        last.map((set) => set.headers[0]?.[1]).join(' '),
      );
    };
    expect(check(PRESETS.stripe, joined(4)).status).toBe('valid');
    expect(reasonOf(check(PRESETS.stripe, joined(5)))).toBe('wrong_secret');
  });
});

describe('header aliases', () => {
  it('are those of Svix for Standard Webhooks', () => {
    const sent = delivery(STANDARD, [SECRET]);
    const headers = sent.headers.map(([name, value]) => [name.replace('webhook', 'Svix'), value] as const);
    expect(check(STANDARD, { ...sent, headers }).status).toBe('valid');
  });

  it('are those of Persona for Stripe', () => {
    const sent = delivery(PRESETS.stripe, [SECRET]);
    const headers = [['persona-signature', sent.headers[0]?.[1] ?? ''] as const];
    expect(check(PRESETS.stripe, { ...sent, headers }).status).toBe('valid');
  });

  it('let plain signatures come without their prefix, and with a signed timestamp', () => {
    const sent = delivery(PRESETS.hex, [SECRET]);
    const bare = (sent.headers[0]?.[1] ?? '').replace('sha256=', '').toUpperCase();
    expect(check(PRESETS.hex, { ...sent, headers: [['X-Webhook-Signature', bare]] }).status).toBe('valid');
    const timed: Scheme = { ...PRESETS.hex, templates: ['{timestamp}.{body}'] };
    expect(check(PRESETS.hex, delivery(timed, [SECRET])).status).toBe('valid');
    expect(reasonOf(check(PRESETS.hex, delivery(timed, [SECRET], '', NOW - 300_001)))).toBe(
      'timestamp_too_old',
    );
    expect(reasonOf(check(PRESETS.hex, without(delivery(timed, [SECRET]), 'X-Timestamp')))).toBe(
      'wrong_secret',
    );
  });

  it('let a plain delivery carry a timestamp that is not signed, and not even a time', () => {
    const sent = delivery(PRESETS.hex, [SECRET]);
    expect(check(PRESETS.hex, withHeader(sent, 'X-Timestamp', 'yesterday')).status).toBe('valid');
    expect(check(PRESETS.hex, withHeader(sent, 'X-Timestamp', '12')).status).toBe('valid');
  });

  it('read each hash that Sumsub names', () => {
    for (const [name, hash] of [
      ['HMAC_SHA1_HEX', 'sha1'],
      ['HMAC_SHA512_HEX', 'sha512'],
    ] as const) {
      const sent = delivery({ ...PRESETS.sumsub, hash }, [SECRET]);
      expect(check(PRESETS.sumsub, withHeader(sent, 'x-payload-digest-alg', name)).status).toBe('valid');
    }
  });

  it('read base64 in the URL-safe alphabet and without padding', () => {
    const sent = delivery(STANDARD, [SECRET], 'x3');
    const value = sent.headers.at(-1)?.[1] ?? '';
    expect(value).toMatch(/[+/]/);
    const safe = value.replaceAll('+', '-').replaceAll('/', '_').replace('=', '');
    expect(check(STANDARD, withHeader(sent, 'webhook-signature', safe)).status).toBe('valid');
  });
});

describe('the signed bytes', () => {
  it('are those that were sent, also where a header is not ASCII', () => {
    const key = Buffer.from('MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'base64');
    const content = Buffer.concat([
      Buffer.from('m'),
      Uint8Array.of(0xe9),
      Buffer.from(`.${NOW / 1000}.`),
      Uint8Array.of(0xff),
    ]);
    const headers = [
      // As a server reads the byte E9.
      ['webhook-id', 'm\u00e9'],
      ['webhook-timestamp', String(NOW / 1000)],
      ['webhook-signature', `v1,${createHmac('sha256', key).update(content).digest('base64')}`],
    ] as const;
    expect(check(STANDARD, { headers, body: Uint8Array.of(0xff) }).status).toBe('valid');
  });
});

describe('timestamps', () => {
  const at = (timestampMs: number, toleranceMs?: number) =>
    verify(STANDARD, delivery(STANDARD, [SECRET], 'x', timestampMs), [candidate(SECRET)], {
      nowMs: NOW,
      toleranceMs,
    });

  it.each([
    [-300_000, 'valid'],
    [300_000, 'valid'],
    [-301_000, 'timestamp_too_old'],
    [301_000, 'timestamp_in_future'],
  ])('%i ms from now are %s with a tolerance of 300 s', (offset, outcome) => {
    expect(reasonOf(at(NOW + offset))).toBe(outcome);
  });

  it('are exact to the millisecond', () => {
    const sent = delivery(STANDARD, [SECRET], 'x', NOW);
    const seen = (nowMs: number) => reasonOf(verify(STANDARD, sent, [candidate(SECRET)], { nowMs }));
    expect([NOW - 300_001, NOW - 300_000, NOW + 300_000, NOW + 300_001].map(seen)).toEqual([
      'timestamp_in_future',
      'valid',
      'valid',
      'timestamp_too_old',
    ]);
  });

  it('say in words how far they are off', () => {
    expect(hintOf(at(NOW - 90_061_000))).toContain('Signed 1 day 1 hour ago, and 5 minutes are tolerated');
    expect(hintOf(at(NOW + 422_000))).toContain(
      'Signed 7 minutes 2 seconds in the future, and 5 minutes are',
    );
    expect(hintOf(at(NOW - 1_000, 500))).toContain('Signed 1 second ago, and 500 ms are tolerated');
  });

  it('are measured by the tolerance of the caller where there is one', () => {
    expect(reasonOf(at(NOW - 2_000, 1_000))).toBe('timestamp_too_old');
    expect(reasonOf(at(NOW - 900_000, 900_000))).toBe('valid');
    expect(reasonOf(at(NOW, 0))).toBe('valid');
  });

  it('are not spoken of unless the signature is right', () => {
    const sent = withHeader(delivery(STANDARD, [SECRET]), 'webhook-timestamp', '1');
    expect(reasonOf(check(STANDARD, sent))).toBe('wrong_secret');
  });

  it('may be off more in one direction than in the other', () => {
    const scheme: Scheme = { ...STANDARD, tolerance: { pastMs: 10_000, futureMs: 2_000 } };
    const seen = [-10_000, -11_000, 2_000, 3_000].map((offset) =>
      reasonOf(check(scheme, delivery(scheme, [SECRET], 'x', NOW + offset))),
    );
    expect(seen).toEqual(['valid', 'timestamp_too_old', 'valid', 'timestamp_in_future']);
  });

  it('cannot be done away with by moving them into the body', () => {
    const scheme: Scheme = { ...PRESETS.hex, templates: ['{timestamp}.{body}'] };
    const sent = delivery(scheme, [SECRET], '{"a":1}', NOW);
    const moved = { headers: without(sent, 'X-Timestamp').headers, body: bytes(`${NOW / 1000}.{"a":1}`) };
    expect(reasonOf(check(PRESETS.hex, moved))).toBe('wrong_secret');
    for (const body of ['1.5 of {x]', 'x{y]', '{"a":1}\n', 'a=1&t=1700000000']) {
      expect(check(PRESETS.hex, delivery(PRESETS.hex, [SECRET], body)).status).toBe('valid');
    }
  });

  it('are not checked where the scheme signs none', () => {
    const sent = delivery(PRESETS.github, [SECRET]);
    expect(verify(PRESETS.github, sent, [candidate(SECRET)], { nowMs: NOW * 2, toleranceMs: 1 }).status).toBe(
      'valid',
    );
  });
});

describe('headers that are not as they should be', () => {
  const sent = delivery(STANDARD, [SECRET]);

  it.each(['webhook-id', 'webhook-timestamp', 'webhook-signature'])('are missed by name: %s', (name) => {
    const verdict = check(STANDARD, without(sent, name));
    expect(reasonOf(verdict)).toBe('missing_header');
    expect(hintOf(verdict)).toContain(`no ${name} header (or ${name.replace('webhook', 'svix')})`);
  });

  it.each([
    ['webhook-timestamp', '2026-01-01T00:00:00Z', 'should be seconds since 1970'],
    ['webhook-timestamp', '-1', 'should be seconds since 1970'],
    ['webhook-timestamp', '1e9', 'should be seconds since 1970'],
    ['webhook-timestamp', '', 'is empty'],
    ['webhook-id', '', 'is empty'],
    ['webhook-signature', '', 'should hold "v1," and 32 bytes in base64'],
    ['webhook-signature', 'v1,', 'should hold "v1," and 32 bytes in base64'],
    ['webhook-signature', 'v1,AAAA', 'should hold "v1," and 32 bytes in base64'],
    ['webhook-signature', `v1,${'A'.repeat(42)}B`, 'should hold "v1," and 32 bytes in base64'],
    ['webhook-signature', `v1,${'%'.repeat(43)}=`, 'should hold "v1," and 32 bytes in base64'],
    ['webhook-signature', `v1,${'A'.repeat(45)}`, 'should hold "v1," and 32 bytes in base64'],
    ['webhook-signature', `v1,${'A'.repeat(9_000)}`, 'is longer than 8192 characters'],
  ])('are malformed: %s: %.60s', (name, value, hint) => {
    const verdict = check(STANDARD, withHeader(sent, name, value));
    expect(reasonOf(verdict)).toBe('malformed_header');
    expect(hintOf(verdict)).toContain(`The header ${name} ${hint}`);
  });

  it.each(['webhook-id', 'webhook-timestamp'])('are malformed when sent twice: %s', (name) => {
    const headers = [...sent.headers, [name.toUpperCase(), 'other'] as const];
    const verdict = check(STANDARD, { ...sent, headers });
    expect(reasonOf(verdict)).toBe('malformed_header');
    expect(hintOf(verdict)).toContain('was sent more than once');
  });

  it.each([
    [
      PRESETS.stripe,
      'Stripe-Signature',
      `v1=${'0'.repeat(64)}`,
      't=<seconds since 1970> and v1=<64 hex digits>',
    ],
    [PRESETS.stripe, 'Stripe-Signature', `t=now,v1=${'0'.repeat(64)}`, 'should hold t=<seconds since 1970>'],
    [PRESETS.stripe, 'Stripe-Signature', 't=1', 'should hold t='],
    [PRESETS.github, 'X-Hub-Signature-256', '0'.repeat(64), 'should be "sha256=" and 64 hex digits'],
    [
      PRESETS.github,
      'X-Hub-Signature-256',
      `sha256=${'0'.repeat(40)}`,
      'should be "sha256=" and 64 hex digits',
    ],
    [PRESETS.onfido, 'X-SHA2-Signature', 'nonsense', 'should be 64 hex digits'],
    [PRESETS.hex, 'X-Signature', 'sha512=00', 'should be 64 hex digits'],
    [PRESETS.sumsub, 'X-Payload-Digest-Alg', 'MD5', 'should be one of HMAC_SHA256_HEX, HMAC_SHA512_HEX'],
  ])('say what $name wants', (scheme, name, value, hint) => {
    const verdict = check(scheme, withHeader(delivery(scheme, [SECRET]), name, value));
    expect(reasonOf(verdict)).toBe('malformed_header');
    expect(hintOf(verdict)).toContain(hint);
  });

  it('are missed where the hash should be named', () => {
    const unnamed = without(delivery(PRESETS.sumsub, [SECRET]), 'X-Payload-Digest-Alg');
    expect(reasonOf(check(PRESETS.sumsub, unnamed))).toBe('missing_header');
  });

  it.each([
    ['iso8601', '2023-11-14T22:13:20Z', 'wrong_secret'],
    ['iso8601', '2023-11-14T22:13:20.5+01:00', 'wrong_secret'],
    ['iso8601', '2023-11-14', 'malformed_header'],
    ['iso8601', '2023-99-14T22:13:20Z', 'malformed_header'],
    ['ms', '1700000000000', 'wrong_secret'],
    ['ms', '17e11', 'malformed_header'],
  ] as const)('read a timestamp in %s: %s is %s', (unit, value, reason) => {
    const scheme: Scheme = {
      ...STANDARD,
      timestamp: { from: 'header', headers: ['webhook-timestamp'], unit },
    };
    expect(reasonOf(check(scheme, withHeader(sent, 'webhook-timestamp', value)))).toBe(reason);
  });
});

describe('secrets', () => {
  const sent = delivery(STANDARD, [SECRET]);

  it('leave a delivery unverified where none is known, whatever it looks like', () => {
    for (const one of [sent, without(sent, 'webhook-signature')]) {
      const verdict = check(STANDARD, one, []);
      expect(verdict.status).toBe('unverified');
      expect(hintOf(verdict)).toContain('kycgenie secrets import');
    }
  });

  it('that are no keys of the scheme are passed over', () => {
    const candidates = [
      candidate(new Secret('whsec_!'), 'wh_bad'),
      candidate(new Secret('whsec_'), 'wh_empty'),
      candidate(SECRET),
    ];
    expect(check(STANDARD, sent, candidates)).toMatchObject({ status: 'valid', webhookId: 'wh_1' });
  });

  it('that are no keys of the scheme are named as the fault when nothing matches', () => {
    const bad = candidate(new Secret('whsec_!'));
    const empty = candidate(new Secret(''));
    expect(hintOf(check(STANDARD, sent, [bad]))).toContain(
      'The known secret is no key of this scheme (standard-webhooks takes base64 after whsec_)',
    );
    expect(hintOf(check(STANDARD, sent, [bad, empty]))).toContain('None of the 2 known secrets is a key');
    expect(hintOf(check(STANDARD, sent, [bad, candidate(OTHER)]))).toContain(
      'None of the 2 known secrets made this signature (1 could not be tried',
    );
    expect(hintOf(check(STANDARD, sent, [candidate(OTHER)]))).toContain(
      'The known secret did not make this signature:',
    );
    const hex: Scheme = { ...PRESETS.hex, key: { kind: 'hex' } };
    const base64: Scheme = { ...PRESETS.hex, key: { kind: 'base64' } };
    expect(hintOf(check(hex, delivery(PRESETS.hex, [SECRET]), [bad]))).toContain('hex takes hex digits');
    expect(hintOf(check(base64, delivery(PRESETS.hex, [SECRET]), [bad]))).toContain('hex takes base64)');
    expect(hintOf(check(PRESETS.hex, delivery(PRESETS.hex, [SECRET]), [empty]))).toContain(
      'hex takes any text',
    );
  });

  it('are never shown in a hint', () => {
    const shown = [
      check(STANDARD, sent, [candidate(OTHER)]),
      check(STANDARD, sent, [candidate(new Secret('whsec_!tell'))]),
    ];
    expect(JSON.stringify(shown)).not.toMatch(/AAAA|tell/);
  });

  it('may come and go between deliveries of one verifier', () => {
    const verifyNext = createVerifier(STANDARD);
    const seen = [[OTHER], [OTHER, SECRET], [SECRET], []].map((secrets) =>
      reasonOf(
        verifyNext(
          sent,
          secrets.map((secret) => candidate(secret)),
          { nowMs: NOW },
        ),
      ),
    );
    expect(seen).toEqual(['wrong_secret', 'valid', 'valid', 'unverified']);
  });
});
