import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Secret } from '../../src/secret.ts';
import { DETECT_WORK_BYTES, detectScheme } from '../../src/signing/detect.ts';
import { EXPLAIN_WORK_BYTES, explain } from '../../src/signing/explain.ts';
import { PRESETS, type Scheme } from '../../src/signing/scheme.ts';
import { sign } from '../../src/signing/sign.ts';
import { type Candidate, type Delivery, verify } from '../../src/signing/verify.ts';
import { Work } from '../../src/signing/work.ts';
import { bytes } from './schemes.ts';

const NOW = 1_700_000_000_000;
const STANDARD = PRESETS['standard-webhooks'];
const SECRET = new Secret('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw');
const OTHER = new Secret('whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA');
const BODY = '{"type":"screening.completed","name":"Zo\u00eb","n":12.50}';

const candidate = (secret: Secret, webhookId: string | null = 'wh_1', age: Candidate['age'] = 'current') => ({
  webhookId,
  age,
  secret,
});

function signed(scheme: Scheme, body: string | Uint8Array, secret = SECRET, timestampMs = NOW): Delivery {
  const content = typeof body === 'string' ? bytes(body) : body;
  return { headers: sign(scheme, { id: 'msg_1', timestampMs, body: content }, [secret]), body: content };
}

interface Known {
  readonly candidates?: readonly Candidate[];
  readonly others?: readonly Candidate[];
  readonly work?: Work;
}

/** What is explained of a delivery that does not verify under the scheme. */
function explained(
  scheme: Scheme,
  delivery: Delivery,
  { candidates = [candidate(SECRET)], others, work }: Known = {},
) {
  const verdict = verify(scheme, delivery, candidates, { nowMs: NOW });
  if (verdict.status !== 'invalid') throw new Error(`was ${verdict.status}`);
  return explain({ problem: verdict, scheme, delivery, candidates, others, nowMs: NOW }, work);
}

const onlyAuto = (delivery: Delivery, { candidates = [candidate(SECRET)], others }: Known = {}) =>
  explain({
    problem: { reason: 'wrong_secret', hint: 'so far' },
    scheme: null,
    delivery,
    candidates,
    others,
    nowMs: NOW,
  });

describe('a wrong secret', () => {
  it('is that of another webhook', () => {
    const found = explained(STANDARD, signed(STANDARD, BODY, OTHER), {
      others: [candidate(new Secret('x')), candidate(OTHER, 'wh_2')],
    });
    expect(found).toEqual({
      reason: 'wrong_secret',
      hint: 'Signed with the secret of another webhook, wh_2: add --webhook wh_2, or point that webhook elsewhere.',
      evidence: { kind: 'other_secret', webhookId: 'wh_2', age: 'current' },
    });
  });

  it('is a previous one that is not accepted any more', () => {
    const found = explained(STANDARD, signed(STANDARD, BODY, OTHER), {
      others: [candidate(OTHER, 'wh_1', 'previous')],
    });
    expect(found.hint).toContain(
      'Signed with the previous secret of webhook wh_1, which is not accepted any more',
    );
    expect(found.evidence).toEqual({ kind: 'other_secret', webhookId: 'wh_1', age: 'previous' });
  });

  it('is one that belongs to no webhook', () => {
    const found = explained(STANDARD, signed(STANDARD, BODY, OTHER), { others: [candidate(OTHER, null)] });
    expect(found.hint).toContain('known here but was not tried');
  });

  it('is found whatever the age of the delivery', () => {
    const found = explained(STANDARD, signed(STANDARD, BODY, OTHER, NOW - 9e8), {
      others: [candidate(OTHER, 'wh_2')],
    });
    expect(found.evidence).toMatchObject({ webhookId: 'wh_2' });
  });

  it.each([' %s', '%s\n', '"%s"', "'%s'\n", '\t` %s `'])('was stored as %j', (form) => {
    const stored = new Secret(form.replace('%s', 'text-of-a-secret'));
    const delivery = signed(PRESETS.github, BODY, new Secret('text-of-a-secret'));
    const found = explained(PRESETS.github, delivery, { candidates: [candidate(stored)] });
    expect(found.hint).toContain('stored for webhook wh_1, but without the white space or quotes around it');
    expect(found.evidence).toEqual({ kind: 'untidy_secret', webhookId: 'wh_1' });
    expect(explained(PRESETS.github, delivery, { candidates: [candidate(stored, null)] }).hint).toContain(
      'the secret that is given, but without',
    );
  });

  it('stays one where nothing else is found', () => {
    const delivery = signed(STANDARD, BODY, OTHER);
    const found = explained(STANDARD, delivery, { others: [candidate(new Secret('x'), 'wh_2')] });
    expect(found).toMatchObject({ reason: 'wrong_secret', evidence: null });
    expect(found.hint).toContain('The known secret did not make this signature');
  });

  it('is never shown', () => {
    const shown = [
      explained(STANDARD, signed(STANDARD, BODY, OTHER), { others: [candidate(OTHER, 'wh_2')] }),
      explained(PRESETS.github, signed(PRESETS.github, BODY, new Secret('tellme')), {
        candidates: [candidate(new Secret('tellme\n'))],
      }),
    ];
    expect(JSON.stringify(shown)).not.toMatch(/AAAA|tellme/);
  });
});

