import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Secret } from '../../src/secret.ts';
import { detectScheme, PATIENT_WORK_BYTES } from '../../src/signing/detect.ts';
import { PRESET_NAMES, PRESETS, type Scheme } from '../../src/signing/scheme.ts';
import { parseScheme, schemeToData } from '../../src/signing/scheme-file.ts';
import { sign } from '../../src/signing/sign.ts';
import { type Candidate, type Delivery, verify } from '../../src/signing/verify.ts';
import { Work } from '../../src/signing/work.ts';
import { bytes } from './schemes.ts';
import { WILD } from './wild.ts';

const NOW = 1_700_000_000_000;
const BODY = bytes('{"type":"screening.completed","name":"Zo\u00eb","n":12.50}');
const SECRET = new Secret('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw');

/** What browsers, proxies and tunnels put around a delivery; some of it looks like ids, times and digests. */
const AROUND: Delivery['headers'] = [
  ['host', 'example.com'],
  ['user-agent', 'Acme/1.0'],
  ['content-type', 'application/json'],
  ['content-length', '1700000000'],
  ['x-request-id', '5f2b6a0c9d1e4f30'],
  ['x-request-start', '1699999999'],
  ['etag', 'da39a3ee5e6b4b0d3255bfef95601890afd80709'],
  ['cookie', `session=${'a'.repeat(64)}`],
];

const candidate = (secret: Secret, webhookId: string | null = 'wh_1', age: Candidate['age'] = 'current') => ({
  webhookId,
  age,
  secret,
});

const strangers = (count: number): readonly Candidate[] =>
  Array.from({ length: count }, (_, index) =>
    candidate(new Secret(`whsec_${Buffer.alloc(24, index + 1).toString('base64')}`), `wh_s${index}`),
  );

function checkFound(delivery: Delivery, secret: Secret, isTimed: boolean): Scheme {
  const candidates = [...strangers(2), candidate(secret, 'wh_7', 'previous')];
  const found = detectScheme(delivery, candidates, { nowMs: NOW, work: new Work(PATIENT_WORK_BYTES) });
  expect(found).toMatchObject({ webhookId: 'wh_7', secretAge: 'previous' });
  if (!found) throw new Error('not found');
  const { scheme } = found;
  const later = (nowMs: number) => verify(scheme, delivery, candidates, { nowMs });
  expect(later(NOW)).toMatchObject({ status: 'valid', webhookId: 'wh_7', scheme: scheme.name });
  expect(later(NOW + 301_000)).toMatchObject(isTimed ? { reason: 'timestamp_too_old' } : { status: 'valid' });
  expect(later(NOW - 301_000)).toMatchObject(
    isTimed ? { reason: 'timestamp_in_future' } : { status: 'valid' },
  );
  const altered = { ...delivery, body: bytes('{"type":"screening.completed"}') };
  expect(verify(scheme, altered, candidates, { nowMs: NOW })).toMatchObject({ reason: 'wrong_secret' });
  expect(parseScheme(schemeToData(scheme), 'x')).toEqual(scheme);
  const fresh = sign(scheme, { id: 'evt_9', timestampMs: NOW, body: BODY }, [secret]);
  expect(verify(scheme, { headers: fresh, body: BODY }, candidates, { nowMs: NOW }).status).toBe('valid');
  return scheme;
}

