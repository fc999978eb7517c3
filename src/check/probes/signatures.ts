import { randomBytes } from 'node:crypto';
import { Secret } from '../../secret.ts';
import { decodeKey } from '../../signing/key.ts';
import type { Scheme } from '../../signing/scheme.ts';
import type { Deliveries, Delivery } from '../deliveries.ts';
import type { Named, PlainProbe } from '../probe.ts';
import { flipped, otherCase, respell, truncated, withSignatureHeader } from '../signature-header.ts';

const SECRET_BYTES = 32;

/** A fresh delivery whose signature header is rewritten. */
function tampered(
  { make, subject: { scheme } }: Deliveries,
  rewrite: (line: string) => string | null,
): Delivery {
  return withSignatureHeader(make(), scheme, rewrite);
}

/** A secret of the form that the scheme wants, out of these bytes. */
function secretOf(bytes: Buffer, { key: { kind, prefix = '' } }: Scheme): Secret {
  return new Secret(prefix + bytes.toString(kind === 'utf8' ? 'latin1' : kind));
}

/** To HMAC, which fills keys up with zeros, the same as none at all. */
const NO_KEY = Buffer.alloc(1);

/** All zeros, as a secret made up for a test may be: then an empty one would be right. */
const isBlank = (secret: Secret, { key }: Scheme): boolean =>
  decodeKey(key, secret)
    ?.export()
    .every((byte) => byte === 0) === true;

export const forged: PlainProbe = {
  requests: 2,
  sends: ({ make, subject: { scheme, secret, previous } }) => {
    const other: Named = [
      'signed with another secret',
      make({ secrets: [secretOf(randomBytes(SECRET_BYTES), scheme)] }),
    ];
    const empty: Named = ['signed with an empty secret', make({ secrets: [secretOf(NO_KEY, scheme)] })];
    const isForgery = [secret, previous].every((one) => one === null || !isBlank(one, scheme));
    return isForgery ? [other, empty] : [other];
  },
  expects: 'refused',
  advice:
    'Compare the signature with the one that you compute with your secret, which is never empty, before you answer, ' +
    'and answer 401 where they differ: from here a receiver that answers 2xx first and verifies later looks the same as one that never does.',
};

export const unsigned: PlainProbe = {
  requests: 2,
  sends: (deliveries) => [
    ['without the signature header', tampered(deliveries, () => null)],
    // Some look for a signature only where other headers of the scheme say that there is one.
    ['with no header of the scheme', { ...deliveries.make(), headers: deliveries.plainHeaders() }],
  ],
  expects: 'refused',
  advice:
    'Answer 401 where the signature header, or any other of the scheme, is missing: a check that is skipped without ' +
    'them protects nothing.',
};

export const emptySignature: PlainProbe = {
  requests: 2,
  sends: (deliveries) => {
    const { scheme } = deliveries.subject;
    return [
      ['an empty header', tampered(deliveries, () => '')],
      [
        'a header with nothing for the signature',
        tampered(deliveries, (line) => respell(line, scheme, () => '')),
      ],
    ];
  },
  expects: 'refused',
  advice:
    'Compare the whole signature, its length too: an empty one begins every text, and equals an unset one.',
};

export const truncatedSignature: PlainProbe = {
  requests: 1,
  sends: (deliveries) => [
    [null, tampered(deliveries, (line) => respell(line, deliveries.subject.scheme, truncated))],
  ],
  expects: 'refused',
  advice: 'Compare the whole signature, its length first: a beginning that matches is no match.',
};

export const flippedSignature: PlainProbe = {
  requests: 2,
  sends: (deliveries) => {
    const { scheme } = deliveries.subject;
    const bit = tampered(deliveries, (line) => respell(line, scheme, (text) => flipped(text, scheme)));
    const letter = tampered(deliveries, (line) => respell(line, scheme, otherCase));
    // In hex upper and lower case are the same.
    return scheme.encoding === 'base64'
      ? [
          ['one bit flipped', bit],
          ['a letter in upper for lower case', letter],
        ]
      : [['one bit flipped', bit]];
  },
  expects: 'refused',
  advice: 'Compare every byte of the signature, in constant time (crypto.timingSafeEqual and its like).',
};

export const alteredBody: PlainProbe = {
  requests: 1,
  sends: ({ make }) => {
    const { body, ...signed } = make();
    const altered = Buffer.from(body)
      .toString()
      .replace('"simulated":true', '"simulated":true,"altered":true');
    return [[null, { ...signed, body: Buffer.from(altered) }]];
  },
  expects: 'refused',
  advice:
    'Compute the signature over all bytes of the body that came, not over a part of it or its headers alone.',
};
