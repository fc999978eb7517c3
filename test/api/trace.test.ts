import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { redactBody } from '../../src/api/trace.ts';
import { redact } from '../../src/redact.ts';
import { Secret } from '../../src/secret.ts';
import { json, reset } from '../support/faulty-server.ts';
import { failureOf, KEY, NOW, type OpenApi, openApi } from './open-api.ts';

const key = new Secret(KEY);

describe('redacting', () => {
  test.each([
    ['{"secret_key": "abc"}', '{"secret_key": "[redacted]"}'],
    ['{"client_SECRET":"a\\"b", "x": "y"}', '{"client_SECRET":"[redacted]", "x": "y"}'],
    [
      '{"api_key": "abc", "apikey": "d", "access_token": "e"}',
      '{"api_key": "[redacted]", "apikey": "[redacted]", "access_token": "[redacted]"}',
    ],
    ['{"secret_key": "cut of', '{"secret_key": "[redacted]"'],
    ['{"secret_key": "two\nlines\\', '{"secret_key": "[redacted]"'],
    [
      'whsec_A1B2+/= and kycg_00ff and sk_test_x',
      'whsec_[redacted] and kycg_[redacted] and sk_test_[redacted]',
    ],
    [`Bearer ${KEY}.`, 'Bearer [redacted].'],
    [
      '{"has_secret": true, "message": "a secret was made"}',
      '{"has_secret": true, "message": "a secret was made"}',
    ],
  ])('%s', (text, expected) => {
    expect(redact(text, [key])).toBe(expected);
  });

  test.each([
    ['whsec_abcdefgh_xy', 'abcdefgh_xy'],
    ['whsec_ab_cdefghij', 'ab_cdefghij'],
    ['whsec_ab_cdefghij', 'cdefghij'],
    ['sk_test_abcdefgh', 'abcdefgh'],
  ])('%s is known by %s, wherever its underscores are', (secret, part) => {
    expect(redact(`it ends in ${part}.`, [new Secret(secret)])).toBe('it ends in [redacted].');
  });

  test('a secret is known as JSON writes it, too', () => {
    const secret = new Secret('key_"abc\\defgh"');
    const text = JSON.stringify({ said: [secret.reveal(), secret.reveal().slice(4)] });
    expect(redact(text, [secret])).toBe('{"said":["[redacted]","[redacted]"]}');
  });

  test('long bodies are cut after redaction', () => {
    const text = `${'x'.repeat(1990)} ${KEY}`;
    expect(redactBody(Buffer.from(text), key)).toBe(`${'x'.repeat(1990)} [redacted…`);
    expect(redactBody(Buffer.from('"'.repeat(500_000)), key)).toHaveLength(2001);
    expect(redactBody(Buffer.from(`"${'secret'.repeat(50_000)}`), key)).toHaveLength(2001);
  });

  test('an empty body is none', () => {
    expect(redactBody(undefined, key)).toBeNull();
    expect(redactBody(new Uint8Array(), key)).toBeNull();
  });
});

describe('events', () => {
  let open: OpenApi;
  beforeEach(async () => {
    open = await openApi();
  });
  afterEach(() => open.close());

  test('tell each try, each wait and each end', async () => {
    open.server.next(reset, json(200, { message: 'Webhook updated' }));
    await open.api.updateWebhook('w1', { is_active: true });
    const url = `${open.server.url.origin}/api/v2/webhooks/w1/`;
    expect(open.traces.map(({ type, attempt }) => `${type} ${attempt}`)).toEqual([
      'request 1',
      'failure 1',
      'retry 2',
      'request 2',
      'response 2',
    ]);
    for (const event of open.traces) expect(event).toMatchObject({ method: 'PATCH', url });
    expect(open.traces[0]).toMatchObject({ body: '{"is_active":true}' });
    expect(open.traces[0]).toHaveProperty(
      'headers',
      expect.arrayContaining([['authorization', '[redacted]']]),
    );
    expect(open.traces[2]).toMatchObject({
      delay_ms: 500,
      message: expect.stringContaining('closed the connection'),
    });
    expect(open.traces[4]).toMatchObject({
      status: 200,
      body: '{"message":"Webhook updated"}',
      duration_ms: 0,
    });
  });

  test('measure time by the clock', async () => {
    let now = NOW;
    const tick = () => {
      now += 40;
      return now;
    };
    open.server.next(json(200, { results: [] }));
    await open.with({ clock: { now: tick, random: () => 0, sleep: async () => undefined } }).listWebhooks();
    expect(open.traces[1]).toMatchObject({ type: 'response', duration_ms: 40 });
  });

  test('show a refusal whole, also of a call whose good answer is withheld', async () => {
    open.server.next(json(400, { error: 'Bad event type' }));
    await failureOf(open.api.rotateSecret('w1', { idempotencyKey: 'x'.repeat(16) }));
    expect(open.traces[1]).toMatchObject({ status: 400, body: '{"error":"Bad event type"}' });
  });

  test('are not needed', async () => {
    open.server.next(json(503, {}), json(200, { results: [] }));
    expect(await open.with({ trace: undefined }).listWebhooks()).toEqual([]);
    expect(open.traces).toEqual([]);
  });

  test('tell what was thrown that is no error', async () => {
    await expect(open.with({ send: () => Promise.reject('odd') }).listWebhooks()).rejects.toBe('odd');
    expect(open.traces[1]).toMatchObject({ type: 'failure', message: 'odd' });
  });
});
