import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Secret } from '../../src/secret.ts';
import { createDetector } from '../../src/signing/detect.ts';
import { PRESET_NAMES, PRESETS } from '../../src/signing/scheme.ts';
import { sign } from '../../src/signing/sign.ts';
import { type Delivery, verify } from '../../src/signing/verify.ts';
import { bytes } from './schemes.ts';
import { WILD } from './wild.ts';

const NOW = 1_700_000_000_000;
const MUTATIONS = 20_000;

interface Sender {
  readonly name: string;
  readonly secret: Secret;
  readonly headers: (body: Uint8Array) => Delivery['headers'];
}

const PRESET_SECRET = new Secret('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw');
const SENDERS: readonly Sender[] = [
  ...PRESET_NAMES.map((name) => ({
    name,
    secret: PRESET_SECRET,
    headers: (body: Uint8Array) =>
      sign(PRESETS[name], { id: 'msg_2Lm', timestampMs: NOW, body }, [PRESET_SECRET]),
  })),
  ...WILD.map(({ name, secret, headers }) => ({
    name,
    secret: new Secret(secret),
    headers: (body: Uint8Array) => headers(body, NOW),
  })),
];

const BODIES = [
  '{"type":"screening.completed","id":"scr_1","n":1.50,"when":1700000000}',
  '[{"a":"\u00e9\\u00e9"},null]\n',
  '{}',
].map(bytes);

/** Changes bytes in one place. */
const change = fc.record({
  at: fc.nat(),
  how: fc.constantFrom('flip', 'drop', 'insert', 'double', 'cut', 'swap', 'extend'),
  byte: fc.nat(255),
});
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;

function apply(content: Uint8Array, { at, how, byte }: Change): Uint8Array {
  const index = at % Math.max(1, content.length);
  const [before, here, after] = [
    content.subarray(0, index),
    content.subarray(index, index + 1),
    content.subarray(index + 1),
  ];
  const flipped = Uint8Array.of((here[0] ?? 0) ^ (1 << (byte % 8)));
  const changed = {
    flip: [before, flipped, after],
    drop: [before, after],
    insert: [before, Uint8Array.of(byte), here, after],
    double: [content, content],
    cut: [before],
    swap: [before, after, here],
    extend: [content, Uint8Array.of(byte)],
  };
  return Buffer.concat(changed[how]);
}

/** What a header holds that is signed, or is the signature; labels and separators prove nothing. */
const SIGNIFICANT = [
  /[A-Za-z0-9+/_-]{27,}={0,2}$/,
  /(?<![0-9a-f])\d{10}(?:\d{3})?(?![0-9a-f])|\d{4}-\d\d-\d\dT[\d:.]+(?:Z|\+00:00)/,
  /msg_2Lm|e76c6bd4-55c9-4987-8304-da1588d8988b|evt_0Q|msg_27/,
] as const;

/** Hex digits mean the same in both cases, padding means nothing, and a separator leaves what is beside it alone. */
const meaning = (text: string): readonly string[] =>
  text
    .toLowerCase()
    .split(/[^\w+/=.:-]/)
    .map((part) => part.replace(/=+$/, ''));

function mutateHeader(
  headers: Delivery['headers'],
  which: number,
  mutation: Change,
): Delivery['headers'] | null {
  const spans = headers.flatMap(([, value], index) =>
    SIGNIFICANT.flatMap((pattern) => {
      const match = pattern.exec(value);
      return match ? [{ index, from: match.index, text: match[0] }] : [];
    }),
  );
  const span = spans[which % spans.length];
  if (!span) return null;
  const text = Buffer.from(apply(Buffer.from(span.text, 'latin1'), mutation)).toString('latin1');
  if (meaning(text).includes(meaning(span.text).join())) return null;
  return headers.map(([name, value], index) =>
    index === span.index
      ? [name, `${value.slice(0, span.from)}${text}${value.slice(span.from + span.text.length)}`]
      : [name, value],
  );
}

const piece = fc.constantFrom('time', 'id', 'v0', '.', ':', '|', '-', '\n', '');
const reading = fc.record({
  front: fc.array(piece, { maxLength: 4 }),
  back: fc.array(piece, { maxLength: 3 }),
  id: fc.array(piece, { maxLength: 3 }),
  time: fc.constantFrom('kept', 'dropped', 'shortened'),
  moved: fc.nat(3),
});
type Reading = typeof reading extends fc.Arbitrary<infer T> ? T : never;

/** The same signed text, or nearly so, cut into other parts. */
function cutAnew({ headers, body }: Delivery, how: Reading): Delivery {
  const all = headers.map(([, value]) => value).join(' ');
  const [digest = '', time = '', id = ''] = SIGNIFICANT.map((pattern) => pattern.exec(all)?.[0] ?? '');
  const fill = (pieces: readonly string[]): string =>
    pieces.map((one) => ({ time, id })[one] ?? one).join('');
  const shownTime = { kept: time, dropped: '', shortened: time.slice(0, 10) }[how.time];
  const sent = [
    ['x-sig', digest],
    ['x-time', shownTime],
    ['x-event-id', fill(how.id)],
  ] as const;
  return {
    headers: sent.filter(([, value]) => value !== ''),
    body: Buffer.concat([bytes(fill(how.front)), body.subarray(how.moved), bytes(fill(how.back))]),
  };
}

describe('a good delivery that was changed', () => {
  const sender = fc.constantFrom(...SENDERS);
  const body = fc.constantFrom(...BODIES);
  const detectors = new Map(SENDERS.map(({ name }) => [name, createDetector()]));

  function accepted({ name, secret }: Sender, delivery: Delivery): boolean {
    const candidates = [{ webhookId: 'wh_1', age: 'current', secret } as const];
    const found = detectors.get(name)?.(delivery, candidates, { nowMs: NOW });
    return found ? verify(found.scheme, delivery, candidates, { nowMs: NOW }).status === 'valid' : false;
  }

  it('is accepted as long as it is not', () => {
    for (const one of SENDERS.slice(0, -1)) {
      for (const content of BODIES) {
        expect([one.name, accepted(one, { headers: one.headers(content), body: content })]).toEqual([
          one.name,
          true,
        ]);
      }
    }
  });

  it('is not accepted with another body', () => {
    fc.assert(
      fc.property(sender, body, change, (one, content, mutation) => {
        const altered = apply(content, mutation);
        fc.pre(!Buffer.from(altered).equals(content));
        expect(accepted(one, { headers: one.headers(content), body: altered })).toBe(false);
      }),
      { numRuns: MUTATIONS / 2 },
    );
  });

  it('is not accepted with another signature, timestamp or id', () => {
    fc.assert(
      fc.property(sender, body, fc.nat(), change, (one, content, which, mutation) => {
        const headers = mutateHeader(one.headers(content), which, mutation);
        fc.pre(headers !== null);
        expect(accepted(one, { headers: headers ?? [], body: content })).toBe(false);
      }),
      { numRuns: MUTATIONS / 4 },
    );
  });

  it('is not accepted with its signed text cut into other parts', () => {
    fc.assert(
      fc.property(sender, body, reading, (one, content, how) => {
        const delivery = cutAnew({ headers: one.headers(content), body: content }, how);
        fc.pre(!Buffer.from(delivery.body).equals(content));
        expect(accepted(one, delivery)).toBe(false);
      }),
      { numRuns: MUTATIONS / 4 },
    );
  });
});
