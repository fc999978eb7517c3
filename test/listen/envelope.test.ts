import { describe, expect, it } from 'vitest';
import { eventIdOf, eventTypeOf, readJson } from '../../src/listen/envelope.ts';

const parseBody = (body: Buffer): unknown => readJson(body)?.value ?? null;
const parse = (text: string) => parseBody(Buffer.from(text));

describe('a body', () => {
  it.each(['{"a":[1,"]"]}', '"text"', '12', 'false', '\uFEFF{"bom":true}'])(
    'is parsed where it is JSON: %s',
    (text) => {
      expect(parse(text)).toEqual(JSON.parse(text.replace('\uFEFF', '')));
    },
  );

  it.each(['', ' ', '{', 'a=1&b=2', '<xml/>', '{"a":1}{', 'NaN', '"open'])(
    'is null where it is none: %j',
    (text) => {
      expect(parse(text)).toBeNull();
    },
  );

  it('is null where it is no UTF-8', () => {
    expect(parseBody(Buffer.of(0x22, 0xff, 0x22))).toBeNull();
  });

  it('is parsed down to a nesting that can be written out again, and no deeper', () => {
    const nested = (depth: number) => `${'[{"a":'.repeat(depth / 2)}1${'}]'.repeat(depth / 2)}`;
    expect(JSON.stringify(parse(nested(500)))).toBe(nested(500));
    expect(parse(nested(502))).toBeNull();
    expect(parse(`${'['.repeat(10_000_000)}`)).toBeNull();
    expect(parse(`{"a":${'['.repeat(5_000_000)}${']'.repeat(5_000_000)}}`)).toBeNull();
  });

  it('may hold any number of brackets in its strings, and side by side', () => {
    const text = `{"a":"${'[{\\"'.repeat(1_000)}","b":[${'[],'.repeat(1_000)}{}]}`;
    expect(parse(text)).toEqual(JSON.parse(text));
  });

  it('is not looked into beyond a size', () => {
    expect(parseBody(Buffer.alloc(16 * 1024 * 1024 + 1, '1'))).toBeNull();
  });
});

describe('an event type', () => {
  it.each([
    [{ event_type: 'a', type: 'b', event: 'c' }, 'a'],
    [{ event: 'c', type: 'b' }, 'b'],
    [{ event_type: '', event: 'c' }, 'c'],
    [{ event_type: { no: 'text' }, event: 'c' }, 'c'],
    [{ other: 1 }, null],
    [['event_type'], null],
    ['event_type', null],
    [null, null],
    [JSON.parse('{"__proto__":{"event_type":"x"}}'), null],
  ])('of %j is %j', (body, type) => {
    expect(eventTypeOf(body)).toBe(type);
  });
});

describe('an event id', () => {
  it.each([
    [[['Webhook-Id', 'msg_1']], { id: 'body' }, 'msg_1'],
    [[['SVIX-ID', 'msg_2']], { id: 'body' }, 'msg_2'],
    [
      [
        ['svix-id', 's'],
        ['webhook-id', 'w'],
      ],
      {},
      'w',
    ],
    [[['webhook-id', '']], { id: 'body' }, 'body'],
    [[], { event_id: 'e' }, 'e'],
    [[], { id: 12 }, '12'],
    [[], { id: 1.5 }, null],
    [[], null, null],
  ] as const)('with headers %j and body %j is %j', (headers, body, id) => {
    expect(eventIdOf(headers, body)).toBe(id);
  });
});
