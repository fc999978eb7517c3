import { createHmac } from 'node:crypto';
import { bytes } from './schemes.ts';

/** How somebody out there signs: none of these is a preset. Made by hand, without the code under test. */
export interface WildScheme {
  readonly name: string;
  readonly secret: string;
  readonly headers: (body: Uint8Array, timeMs: number) => readonly (readonly [string, string])[];
  /** True where an age can be told. */
  readonly isTimed: boolean;
}

const SECRET = 'q8Zt5mXc2vLw9RkPd3NhYb7uEa';
const HEX_SECRET = '00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff';
const BASE64_SECRET = 'c2VjcmV0LW9mLXRoZS13aWxkLXNjaGVtZXMtMDE=';

type Hash = 'sha1' | 'sha256' | 'sha512';
type Encoding = 'hex' | 'base64' | 'base64url';

function hmac(
  key: string | Buffer,
  parts: readonly (string | Uint8Array)[],
  hash: Hash = 'sha256',
  encoding: Encoding = 'hex',
): string {
  const state = createHmac(hash, key);
  for (const part of parts) state.update(typeof part === 'string' ? bytes(part) : part);
  return state.digest(encoding);
}

const seconds = (ms: number): string => String(Math.floor(ms / 1000));
const iso = (ms: number): string => new Date(ms).toISOString();

