/**
 * A signature scheme is data: everything that `sign` and `verify` do differently from one provider to the next.
 * Sources: each provider's public documentation. Not expressible here: signatures over a re-serialised body or
 * over single fields, and public-key signatures (ed25519, RSA).
 */

export const HASHES = ['sha1', 'sha256', 'sha512'] as const;
export type Hash = (typeof HASHES)[number];
export const ENCODINGS = ['hex', 'base64'] as const;
export type Encoding = (typeof ENCODINGS)[number];
export const TIMESTAMP_UNITS = ['s', 'ms', 'iso8601'] as const;
export type TimestampUnit = (typeof TIMESTAMP_UNITS)[number];

/** A name that a scheme may give. */
export const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}$/;

/** At least one; `sign` writes the first, `verify` accepts any of them, in any case. */
export type HeaderNames = readonly [string, ...string[]];

export const PAIR_SEPARATORS = [',', ';', ' ', '&'] as const;
type PairSeparator = (typeof PAIR_SEPARATORS)[number];

/** How signatures sit in their header. */
export type Grammar =
  | { readonly kind: 'bare' }
  | { readonly kind: 'prefix'; readonly prefix: string; readonly optional: boolean }
  /** `t=1,v1=aa,v1=bb`, and several such sets with spaces between. */
  | { readonly kind: 'pairs'; readonly separator: PairSeparator; readonly signatureKey: string }
  /** `v1,aa v1,bb`. */
  | { readonly kind: 'versions'; readonly version: string };

export type TimestampSource =
  | { readonly from: 'header'; readonly headers: HeaderNames; readonly unit: TimestampUnit }
  /** A key of the signature header's own pairs. */
  | { readonly from: 'field'; readonly key: string; readonly unit: TimestampUnit };

export interface NamedHash {
  readonly name: string;
  readonly hash: Hash;
}

/** The delivery names its hash in a header; `sign` uses the first of `values`. */
export interface HashHeader {
  readonly header: string;
  readonly values: readonly [NamedHash, ...NamedHash[]];
}

export const KEY_KINDS = ['utf8', 'hex', 'base64'] as const;

/** How the text of a secret becomes the HMAC key. */
export interface KeyDecoding {
  readonly kind: (typeof KEY_KINDS)[number];
  /** Cut off where the text begins with it. */
  readonly prefix?: string;
}

/** How far a signed timestamp may be off. */
export interface Tolerance {
  readonly pastMs: number;
  readonly futureMs: number;
}

export interface Scheme {
  readonly name: string;
  /** One sentence for help. */
  readonly description: string;
  readonly signatureHeaders: HeaderNames;
  readonly grammar: Grammar;
  readonly timestamp: TimestampSource | null;
  readonly idHeaders: HeaderNames | null;
  /**
   * The signed bytes: ASCII text around `{id}`, `{timestamp}` and `{body}`. `sign` uses the first; `verify` tries
   * each that the delivery has the parts for.
   */
  readonly templates: readonly [string, ...string[]];
  readonly hash: Hash | HashHeader;
  readonly encoding: Encoding;
  readonly key: KeyDecoding;
  /** Of the signed timestamp; null: not checked. */
  readonly tolerance: Tolerance | null;
}

export const PRESET_NAMES = [
  'standard-webhooks',
  'stripe',
  'github',
  'slack',
  'shopify',
  'onfido',
  'sumsub',
  'paddle',
  'hex',
  'hex-sha512',
  'base64',
  'base64-sha512',
] as const;
export type PresetName = (typeof PRESET_NAMES)[number];

const FIVE_MINUTES_MS = 300_000;
/** What Standard Webhooks, Stripe and Slack ask for. */
export const FIVE_MINUTES: Tolerance = { pastMs: FIVE_MINUTES_MS, futureMs: FIVE_MINUTES_MS };

/** What most providers share: one bare signature over the body, SHA-256 in hex, the secret's text as the key. */
const BODY_ONLY = {
  grammar: { kind: 'bare' },
  timestamp: null,
  idHeaders: null,
  templates: ['{body}'],
  hash: 'sha256',
  encoding: 'hex',
  key: { kind: 'utf8' },
  tolerance: null,
} as const satisfies Partial<Scheme>;