describe('another scheme', () => {
  it('is named where a preset verifies', () => {
    const found = explained(PRESETS.stripe, signed(PRESETS.github, BODY));
    expect(found).toMatchObject({ reason: 'wrong_scheme', evidence: { scheme: PRESETS.github } });
    expect(found.hint).toBe(
      'Signed, with a known secret, by another scheme than stripe (X-Hub-Signature-256 carries "sha256=<signature>": ' +
        'HMAC-SHA256 in hex over {body}; the key is the secret as text): use --scheme github; ' +
        '`kycgenie config unset scheme` forgets one that the profile keeps.',
    );
  });

  it('is described where it is in no list', () => {
    const digest = createHmac('sha256', SECRET.reveal()).update('msg_1|').update(BODY).digest('base64');
    const headers = [
      ['x-acme-event-id', 'msg_1'],
      ['x-acme-mac', digest],
    ] as const;
    const found = explained(STANDARD, { headers, body: bytes(BODY) });
    expect(found.reason).toBe('wrong_scheme');
    expect(found.hint).toContain('HMAC-SHA256 in base64 over {id}|{body}, with the id from x-acme-event-id');
    expect(found.hint).toContain('use --scheme auto');
  });

  it('may differ in how the key is read alone', () => {
    const delivery = signed({ ...STANDARD, key: { kind: 'utf8' } }, BODY);
    const found = explained(STANDARD, delivery);
    expect(found.reason).toBe('wrong_scheme');
    expect(found.hint).toContain('the key is the secret as text');
  });

  it('is looked for where headers are missing or malformed', () => {
    const malformed = { ...signed(PRESETS.shopify, BODY) };
    const headers = [...malformed.headers, ['X-Signature', 'nonsense'] as const];
    expect(explained(PRESETS.hex, { headers, body: malformed.body }).reason).toBe('wrong_scheme');
    const unsigned = { headers: [], body: bytes(BODY) };
    expect(explained(PRESETS.hex, unsigned)).toMatchObject({ reason: 'missing_header', evidence: null });
  });
});

describe('timestamps that are off', () => {
  it.each([
    [-3_600_000, 'timestamp_too_old', 'Signed 1 hour ago, and 5 minutes are tolerated'],
    [3_600_000, 'timestamp_in_future', 'Signed 1 hour in the future'],
  ])('explain themselves: %i ms', (offset, reason, hint) => {
    const found = explained(STANDARD, signed(STANDARD, BODY, SECRET, NOW + offset));
    expect(found).toMatchObject({ reason, evidence: null });
    expect(found.hint).toContain(hint);
  });
});

