import { describe, expect, test } from 'vitest';
import { readHeaders } from '../../src/commands/header-lines.ts';

const read = (text: string | Buffer) => readHeaders(Buffer.from(text), 'h.txt');
const TWO = [
  ['webhook-id', 'a'],
  ['webhook-signature', 'v1,b'],
];

describe('readHeaders', () => {
  test.each([
    ['lines', 'webhook-id: a\nwebhook-signature: v1,b\n'],
    ['CRLF, and spaces around values', 'webhook-id:a \r\nwebhook-signature:\t v1,b\r\n'],
    [
      'a request with its body',
      'POST /kyc?a=b HTTP/1.1\r\nwebhook-id: a\r\nwebhook-signature: v1,b\r\n\r\n{"a: b": 1}',
    ],
    ['an answer as curl -i prints it', 'HTTP/2 200 \nwebhook-id: a\nwebhook-signature: v1,b\n\nx: y'],
    [
      'what curl -v prints',
      '* Connected to x\n> POST / HTTP/1.1\n> webhook-id: a\n> webhook-signature: v1,b\n>\n* done',
    ],
    ['a line that goes on', 'webhook-id: a\nwebhook-signature:\n  v1,b\n'],
    ['an object', '{"webhook-id": "a", "webhook-signature": "v1,b"}'],
    ['pairs', ' [["webhook-id", "a"], ["webhook-signature", "v1,b"]]'],
    [
      'what sign --json prints',
      '{"headers": [["webhook-id", "a"], ["webhook-signature", "v1,b"]], "scheme": "x"}',
    ],
  ])('reads %s', (_what, text) => {
    expect(read(text)).toEqual(TWO);
  });

  test('keeps repeats and their order', () => {
    const repeated = [
      ['X-Sig', 'a'],
      ['x-sig', 'b'],
    ];
    expect(read('X-Sig: a\nx-sig: b')).toEqual(repeated);
    expect(read('{"X-Sig": ["a", "b"]}')).toEqual([
      ['X-Sig', 'a'],
      ['X-Sig', 'b'],
    ]);
    expect(read('{"X-Count": 3}')).toEqual([['X-Count', '3']]);
  });

  test('reads bytes as a server does', () => {
    expect(read(Buffer.from('x: \xe9', 'latin1'))).toEqual([['x', '\xe9']]);
  });

  test.each([
    ['nothing', '', 'h.txt holds no header'],
    ['an empty object', '{}', 'h.txt holds no header'],
    ['a line without a colon', 'a: b\nc', 'h.txt has no "Name: value" in line 2'],
    ['a name that is none', 'a b: c', 'h.txt has no "Name: value" in line 1'],
    ['broken JSON', '{"a": ', 'h.txt is not valid JSON'],
    ['a value that is none', '{"a": {"b": 1}}', 'h.txt has something that is no header'],
    ['pairs that are none', '[["a"]]', 'h.txt has something that is no header'],
    ['too much', 'a'.repeat(300_000), 'h.txt holds more than 256 KiB'],
  ])('refuses %s', (_what, text, message) => {
    expect(() => read(text)).toThrow(message);
  });
});