export const PRESETS: Readonly<Record<PresetName, Scheme>> = {
  'standard-webhooks': {
    name: 'standard-webhooks',
    description: 'Standard Webhooks and Svix: webhook-signature "v1,<base64>" over id.timestamp.body.',
    signatureHeaders: ['webhook-signature', 'svix-signature'],
    grammar: { kind: 'versions', version: 'v1' },
    timestamp: { from: 'header', headers: ['webhook-timestamp', 'svix-timestamp'], unit: 's' },
    idHeaders: ['webhook-id', 'svix-id'],
    templates: ['{id}.{timestamp}.{body}'],
    hash: 'sha256',
    encoding: 'base64',
    key: { kind: 'base64', prefix: 'whsec_' },
    tolerance: FIVE_MINUTES,
  },
  stripe: {
    ...BODY_ONLY,
    name: 'stripe',
    description: 'Stripe and Persona: Stripe-Signature "t=<seconds>,v1=<hex>" over timestamp.body.',
    signatureHeaders: ['Stripe-Signature', 'Persona-Signature'],
    grammar: { kind: 'pairs', separator: ',', signatureKey: 'v1' },
    timestamp: { from: 'field', key: 't', unit: 's' },
    templates: ['{timestamp}.{body}'],
    tolerance: FIVE_MINUTES,
  },
  github: {
    ...BODY_ONLY,
    name: 'github',
    description: 'GitHub: X-Hub-Signature-256 "sha256=<hex>" over the body.',
    signatureHeaders: ['X-Hub-Signature-256'],
    grammar: { kind: 'prefix', prefix: 'sha256=', optional: false },
  },
  slack: {
    ...BODY_ONLY,
    name: 'slack',
    description: 'Slack: X-Slack-Signature "v0=<hex>" over v0:timestamp:body.',
    signatureHeaders: ['X-Slack-Signature'],
    grammar: { kind: 'prefix', prefix: 'v0=', optional: false },
    timestamp: { from: 'header', headers: ['X-Slack-Request-Timestamp'], unit: 's' },
    templates: ['v0:{timestamp}:{body}'],
    tolerance: FIVE_MINUTES,
  },
  shopify: {
    ...BODY_ONLY,
    name: 'shopify',
    description: 'Shopify: X-Shopify-Hmac-SHA256 in base64 over the body.',
    signatureHeaders: ['X-Shopify-Hmac-SHA256'],
    encoding: 'base64',
  },
  onfido: {
    ...BODY_ONLY,
    name: 'onfido',
    description: 'Onfido: X-SHA2-Signature in hex over the body.',
    signatureHeaders: ['X-SHA2-Signature'],
  },
  sumsub: {
    ...BODY_ONLY,
    name: 'sumsub',
    description: 'Sumsub: X-Payload-Digest in hex over the body, the hash named in X-Payload-Digest-Alg.',
    signatureHeaders: ['X-Payload-Digest'],
    hash: {
      header: 'X-Payload-Digest-Alg',
      values: [
        { name: 'HMAC_SHA256_HEX', hash: 'sha256' },
        { name: 'HMAC_SHA512_HEX', hash: 'sha512' },
        { name: 'HMAC_SHA1_HEX', hash: 'sha1' },
      ],
    },
  },
  paddle: {
    ...BODY_ONLY,
    name: 'paddle',
    description: 'Paddle: Paddle-Signature "ts=<seconds>;h1=<hex>" over timestamp:body.',
    signatureHeaders: ['Paddle-Signature'],
    grammar: { kind: 'pairs', separator: ';', signatureKey: 'h1' },
    timestamp: { from: 'field', key: 'ts', unit: 's' },
    templates: ['{timestamp}:{body}'],
    // Paddle leaves the tolerance to the receiver.
    tolerance: FIVE_MINUTES,
  },
  hex: plain('hex', 'sha256', 'hex'),
  'hex-sha512': plain('hex-sha512', 'sha512', 'hex'),
  base64: plain('base64', 'sha256', 'base64'),
  'base64-sha512': plain('base64-sha512', 'sha512', 'base64'),
};

/** What many senders come up with by themselves. */
function plain(name: PresetName, hash: 'sha256' | 'sha512', encoding: Encoding): Scheme {
  return {
    ...BODY_ONLY,
    name,
    description:
      `Plain: X-Signature with a SHA-${hash.slice(3)} HMAC in ${encoding}, with or without "${hash}=", ` +
      'over the body or X-Timestamp.body.',
    signatureHeaders: ['X-Signature', 'X-Webhook-Signature'],
    grammar: { kind: 'prefix', prefix: `${hash}=`, optional: true },
    timestamp: { from: 'header', headers: ['X-Timestamp'], unit: 's' },
    templates: ['{body}', '{timestamp}.{body}'],
    hash,
    encoding,
    tolerance: FIVE_MINUTES,
  };
}

/** Borrowed: the provider documents `whsec_` secrets and HMAC, not its scheme; this one goes with such secrets. */
export const DEFAULT_SCHEME: PresetName = 'standard-webhooks';

export function findPreset(name: string): Scheme | undefined {
  const known = PRESET_NAMES.find((preset) => preset === name);
  return known && PRESETS[known];
}