describe('an altered body', () => {
  const alteration = (scheme: Scheme, original: string | Uint8Array, arrived: string | Uint8Array) => {
    const body = typeof arrived === 'string' ? bytes(arrived) : arrived;
    return explained(scheme, { ...signed(scheme, original), body });
  };
  const latin1 = (text: string) => Buffer.from(text, 'latin1');

  it.each([
    ['line-end-removed', '{"a":1}\n', '{"a":1}', 'with a line feed at the end'],
    ['crlf-removed', 'a=1\r\n', 'a=1', 'with CR LF at the end'],
    ['line-end-added', '{"a":1}', '{"a":1}\n', 'without the line end'],
    ['line-end-added', '{"a":1}', '{"a":1}\r\n', 'printf does not'],
    ['space-added', 'a=1', ' a=1 \n', 'without the white space around'],
    ['crlf-to-lf', 'one\r\ntwo\r\n', 'one\ntwo\n', 'with CR LF instead of LF'],
    ['lf-to-crlf', 'one\ntwo', 'one\r\ntwo', 'with LF instead of CR LF'],
    ['bom-removed', '\u00ef\u00bb\u00bf{}', '{}', 'with a byte order mark'],
    ['bom-added', '{}', '\u00ef\u00bb\u00bf{}', 'without the byte order mark'],
    ['latin1-to-utf8', 'n=Zo\u00eb', 'n=Zo\u00c3\u00ab', 'reads the body as Latin-1'],
    ['latin1-to-utf8', 'n=Zo\u00c3\u00ab', 'n=Zo\u00c3\u0083\u00c2\u00ab', 'reads the body as Latin-1'],
    ['utf8-to-latin1', 'n=Zo\u00c3\u00ab', 'n=Zo\u00eb', 'converts the character set'],
    [
      'json-in-string',
      '{"a":"\u00c3\u00ab"}',
      '"{\\"a\\":\\"\u00c3\u00ab\\"}"',
      'stringifies the body a second time',
    ],
    ['base64', '{"a":1}', 'eyJhIjoxfQ==', 'decode it before you verify'],
    [
      'form-field',
      '{"a":"\u00c3\u00ab b"}',
      'payload=%7B%22a%22%3A%22%C3%AB+b%22%7D',
      'the form field alone',
    ],
    [
      'form-to-json',
      'a=1&b=x+y&c=%C3%AB',
      '{"a":1,"b":"x y","c":"\u00c3\u00ab"}',
      'turns the form into JSON',
    ],
    ['form-spaces-to-plus', 'a=x%20y&b=%2F', 'a=x+y&b=%2F', 'with %20 instead of +'],
    ['form-spaces-to-percent', 'a=x+y', 'a=x%20y', 'with + instead of %20'],
  ])('is named: %s', (name, original, arrived, words) => {
    for (const scheme of [PRESETS.github, STANDARD]) {
      const found = alteration(scheme, latin1(original), latin1(arrived));
      expect(found).toMatchObject({ reason: 'body_altered', evidence: { kind: 'alteration', name } });
      expect(found.hint).toContain('The signature is good ');
      expect(found.hint).toContain(words);
    }
  });

  it.each([
    ['json-compact', '{"b":[1.50,{}],"a":"\u00eb/<"}', 'without spaces'],
    ['json-spaced', '{"b": [1.50, {}], "a": "\u00eb/<"}', 'with a space behind each comma and colon'],
    ['json-indent-2', '{\n  "b": [\n    1.50,\n    {}\n  ],\n  "a": "\u00eb/<"\n}', 'indented by 2 spaces'],
    ['json-tabs', '{\n\t"b": [\n\t\t1.50,\n\t\t{}\n\t],\n\t"a": "\u00eb/<"\n}', 'indented by tabs'],
    ['json-compact-sorted', '{"a":"\u00eb/<","b":[1.50,{}]}', 'without spaces and with its keys sorted'],
    ['json-spaced-ascii', '{"b": [1.50, {}], "a": "\\u00eb/<"}', 'all but ASCII escaped, as Python does'],
    ['json-compact-slashes', '{"b":[1.50,{}],"a":"\u00eb\\/<"}', 'slashes escaped'],
    ['json-compact-php', '{"b":[1.50,{}],"a":"\\u00eb\\/<"}', 'as PHP does'],
    ['json-compact-go', '{"b":[1.50,{}],"a":"\u00eb/\\u003c"}', 'as Go does'],
    ['json-compact-dotnet', '{"b":[1.50,{}],"a":"\\u00EB/\\u003C"}', 'as .NET does'],
    [
      'json-compact-dotnet',
      String.raw`{"a":"\u0022\u00EB\\"}`,
      'quotes, +, <, >, & and all but ASCII escaped',
      String.raw`{ "a":"\"\u00eb\\"}`,
    ],
    [
      'json-indent-2-line-end',
      '{\n  "b": [\n    1.50,\n    {}\n  ],\n  "a": "\u00eb/<"\n}\n',
      'and with a line end',
    ],
  ])(
    'is named where JSON was written anew: %s',
    (name, original, words, arrived = '{ "b":[ 1.50 ,{}],"a" : "\u00eb/<"}') => {
      const found = alteration(STANDARD, original, arrived);
      expect(found).toMatchObject({ reason: 'body_altered', evidence: { kind: 'alteration', name } });
      expect(found.hint).toContain('something in between parsed the body and wrote it anew');
      expect(found.hint).toContain(words);
    },
  );

  it('is named where escapes were undone', () => {
    const found = alteration(STANDARD, '{"a":"\u00eb"}', '{"a":"\\u00eb"}');
    expect(found.evidence).toEqual({ kind: 'alteration', name: 'json-compact-unescaped' });
  });

  it('is found under auto too, for the signature of a preset and for one of no list', () => {
    const standard = { ...signed(STANDARD, '{"a":1}'), body: bytes('{ "a": 1 }') };
    expect(onlyAuto(standard)).toMatchObject({
      reason: 'body_altered',
      evidence: { name: 'json-compact' },
    });
    const digest = createHmac('sha256', SECRET.reveal()).update('1700000000.{"a":1}\n').digest('hex');
    const wild = { headers: [['x-acme', `t=1700000000,s=${digest}`]] as const, body: bytes('{"a":1}') };
    expect(onlyAuto(wild)).toMatchObject({
      reason: 'body_altered',
      evidence: { name: 'line-end-removed' },
    });
    expect(onlyAuto(wild, { candidates: [candidate(OTHER)] })).toEqual({
      reason: 'wrong_secret',
      hint: 'so far',
      evidence: null,
    });
    expect(onlyAuto(signed(STANDARD, 'x', OTHER), { others: [candidate(OTHER, 'wh_2')] })).toMatchObject({
      evidence: { kind: 'other_secret', webhookId: 'wh_2' },
    });
  });

  it('is not claimed without a proof', () => {
    const found = alteration(STANDARD, '{"a":1}', '{"a":2}');
    expect(found).toMatchObject({ reason: 'wrong_secret', evidence: null });
  });
});

