import { describe, expect, it } from 'vitest';
import { Failure } from '../../src/errors.ts';
import { Secret } from '../../src/secret.ts';
import { PRESETS } from '../../src/signing/scheme.ts';
import { sign } from '../../src/signing/sign.ts';
import { bytes } from './schemes.ts';

const SLACK_BODY =
  'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V' +
  '&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=' +
  '&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN' +
  '&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c';

const delivery = { id: 'msg_1', timestampMs: 1_700_000_000_900, body: bytes('{}') };
const one = new Secret('one');
const two = new Secret('two');

describe('the published examples', () => {
  it('are met for Standard Webhooks', () => {
    const headers = sign(
      PRESETS['standard-webhooks'],
      {
        id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
        timestampMs: 1_614_265_330_000,
        body: bytes('{"test": 2432232314}'),
      },
      [new Secret('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw')],
    );
    expect(headers).toEqual([
      ['webhook-id', 'msg_p5jXN8AQM9LWM0D4loKWxJek'],
      ['webhook-timestamp', '1614265330'],
      ['webhook-signature', 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='],
    ]);
  });

  it('are met for GitHub', () => {
    const hello = { ...delivery, body: bytes('Hello, World!') };
    expect(sign(PRESETS.github, hello, [new Secret("It's a Secret to Everybody")])).toEqual([
      ['X-Hub-Signature-256', 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17'],
    ]);
  });

  it('are met for Slack', () => {
    const command = { id: '', timestampMs: 1_531_420_618_000, body: bytes(SLACK_BODY) };
    expect(sign(PRESETS.slack, command, [new Secret('8f742231b10e8888abcd99yyyzzz85a5')])).toEqual([
      ['X-Slack-Request-Timestamp', '1531420618'],
      ['X-Slack-Signature', 'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503'],
    ]);
  });
});

describe('sign', () => {
  it('cuts the timestamp to whole seconds, never into the future', () => {
    expect(sign(PRESETS['standard-webhooks'], delivery, [new Secret('whsec_b25l')])).toContainEqual([
      'webhook-timestamp',
      '1700000000',
    ]);
  });

  it('carries one signature for each secret where the grammar can', () => {
    const standard = sign(PRESETS['standard-webhooks'], delivery, [new Secret('b25l'), new Secret('dHdv')]);
    expect(standard.at(-1)?.[1]).toMatch(/^v1,[^ ]{44} v1,[^ ]{44}$/);
    const stripe = sign(PRESETS.stripe, delivery, [one, two]);
    expect(stripe.at(-1)?.[1]).toMatch(/^t=1700000000,v1=[0-9a-f]{64},v1=[0-9a-f]{64}$/);
    const paddle = sign(PRESETS.paddle, delivery, [one, two]);
    expect(paddle.at(-1)?.[1]).toMatch(/^ts=1700000000;h1=[0-9a-f]{64};h1=[0-9a-f]{64}$/);
  });

  it.each(['github', 'slack', 'shopify', 'onfido', 'sumsub', 'hex'] as const)(
    'signs with the first secret where the grammar of %s holds one',
    (name) => {
      expect(sign(PRESETS[name], delivery, [one, two])).toEqual(sign(PRESETS[name], delivery, [one]));
    },
  );

  it('names the hash where the scheme does', () => {
    expect(sign(PRESETS.sumsub, delivery, [one])[0]).toEqual(['X-Payload-Digest-Alg', 'HMAC_SHA256_HEX']);
  });

  it('signs a body that is not text', () => {
    const body = Uint8Array.of(0, 255, 128, 10);
    expect(sign(PRESETS.shopify, { ...delivery, body }, [one])).toEqual([
      ['X-Shopify-Hmac-SHA256', 'MpOSOPCwksjp0MmTxldOau4YBMLWrbE3A4vU5FGQ5Ow='],
    ]);
  });

  it('refuses to sign without a secret', () => {
    expect(() => sign(PRESETS.github, delivery, [])).toThrow(Failure);
  });

  it.each(['', ' ', 'two\r\nheaders: 1', 'é'])('refuses the id %j where it goes into a header', (id) => {
    expect(() => sign(PRESETS['standard-webhooks'], { ...delivery, id }, [one])).toThrow('delivery id');
  });

  it('refuses a secret that is no key of the scheme, without showing it', () => {
    const secret = new Secret('whsec_not-base64!-at-all');
    const refused = () => sign(PRESETS['standard-webhooks'], delivery, [secret]);
    expect(refused).toThrow('The secret whsec_not-… is not a key of the scheme standard-webhooks');
    expect(refused).toThrow(
      expect.objectContaining({ kind: 'usage', hint: expect.stringContaining('base64 after whsec_') }),
    );
  });
});
