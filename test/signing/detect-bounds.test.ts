import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Secret } from '../../src/secret.ts';
import { createDetector, DETECT_WORK_BYTES, detectScheme } from '../../src/signing/detect.ts';
import type { Headers } from '../../src/signing/read.ts';
import { PRESETS } from '../../src/signing/scheme.ts';
import { sign } from '../../src/signing/sign.ts';
import type { Candidate } from '../../src/signing/verify.ts';
import { Work } from '../../src/signing/work.ts';
import { bytes } from './schemes.ts';
import { WILD } from './wild.ts';

const NOW = 1_700_000_000_000;
const HEX = 'ab'.repeat(32);
const candidates = (count: number): readonly Candidate[] =>
  Array.from({ length: count }, (_, index) => ({
    webhookId: `wh_${index}`,
    age: 'current',
    secret: new Secret(`whsec_${Buffer.alloc(24, index + 1).toString('base64')}`),
  }));
const range = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index);

/** All that a header can offer, many times over. */
const GREEDY: Headers = [
  ...range(30).map((index) => [`x-time-${index}`, String(1_700_000_000 + index)] as const),
  ...range(30).map((index) => [`x-id-${index}`, `evt_${index}`] as const),
  ...range(30).map((index) => [`x-sig-${index}`, `t=17000000${10 + index},v1=${HEX},v0=${HEX}`] as const),
  [
    'stripe-signature',
    range(12)
      .map((index) => `t=170000000${index % 10},v1=${HEX}`)
      .join(' '),
  ],
  [
    'webhook-signature',
    range(16)
      .map(() => `v1,${Buffer.alloc(32).toString('base64')}`)
      .join(' '),
  ],
  ['x-hub-signature-256', `sha256=${HEX}`],
  ['x-signature', HEX],
  ['x-timestamp', '1700000000'],
];

function workOn(headers: Headers, body: Uint8Array, secrets: number): Work {
  const work = new Work(DETECT_WORK_BYTES);
  expect(detectScheme({ headers, body }, candidates(secrets), { nowMs: NOW, work })).toBeNull();
  return work;
}

