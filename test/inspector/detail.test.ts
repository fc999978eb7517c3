import { execFileSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { curlOf } from '../../src/inspector/curl.ts';
import { signedOf } from '../../src/inspector/signed.ts';
import type { KeptDelivery } from '../../src/listen/kept.ts';
import { PRESETS } from '../../src/signing/scheme.ts';
import type { Reason } from '../../src/signing/verdict.ts';
import { dataFolder, delivery, opened as filled } from '../listen/inbox/place.ts';
import { opened } from './harness.ts';

const URL_OF_APP = 'http://127.0.0.1:3000/kyc?a=1';

/** What a shell makes of a command: the arguments that curl would get. */
function argumentsOf(command: string): readonly string[] {
  // A program as curl is one, so that the bounds of the system are met; typed in, as it is pasted.
  const script = `curl() { env printf '%s\\0' "$@"; }\n${command}\n`;
  return execFileSync('sh', { input: script, encoding: 'utf8' }).split('\0').slice(0, -1);
}

const request = (body: string | Uint8Array, headers: KeptDelivery['headers'] = []) => ({
  ...{ method: 'POST', headers },
  body: Buffer.from(body),
});

describe('the command that sends it again', () => {
  test.each([
    `it's "quoted" $(touch /tmp/never) \`id\` \\ !! ; & | > < * ? ~ # %s`,
    `'; touch /tmp/never; '`,
    `''''`,
    '@/etc/passwd',
    'a\nb\tc\n',
    '日本語 🎉 ü',
    '-d @/etc/passwd',
    '\\',
  ])('gives curl exactly the body %j', (body) => {
    const headers = [
      ['Content-Type', 'application/json'],
      ['X-Odd', `it's $(id)`],
      ['X-Empty', ''],
      ['Host', 'evil'],
      ['Content-Length', '3'],
    ] as const;
    const command = curlOf(request(body, headers), URL_OF_APP);
    expect(argumentsOf(command ?? '')).toEqual([
      ...['--globoff', '--path-as-is', '-X', 'POST', '--url', URL_OF_APP],
      ...['-H', 'Content-Type: application/json', '-H', `X-Odd: it's $(id)`, '-H', 'X-Empty;'],
      ...['-H', 'User-Agent:', '-H', 'Accept:', '--data-raw', body],
    ]);
  });

  test('sends no body and no type of one where there was none', () => {
    expect(argumentsOf(curlOf(request(''), URL_OF_APP) ?? '')).toEqual([
      ...[
        '--globoff',
        '--path-as-is',
        '-X',
        'POST',
        '--url',
        URL_OF_APP,
        '-H',
        'User-Agent:',
        '-H',
        'Accept:',
      ],
    ]);
  });

  test('header bytes that are UTF-8 go out as they came', () => {
    const sent = Buffer.from('Jürgen').toString('latin1');
    expect(argumentsOf(curlOf(request('x', [['X-Name', sent]]), URL_OF_APP) ?? '')).toContain(
      'X-Name: Jürgen',
    );
  });

  test.each<[string, ReturnType<typeof request>, string]>([
    ['bytes that are no text', request(Uint8Array.from([0xff, 0xfe])), URL_OF_APP],
    ['a zero byte', request('a\0b'), URL_OF_APP],
    ['an escape that a terminal acts upon', request('a\u{1b}[201~rm -rf ~\n'), URL_OF_APP],
    ['a carriage return', request('a\rb'), URL_OF_APP],
    ['an 8-bit control character', request('a\u{9b}201~b'), URL_OF_APP],
    ['a body of 128 KiB', request('x'.repeat(128 * 1024)), URL_OF_APP],
    ['a header that is no text', request('x', [['X-A', '\u{ff}']]), URL_OF_APP],
    ['a name that is none', request('x', [['@/etc/passwd', '']]), URL_OF_APP],
    ['a method that is none', { ...request('x'), method: '-o/tmp/x' }, URL_OF_APP],
    ['a path that becomes a host', request('x'), 'http://127.0.0.1:3000@evil.example/'],
    ['a path with a space', request('x'), 'http://127.0.0.1:3000/a b'],
  ])('there is none for %s', (_, sent, url) => {
    expect(curlOf(sent, url)).toBeNull();
  });
});

test('a body as long as Linux takes an argument has a command that works', () => {
  const body = `${"it's ".repeat(26_214)}!`;
  expect(body).toHaveLength(128 * 1024 - 1);
  expect(argumentsOf(curlOf(request(body), URL_OF_APP) ?? '').at(-1)).toBe(body);
});

describe('the string that is signed', () => {
  const scheme = PRESETS['standard-webhooks'];
  const headers = [
    ['Webhook-Id', 'msg_1'],
    ['Webhook-Timestamp', '1700000000'],
    ['Webhook-Signature', `v1,${createHmac('sha256', 'k').update('x').digest('base64')}`],
    ['X-Other', '1'],
  ] as const;
  const kept = (reason: Reason | null, sent: KeptDelivery['headers'] = headers): KeptDelivery => ({
    ...delivery({ headers: sent, body: Buffer.from('{"a":1}') }),
    signature: { ...delivery().signature, status: reason ? 'invalid' : 'valid', reason },
  });

  test('piece by piece, with the headers as they were sent', () => {
    expect(signedOf(scheme, kept(null))).toEqual({
      scheme: expect.stringContaining('webhook-signature'),
      headers: ['Webhook-Id', 'Webhook-Timestamp', 'Webhook-Signature'],
      suspect_headers: [],
      parts: [
        { from: 'id', text: 'msg_1', is_cut: false, is_suspect: false },
        { from: 'literal', text: '.', is_cut: false, is_suspect: false },
        { from: 'timestamp', text: '1700000000', is_cut: false, is_suspect: false },
        { from: 'literal', text: '.', is_cut: false, is_suspect: false },
        { from: 'body', text: '{"a":1}', is_cut: false, is_suspect: false },
      ],
    });
  });

  test.each<[Reason, string[]]>([
    ['body_altered', ['body']],
    ['timestamp_too_old', ['timestamp']],
    ['timestamp_in_future', ['timestamp']],
    ['wrong_secret', []],
  ])('%s points at %j', (reason, wanted) => {
    const { parts, suspect_headers } = signedOf(scheme, kept(reason));
    expect(parts.filter(({ is_suspect }) => is_suspect).map(({ from }) => from)).toEqual(wanted);
    expect(suspect_headers).toEqual([]);
  });

  test('a header that is missing or malformed is named, and the part that it should have given marked', () => {
    const without = headers.filter(([name]) => name !== 'Webhook-Timestamp');
    const missing = signedOf(scheme, kept('missing_header', without));
    expect(missing.suspect_headers).toEqual(['webhook-timestamp']);
    expect(missing.parts.filter(({ is_suspect }) => is_suspect)).toMatchObject([
      { from: 'timestamp', text: '' },
    ]);
    const soon = headers.map(
      ([name, value]) => [name, name === 'Webhook-Timestamp' ? 'soon' : value] as const,
    );
    expect(signedOf(scheme, kept('malformed_header', soon)).suspect_headers).toEqual(['Webhook-Timestamp']);
    const odd = headers.map(
      ([name, value]) => [name, name === 'Webhook-Signature' ? 'v0=x' : value] as const,
    );
    expect(signedOf(scheme, kept('malformed_header', odd)).suspect_headers).toEqual(['Webhook-Signature']);
  });

  test('of a long body only the beginning, and no half character', () => {
    const body = Buffer.from(`x${'ü'.repeat(5_000)}`);
    const part = signedOf(PRESETS.github, { ...kept(null), body }).parts[0];
    expect(part).toMatchObject({ from: 'body', is_cut: true });
    expect(part?.text).toMatch(/^xü+$/);
  });
});

test('a detail has all of it; of a very long body its beginning', async () => {
  const dataDir = dataFolder();
  const inbox = await filled(dataDir);
  const xss = '<img src=x onerror=alert(1)>';
  await inbox.keep(
    delivery({
      id: 'one',
      path: `/${encodeURIComponent(xss)}`,
      body: Buffer.from(JSON.stringify({ type: xss })),
    }),
  );
  const big = Buffer.from(`{"type":"case.opened","x":"${'y'.repeat(3 * 1024 * 1024)}"}`);
  await inbox.keep(delivery({ id: 'big', body: big, sentTo: 'http://127.0.0.1:3000/a?token=t0psecret' }));
  await inbox.keep(delivery({ id: 'auto', signature: { ...delivery().signature, scheme: 'auto' } }));
  const { get, ask } = await opened({ dataDir });
  const one = await get('/api/deliveries/one');
  expect(one).toMatchObject({
    is_body_cut: false,
    event: { event_type: xss, request: { body: { type: xss } } },
  });
  expect(one.curl).toContain("--url 'http://127.0.0.1:4242/%3Cimg");
  expect(one.signed.parts.map(({ from }: { from: string }) => from)).toEqual([
    'timestamp',
    'literal',
    'body',
  ]);
  const { headers } = await ask({ path: '/api/deliveries/one' });
  expect(headers['content-type']).toBe('application/json; charset=utf-8');
  const cut = await get('/api/deliveries/big');
  expect(cut).toMatchObject({
    is_body_cut: true,
    curl: null,
    curl_problem: 'too_long',
    replay_to: 'http://127.0.0.1:3000/a',
    row: { event_type: 'case.opened', body_bytes: big.length },
  });
  expect(cut.event.request.body).toBeNull();
  const shown = Buffer.from(cut.event.request.body_base64, 'base64');
  expect(shown.equals(big.subarray(0, 2 * 1024 * 1024))).toBe(true);
  expect(JSON.stringify(cut)).not.toContain('t0psecret');
  expect((await get('/api/deliveries/auto')).signed).toBeNull();
});

test('a fixture is a file of a harmless name, with the exact bytes', async () => {
  const dataDir = dataFolder();
  const id = '../"x\r\ny-1';
  const kept = delivery({ id, body: Uint8Array.from([0, 255, 10]), query: 'a=%20' });
  await (await filled(dataDir)).keep(kept);
  const { ask } = await opened({ dataDir });
  const { headers, json } = await ask({ path: `/api/deliveries/${encodeURIComponent(id)}/fixture` });
  expect(headers['content-disposition']).toBe('attachment; filename="kycgenie-xy-1.json"');
  expect(json()).toEqual({
    event_type: null,
    ...{ method: 'POST', path: '/hook', query: 'a=%20', headers: kept.headers, body_base64: 'AP8K' },
  });
});