describe('what an explanation costs', () => {
  const hostile = [
    new Uint8Array(1_000_000).fill(0x5b),
    bytes(`{"a":"${'\\"'.repeat(20_000)}"}`),
    bytes('['.repeat(30_000) + ']'.repeat(30_000)),
    bytes('{"a":'.repeat(10_000)),
    bytes(`"${'\\u0000'.repeat(10_000)}"`),
    bytes('=&'.repeat(30_000)),
    bytes(`{${Array.from({ length: 5_000 }, (_, index) => `"k${index}":1`).join()}}`),
    bytes('{"__proto__":{"a":1},"constructor":[],"a":1,"a":2}'),
    Uint8Array.of(0xff, 0xfe, 0x00, 0xd8),
    new Uint8Array(0),
  ];
  const many = Array.from({ length: 300 }, (_, index) => candidate(new Secret(`secret number ${index} `)));

  it.each(hostile.map((body, index) => [index, body] as const))('is bounded: body %i', (_index, body) => {
    for (const candidates of [[candidate(SECRET)], many]) {
      const work = new Work(EXPLAIN_WORK_BYTES);
      const delivery = { ...signed(STANDARD, 'x', OTHER), body };
      const found = explained(STANDARD, delivery, { candidates, others: many, work });
      expect(found.evidence).toBeNull();
      expect(work.spentBytes).toBeLessThanOrEqual(EXPLAIN_WORK_BYTES);
      expect(onlyAuto(delivery, { candidates }).evidence).toBeNull();
    }
  });

  it('counts what it takes to write JSON anew, and the indents with it', () => {
    const long = `["${'x'.repeat(60_000)}"]`;
    const wide = `[${'1.50,'.repeat(12_000)}1]`;
    const deep = `${'['.repeat(20)}${'1,'.repeat(300)}1${']'.repeat(20)}`;
    for (const body of [long, wide, deep]) {
      const work = new Work(EXPLAIN_WORK_BYTES);
      explained(STANDARD, { ...signed(STANDARD, 'x', OTHER), body: bytes(body) }, { work });
      expect(work.isExhausted).toBe(true);
    }
  });

  it('tries each body once', () => {
    const work = new Work(EXPLAIN_WORK_BYTES);
    explained(STANDARD, { ...signed(STANDARD, 'x', OTHER), body: bytes('{}') }, { work });
    const detecting = new Work(DETECT_WORK_BYTES);
    detectScheme({ ...signed(STANDARD, 'x', OTHER), body: bytes('{}') }, [candidate(SECRET)], {
      nowMs: NOW,
      work: detecting,
    });
    // With either line end, with a byte order mark, and as a form without fields.
    expect(work.hmacs - detecting.hmacs).toBe(4);
  });

  it('ends where the work is used up', () => {
    const delivery = { ...signed(STANDARD, '{"a":1}'), body: bytes('{ "a":1}') };
    expect(explained(STANDARD, delivery).reason).toBe('body_altered');
    const others = [candidate(OTHER, 'wh_2')];
    expect(
      explained(STANDARD, signed(STANDARD, 'x', OTHER), { others, work: new Work(0) }).evidence,
    ).toBeNull();
    for (const bytesAllowed of [0, 5_000, 20_000, 60_000]) {
      const work = new Work(bytesAllowed);
      expect(explained(STANDARD, delivery, { work })).toMatchObject({
        reason: 'wrong_secret',
        evidence: null,
      });
    }
  });

  it('never makes it throw', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 60 }),
          fc.json().map(bytes),
          fc.string({ unit: 'binary' }).map(bytes),
        ),
        fc.constantFrom(STANDARD, PRESETS.hex, PRESETS.sumsub),
        (body, scheme) => {
          const delivery = { ...signed(scheme, 'never sent', OTHER), body };
          expect(explained(scheme, delivery).evidence).toBeNull();
        },
      ),
    );
  });
});