describe('a delivery that nobody here signed', () => {
  it.each([0, 1_000, 100_000, 1_000_000, 20_000_000])(
    'costs a bounded amount of hashing with %i bytes',
    (size) => {
      for (const secrets of [1, 3, 100, 2_000]) {
        const work = workOn(GREEDY, new Uint8Array(size), secrets);
        expect(work.spentBytes).toBeLessThanOrEqual(DETECT_WORK_BYTES);
        expect(work.hmacs).toBeLessThanOrEqual(DETECT_WORK_BYTES / 5_120);
        expect(work.hmacs * size).toBeLessThanOrEqual(DETECT_WORK_BYTES * 40);
        expect(work.isExhausted).toBe(true);
      }
    },
  );

  it('costs no hashing when no header can be a signature', () => {
    const junk: Headers = [
      ['x-signature', 'short'],
      ['x-signature', 'v1,abc'],
      ['x-signature', `${HEX}00`],
      ['x-signature', HEX.replaceAll('a', 'g')],
      ['x-signature', '\u00e9'.repeat(64)],
      ['x-signature', '\u0000'.repeat(64)],
      ['x-signature', ' '.repeat(8_192)],
      ['x-signature', 'a'.repeat(8_192)],
      ['stripe-signature', 'a'.repeat(9_000)],
      ['x-\u0000', HEX],
      ['x'.repeat(65), HEX],
      ['', HEX],
      ...range(5_000).map((index) => [`x-${index}`, `session=${'z'.repeat(index % 200)}`] as const),
    ];
    expect(workOn(junk, bytes('{}'), 50).hmacs).toBe(0);
  });

  it('costs the hashing for four headers at most, and none for a longer one', () => {
    const many = range(100).map((index) => [`x-sig-${index}`, HEX] as const);
    expect(workOn(many, bytes('{}'), 1).hmacs).toBe(16);
    const line = (chars: number) => `v1=${HEX},pad=`.padEnd(chars, 'x');
    expect(workOn([['x-sig', line(1_024)]], bytes('{}'), 1).hmacs).toBe(4);
    expect(workOn([['x-sig', line(1_025)]], bytes('{}'), 1).hmacs).toBe(0);
  });

  it('costs the reading of its signature headers too', () => {
    const work = (chars: number) => workOn([['x-sig', `v1=${HEX},p=`.padEnd(chars, 'x')]], bytes('{}'), 1);
    expect(work(1_000).hmacs).toBe(work(100).hmacs);
    expect(work(1_000).spentBytes - work(100).spentBytes).toBe(900 * 40);
  });

  it('has no more than 128 of its headers looked at', () => {
    const asked = new Set<string>();
    const headers = new Proxy([...range(5_000).map((index) => [`x-${index}`, HEX] as const)], {
      get(target, key, receiver) {
        if (typeof key === 'string' && /^\d+$/.test(key)) asked.add(key);
        return Reflect.get(target, key, receiver);
      },
    });
    workOn(headers, bytes('{}'), 1);
    expect(asked.size).toBeLessThanOrEqual(128);
  });

  it('never makes it throw', () => {
    const value = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc.constantFrom(HEX, `t=1700000000,v1=${HEX}`, `v1,${HEX}`, 'v1,'.repeat(400), '=,=;= &'.repeat(100)),
      fc.constantFrom(`${HEX}\u0000`, `sha256=${HEX}`, '1700000000', `${'t=1,'.repeat(250)}v1=${HEX}`),
      fc.string({ maxLength: 40 }).map((text) => `${text}=${HEX}`),
    );
    const name = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 20 }),
      fc.constantFrom('webhook-signature', 'Stripe-Signature', 'x-signature', 'x-time', '__proto__', ''),
    );
    fc.assert(
      fc.property(
        fc.array(fc.tuple(name, value), { maxLength: 12 }),
        fc.uint8Array({ maxLength: 50 }),
        fc.array(fc.string({ unit: 'binary', maxLength: 40 }), { maxLength: 3 }),
        (headers, body, secrets) => {
          const known = secrets.map(
            (text) => ({ webhookId: null, age: 'current', secret: new Secret(text) }) as const,
          );
          const work = new Work(DETECT_WORK_BYTES);
          expect(detectScheme({ headers, body }, known, { nowMs: NOW, work })).toBeNull();
          expect(work.spentBytes).toBeLessThanOrEqual(DETECT_WORK_BYTES);
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('a big body', () => {
  it('is hashed once for each key, however many texts begin with it', () => {
    const size = 1_000_000;
    const headers: Headers = [
      ['x-sig', HEX],
      ['x-time', '1700000000'],
    ];
    const work = new Work(1e9);
    const [only] = candidates(1);
    detectScheme({ headers, body: new Uint8Array(size) }, only ? [only] : [], { nowMs: NOW, work });
    // Ten texts begin with the time, and all others with the body; the secret is read in four ways.
    expect(Math.floor(work.spentBytes / size)).toBe(4 * 11);
  });
});

describe('a search that was cut short', () => {
  const [last] = WILD.slice(-1);
  const secret = new Secret(last?.secret ?? '');
  const known = [...candidates(4), { webhookId: 'wh_mine', age: 'current', secret } as const];
  const body = bytes('{"a":1}');
  const delivery = { headers: last?.headers(body, NOW) ?? [], body };
  const junk = { headers: [['x-sig', HEX]] as const, body };

  it('goes on with the next delivery, and comes to its end', () => {
    const detect = createDetector();
    const tries = range(30).findIndex(() => detect(delivery, known, { nowMs: NOW }) !== null);
    expect(tries).toBeGreaterThan(0);
  });

  it('is not kept from its end by junk in between', () => {
    const detect = createDetector();
    const tries = range(200).findIndex(
      (index) => detect(index % 2 ? delivery : junk, known, { nowMs: NOW }) !== null,
    );
    expect(tries).toBeGreaterThan(0);
  });

  it('is remembered for so many kinds of deliveries, and no more', () => {
    const triesBetween = (kinds: number): number => {
      const detect = createDetector();
      return range(12).findIndex(() => {
        for (const index of range(kinds)) {
          const headers = [['x-sig', HEX] as const, [`x-id-${index}`, 'evt_1'] as const];
          detect({ headers, body }, known, { nowMs: NOW, work: new Work(60_000) });
        }
        return detect(delivery, known, { nowMs: NOW }) !== null;
      });
    };
    expect(triesBetween(50)).toBeGreaterThan(0);
    expect(triesBetween(70)).toBe(-1);
  });

  it('goes on in the middle of the secrets where there are many', () => {
    const detect = createDetector();
    const all = [
      ...candidates(200),
      { webhookId: 'wh_mine', age: 'current', secret: new Secret('mine') } as const,
    ];
    const sent = {
      headers: [['x-sig', createHmac('sha256', 'mine').update(body).digest('hex')]] as const,
      body,
    };
    expect(range(9).findIndex(() => detect(sent, all, { nowMs: NOW }) !== null)).toBe(0);
    const timed = createHmac('sha256', 'mine').update('1700000000.').update(body).digest('hex');
    const late = {
      headers: [['x-sig', timed] as const, ['x-time', '1700000000'] as const],
      body,
    };
    expect(range(9).findIndex(() => detect(late, all, { nowMs: NOW }) !== null)).toBeGreaterThan(1);
  });

  it('begins anew when something was found', () => {
    const detect = createDetector();
    const easy = { headers: sign(PRESETS.onfido, { id: '', timestampMs: 0, body }, [secret]), body };
    detect(delivery, known, { nowMs: NOW });
    expect(detect(easy, known, { nowMs: NOW })?.scheme).toBe(PRESETS.onfido);
    expect(detect(easy, known, { nowMs: NOW })?.scheme).toBe(PRESETS.onfido);
  });

  it('sees secrets that come and go', () => {
    const detect = createDetector();
    const sent = {
      headers: [['x-sig', createHmac('sha256', secret.reveal()).update(body).digest('hex')]] as const,
      body,
    };
    const seen = [[], known.slice(0, 2), known, known.slice(0, 2)].map((some) =>
      detect(sent, some, { nowMs: NOW }),
    );
    expect(seen.map((found) => found?.webhookId)).toEqual([undefined, undefined, 'wh_mine', undefined]);
  });
});

describe('work', () => {
  it('is counted in a portion and in the whole, and ends with the sooner', () => {
    const whole = new Work(10_000);
    const portion = whole.portion(6_000);
    expect([portion.spend(6_000), portion.spend(1)]).toEqual([true, false]);
    expect([whole.spentBytes, whole.isExhausted, portion.isExhausted]).toEqual([6_000, false, true]);
    const next = whole.portion(6_000);
    expect([next.spendHmac('sha256', 0), next.hmacs, whole.hmacs]).toEqual([false, 0, 0]);
    expect([next.isExhausted, whole.isExhausted, whole.spentBytes]).toEqual([true, true, 6_000]);
  });

  it('counts a byte of SHA-512 twice', () => {
    const costs = (['sha1', 'sha256', 'sha512'] as const).map((hash) => {
      const work = new Work(1e6);
      work.spendHmac(hash, 1_000);
      return work.spentBytes;
    });
    expect(costs).toEqual([6_120, 6_120, 7_120]);
  });
});