describe('the scheme of a delivery', () => {
  it.each(PRESET_NAMES)('is found for the preset %s, by its name', (name) => {
    const headers = sign(PRESETS[name], { id: 'msg_1', timestampMs: NOW, body: BODY }, [SECRET]);
    const isTimed = PRESETS[name].templates[0].includes('{timestamp}');
    const scheme = checkFound({ headers: [...AROUND, ...headers], body: BODY }, SECRET, isTimed);
    expect(scheme.name).toBe(name);
    if (PRESETS[name].templates.length === 1) expect(scheme).toBe(PRESETS[name]);
  });

  it.each(WILD)('is found for $name, which is in no list', ({ secret, headers, isTimed }) => {
    const sent = headers(BODY, NOW);
    checkFound({ headers: [...AROUND, ...sent], body: BODY }, new Secret(secret), isTimed);
    checkFound({ headers: [...sent].reverse(), body: BODY }, new Secret(secret), isTimed);
  });

  it.each(WILD.slice(0, -1))(
    'is found for $name within what one delivery may cost',
    ({ secret, headers }) => {
      const delivery = { headers: [...AROUND, ...headers(BODY, NOW)], body: BODY };
      const found = detectScheme(delivery, [candidate(new Secret(secret))], { nowMs: NOW });
      expect(found).toMatchObject({ webhookId: 'wh_1', secretAge: 'current' });
    },
  );

  it('is found in the published examples', () => {
    const github = {
      headers: [
        ['X-Hub-Signature-256', 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17'],
      ] as const,
      body: bytes('Hello, World!'),
    };
    const secret = candidate(new Secret("It's a Secret to Everybody"));
    expect(detectScheme(github, [secret], { nowMs: NOW })?.scheme).toBe(PRESETS.github);
    const standard = {
      headers: [
        ['webhook-id', 'msg_p5jXN8AQM9LWM0D4loKWxJek'],
        ['webhook-timestamp', '1614265330'],
        ['webhook-signature', 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='],
      ] as const,
      body: bytes('{"test": 2432232314}'),
    };
    expect(detectScheme(standard, [candidate(SECRET)], { nowMs: NOW })?.scheme).toBe(
      PRESETS['standard-webhooks'],
    );
  });

  it('is narrowed to the text that was signed', () => {
    const untimed = sign(PRESETS.hex, { id: '', timestampMs: NOW, body: BODY }, [SECRET]);
    const found = detectScheme({ headers: untimed, body: BODY }, [candidate(SECRET)], { nowMs: NOW });
    expect(found?.scheme).toMatchObject({
      name: 'hex',
      templates: ['{body}'],
      timestamp: null,
      tolerance: null,
    });
    const timed: Scheme = { ...PRESETS.hex, templates: ['{timestamp}.{body}'] };
    const headers = sign(timed, { id: '', timestampMs: NOW, body: BODY }, [SECRET]);
    expect(detectScheme({ headers, body: BODY }, [candidate(SECRET)], { nowMs: NOW })?.scheme).toMatchObject({
      name: 'hex',
      templates: ['{timestamp}.{body}'],
      timestamp: PRESETS.hex.timestamp,
      tolerance: PRESETS.hex.tolerance,
    });
  });

  it('is found among many headers that look the part', () => {
    const around = Array.from({ length: 12 }, (_, index) => [
      [`x-trace-${index}`, Buffer.alloc(32, index).toString('hex')] as const,
      [`x-count-${index}`, String(1_700_000_000 + index)] as const,
      [`x-span-id-${index}`, `span_${index}`] as const,
    ]).flat();
    const text = `acme_1.${NOW - 9_000_000_000}.`;
    const digest = createHmac('sha256', SECRET.reveal()).update(text).update(BODY).digest('hex');
    const sent = [
      ['x-acme-id', 'acme_1'],
      ['x-acme-time', String(NOW - 9_000_000_000)],
      ['x-acme-sig', digest],
    ] as const;
    const found = detectScheme({ headers: [...around, ...sent], body: BODY }, [candidate(SECRET)], {
      nowMs: NOW,
      work: new Work(PATIENT_WORK_BYTES),
    });
    expect(found?.scheme).toMatchObject({ name: 'x-acme-sig', templates: ['{id}.{timestamp}.{body}'] });
  });

  it('is told in one sentence', () => {
    const [sent] = WILD.filter(({ name }) => name === 'pairs of its own');
    const delivery = { headers: sent?.headers(BODY, NOW) ?? [], body: BODY };
    const found = detectScheme(delivery, [candidate(new Secret(sent?.secret ?? ''))], { nowMs: NOW });
    expect(found?.scheme.description).toBe(
      'X-Acme-Signature carries "t=<timestamp>;sig=<signature>": HMAC-SHA256 in hex over {timestamp}|{body}, ' +
        'with the timestamp in "t" in seconds, up to 5 minutes off; the key is the secret as text.',
    );
  });

  it('takes a name that a file may have, and that no other scheme has', () => {
    const nameFor = (header: string) => {
      const headers = [[header, createHmac('sha256', SECRET.reveal()).update(BODY).digest('hex')]] as const;
      return detectScheme({ headers, body: BODY }, [candidate(SECRET)], { nowMs: NOW })?.scheme.name;
    };
    expect(nameFor('X-Sig')).toBe('x-sig');
    expect(nameFor('auto')).toBe('detected-auto');
    expect(nameFor('Stripe')).toBe('detected-stripe');
    expect(nameFor('~!*')).toBe('detected');
  });

  it('stays the same whatever the age, so that a person can be told of the age', () => {
    const headers = sign(PRESETS.stripe, { id: '', timestampMs: NOW - 900_000_000, body: BODY }, [SECRET]);
    expect(detectScheme({ headers, body: BODY }, [candidate(SECRET)], { nowMs: NOW })?.scheme).toBe(
      PRESETS.stripe,
    );
  });

  it('is found for a body that is large, not text, or empty', () => {
    for (const body of [new Uint8Array(900_000), Uint8Array.of(0, 255, 10), new Uint8Array(0)]) {
      const headers = sign(PRESETS.slack, { id: '', timestampMs: NOW, body }, [SECRET]);
      expect(detectScheme({ headers, body }, [candidate(SECRET)], { nowMs: NOW })?.scheme).toBe(
        PRESETS.slack,
      );
    }
  });

  it('is found where a large body comes first and is hashed once for all that may follow', () => {
    const body = bytes(JSON.stringify({ pad: 'x'.repeat(100_000) }));
    for (const hash of ['sha1', 'sha256', 'sha512'] as const) {
      for (const secret of [new Secret('short-secret-of-text'), new Secret('long'.repeat(60))]) {
        const digest = createHmac(hash, secret.reveal()).update(body).update('_1700000000').digest('hex');
        const headers = [
          ['x-sig', digest],
          ['x-time', '1700000000'],
        ] as const;
        const work = new Work(PATIENT_WORK_BYTES);
        const found = detectScheme({ headers, body }, [candidate(secret)], { nowMs: NOW, work });
        expect(found?.scheme).toMatchObject({ hash, templates: ['{body}_{timestamp}'] });
      }
    }
  });
});

describe('what is not proven', () => {
  const nothing = (headers: Delivery['headers'], body = BODY, secret = SECRET) =>
    expect(detectScheme({ headers, body }, [candidate(secret)], { nowMs: NOW })).toBeNull();

  it('is not found: no secret, another secret, another body', () => {
    const headers = sign(PRESETS.github, { id: '', timestampMs: NOW, body: BODY }, [SECRET]);
    expect(detectScheme({ headers, body: BODY }, [], { nowMs: NOW })).toBeNull();
    expect(detectScheme({ headers, body: BODY }, strangers(3), { nowMs: NOW })).toBeNull();
    nothing(headers, bytes('{}'));
    nothing([], BODY);
  });

  it('is a good signature under two headers of the same name, or with a part sent twice', () => {
    const headers = sign(PRESETS['standard-webhooks'], { id: 'm', timestampMs: NOW, body: BODY }, [SECRET]);
    nothing([...headers, ['webhook-id', 'm']]);
    nothing([...headers, ['Webhook-Timestamp', '1700000000']]);
  });

  it('is a good signature with a part sent twice where nobody looks', () => {
    const headers = sign(PRESETS['standard-webhooks'], { id: 'm', timestampMs: NOW, body: BODY }, [SECRET]);
    const filler = Array.from({ length: 200 }, (_, index) => [`x-${index}`, 'x'] as const);
    expect(
      detectScheme({ headers: [...headers, ...filler], body: BODY }, [candidate(SECRET)], { nowMs: NOW }),
    ).not.toBeNull();
    nothing([...headers, ...filler, ['webhook-id', 'm']]);
  });

  it('is what stands under a name that no scheme file could give', () => {
    const digest = createHmac('sha256', SECRET.reveal()).update('1700000000.').update(BODY).digest('hex');
    const found = (name: string) =>
      detectScheme(
        {
          headers: [
            ['x-sig', digest],
            [name, '1700000000'],
          ],
          body: BODY,
        },
        [candidate(SECRET)],
        { nowMs: NOW },
      );
    expect(found('x'.repeat(64))).not.toBeNull();
    expect(found('x'.repeat(65))).toBeNull();
  });

  it('is a key that is short enough to be guessed', () => {
    const secret = new Secret('my_secret_password');
    const digest = (key: string) => createHmac('sha256', key).update(BODY).digest('hex');
    nothing([['x-sig', digest('password')]], BODY, secret);
    nothing([['x-sig', digest('secret_password')]], BODY, secret);
    expect(
      detectScheme({ headers: [['x-sig', digest(secret.reveal())]], body: BODY }, [candidate(secret)], {
        nowMs: NOW,
      }),
    ).not.toBeNull();
    expect(guessed('', BODY)).toBeNull();
  });

  const guessed = (secret: string, body: Uint8Array) =>
    detectScheme(
      { headers: [['x-sig', createHmac('sha256', '').update(body).digest('hex')]], body },
      [candidate(new Secret(secret))],
      { nowMs: NOW },
    );
});

describe('one signed text', () => {
  const digest = (text: string) => createHmac('sha256', SECRET.reveal()).update(text).digest('hex');
  const found = (headers: Delivery['headers'], body: string) =>
    detectScheme({ headers, body: bytes(body) }, [candidate(SECRET)], {
      nowMs: NOW,
      work: new Work(PATIENT_WORK_BYTES),
    })?.scheme.templates[0];

  it.each([
    ['1700000000.{"a":1}', '', '', '1700000000.{"a":1}', null],
    ['1700000000.{"a":1}', '', '1700000000', '{"a":1}', '{timestamp}.{body}'],
    ['evt_1.1700000000.{"a":1}', '', 'evt_1.1700000000', '{"a":1}', null],
    ['1700000000{"a":1}', '', '', '1700000000{"a":1}', null],
    ['1700000000123{"a":1}', '1700000000', '', '123{"a":1}', null],
    ['1700000000.{"a":1}', '1700000000', '', '.{"a":1}', null],
    ['1700000000.evt_1.{"a":1}', '1700000000', '', 'evt_1.{"a":1}', null],
    ['1700000000.evt_1.{"a":1}', '1700000000', '.evt_1.', '{"a":1}', null],
    ['v0:1700000000:{"a":1}', '1700000000', 'v0', '{"a":1}', 'v0:{timestamp}:{body}'],
    ['v0:1700000000:a=1&b=2', '', '', 'v0:1700000000:a=1&b=2', null],
    ['{"a":1}1700000000', '', '', '{"a":1}1700000000', null],
    ['{"a":1}.2023-11-14T22:13:20Z', '', '', '{"a":1}.2023-11-14T22:13:20Z', null],
    ['[1]|evt_1', '', '', '[1]|evt_1', null],
    ['evt_1.{"a":1}', '', '', 'evt_1.{"a":1}', null],
    ['a=1.1700000000', '', '', 'a=1.1700000000', null],
  ])(
    'is not taken for another: %s sent as time "%s", id "%s" and body %s',
    (text, time, id, body, template) => {
      const headers = [
        ['x-sig', digest(text)],
        ['x-time', time],
        ['x-event-id', id],
      ] as const;
      const sent = headers.filter(([, value]) => value !== '');
      expect(found(sent, body) ?? null).toBe(template);
    },
  );

  it.each([
    ['{"a":1}\n', '{body}'],
    ['[]', '{body}'],
    ['"text"', '{body}'],
    ['', '{body}'],
    ['a=1&ts=1700000000', '{body}'],
    ['Hello, World!', '{body}'],
    ['<?xml version="1.0"?><a id="1700000000"/>', '{body}'],
  ])('is taken for what it is: %j', (body, template) => {
    expect(found([['x-sig', digest(body)]], body)).toBe(template);
  });
});