export const WILD: readonly WildScheme[] = [
  {
    name: 'Zoom',
    secret: SECRET,
    isTimed: true,
    headers: (body, ms) => [
      ['x-zm-request-timestamp', seconds(ms)],
      ['x-zm-signature', `v0=${hmac(SECRET, [`v0:${seconds(ms)}:`, body])}`],
    ],
  },
  {
    name: 'Twitch',
    secret: SECRET,
    isTimed: true,
    headers: (body, ms) => {
      const time = iso(ms).replace('Z', '123456Z');
      return [
        ['Twitch-Eventsub-Message-Id', 'e76c6bd4-55c9-4987-8304-da1588d8988b'],
        ['Twitch-Eventsub-Message-Timestamp', time],
        [
          'Twitch-Eventsub-Message-Signature',
          `sha256=${hmac(SECRET, ['e76c6bd4-55c9-4987-8304-da1588d8988b', time, body])}`,
        ],
        ['Twitch-Eventsub-Message-Retry', '0'],
      ];
    },
  },
  {
    name: 'Calendly',
    secret: SECRET,
    isTimed: true,
    headers: (body, ms) => [
      ['Calendly-Webhook-Signature', `t=${seconds(ms)},v1=${hmac(SECRET, [`${seconds(ms)}.`, body])}`],
    ],
  },
  {
    name: 'WorkOS, milliseconds in the field',
    secret: SECRET,
    isTimed: true,
    headers: (body, ms) => [['WorkOS-Signature', `t=${ms}, v1=${hmac(SECRET, [`${ms}.`, body])}`]],
  },
  {
    name: 'Cloudflare Stream',
    secret: SECRET,
    isTimed: true,
    headers: (body, ms) => [
      ['Webhook-Signature', `time=${seconds(ms)},sig1=${hmac(SECRET, [`${seconds(ms)}.`, body])}`],
    ],
  },
  {
    name: 'Intercom, SHA-1',
    secret: SECRET,
    isTimed: false,
    headers: (body) => [['X-Hub-Signature', `sha1=${hmac(SECRET, [body], 'sha1')}`]],
  },
  {
    name: 'Typeform',
    secret: SECRET,
    isTimed: false,
    headers: (body) => [['Typeform-Signature', `sha256=${hmac(SECRET, [body], 'sha256', 'base64')}`]],
  },
  {
    name: 'Paystack, SHA-512',
    secret: SECRET,
    isTimed: false,
    headers: (body) => [['x-paystack-signature', hmac(SECRET, [body], 'sha512')]],
  },
  {
    name: 'Box, the timestamp behind the body',
    secret: SECRET,
    isTimed: true,
    headers: (body, ms) => [
      ['box-delivery-timestamp', iso(ms).replace('Z', '+00:00')],
      ['box-delivery-id', 'f96bb54b-ee16'],
      ['box-signature-primary', hmac(SECRET, [body, iso(ms).replace('Z', '+00:00')], 'sha256', 'base64')],
    ],
  },
  {
    name: 'Zendesk',
    secret: SECRET,
    isTimed: true,
    headers: (body, ms) => [
      ['X-Zendesk-Webhook-Signature', hmac(SECRET, [iso(ms), body], 'sha256', 'base64')],
      ['X-Zendesk-Webhook-Signature-Timestamp', iso(ms)],
    ],
  },
  {
    name: 'Airwallex, under the header of a preset',
    secret: SECRET,
    isTimed: true,
    headers: (body, ms) => [
      ['x-timestamp', String(ms)],
      ['x-signature', hmac(SECRET, [String(ms), body])],
    ],
  },
  {
    name: 'Airtable, a key in base64',
    secret: BASE64_SECRET,
    isTimed: false,
    headers: (body) => [
      ['X-Airtable-Content-MAC', `hmac-sha256=${hmac(Buffer.from(BASE64_SECRET, 'base64'), [body])}`],
    ],
  },
  {
    name: 'PagerDuty, two signatures',
    secret: SECRET,
    isTimed: false,
    headers: (body) => [
      ['X-PagerDuty-Signature', `v1=${hmac('another', [body])},v1=${hmac(SECRET, [body])}`],
    ],
  },
  {
    name: 'Orb',
    secret: SECRET,
    isTimed: true,
    headers: (body, ms) => [
      ['X-Orb-Timestamp', iso(ms)],
      ['X-Orb-Signature', `v1=${hmac(SECRET, [`v1:${iso(ms)}:`, body])}`],
    ],
  },
  {
    name: 'Microsoft Teams, in Authorization',
    secret: BASE64_SECRET,
    isTimed: false,
    headers: (body) => [
      ['Authorization', `HMAC ${hmac(Buffer.from(BASE64_SECRET, 'base64'), [body], 'sha256', 'base64')}`],
    ],
  },
  {
    name: 'pairs of its own',
    secret: SECRET,
    isTimed: true,
    headers: (body, ms) => [
      ['X-Acme-Signature', `t=${seconds(ms)};alg=hmac;sig=${hmac(SECRET, [seconds(ms), '|', body])}`],
    ],
  },
  {
    name: 'base64 with a time of its own',
    secret: SECRET,
    isTimed: true,
    headers: (body, ms) => [
      ['X-Acme-Request-Time', String(ms)],
      ['X-Hmac', hmac(SECRET, [`${ms}:`, body], 'sha256', 'base64')],
    ],
  },
  {
    name: 'pairs with spaces between, and a key in hex',
    secret: HEX_SECRET,
    isTimed: true,
    headers: (body, ms) => [
      [
        'X-Sig',
        `ts=${seconds(ms)} h=${hmac(Buffer.from(HEX_SECRET, 'hex'), [`${seconds(ms)}-`, body], 'sha512')}`,
      ],
    ],
  },
  {
    name: 'an id and no time, with the key behind its prefix',
    secret: `whsec_${SECRET}`,
    isTimed: false,
    headers: (body) => [
      ['X-Event-Id', 'evt_0Q'],
      ['X-Event-Digest', hmac(SECRET, ['evt_0Q', ':', body], 'sha512', 'base64url')],
    ],
  },
  {
    name: 'versions under other names, with the key as text',
    secret: `whsec_${BASE64_SECRET}`,
    isTimed: true,
    headers: (body, ms) => [
      ['x-acme-id', 'msg_27'],
      ['x-acme-timestamp', seconds(ms)],
      [
        'x-acme-signature',
        `v2,${hmac(`whsec_${BASE64_SECRET}`, [seconds(ms), '\n', 'msg_27', '\n', body], 'sha256', 'base64')}`,
      ],
    ],
  },
];
