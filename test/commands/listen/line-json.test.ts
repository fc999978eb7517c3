import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lineJson } from '../../../src/commands/listen/line-json.ts';
import { Duplicates } from '../../../src/listen/duplicates.ts';
import { readEnvelope, toEventLine } from '../../../src/listen/event-line.ts';
import type { KeptDelivery } from '../../../src/listen/kept.ts';
import type { EventLine } from '../../../src/listen/line.ts';
import { isHarmlessLine, wholeToJson } from '../../../src/terminal/json.ts';

const WRITER = { write: wholeToJson, takes: isHarmlessLine };

function lineOf(body: string): EventLine {
  const kept: KeptDelivery = {
    id: '6f9619ff-8b86-4d01-b42d-00cf4fc964ff',
    receivedMs: 0,
    method: 'POST',
    path: '/kyc',
    query: 'a=\u{7f}',
    headers: [['X-A', '"}'] as const],
    body: Buffer.from(body),
    signature: {
      status: 'valid',
      reason: null,
      hint: null,
      scheme: 's',
      webhook_id: null,
      secret_age: 'current',
    },
    accepted: true,
    status: 200,
    forward: null,
    owedTo: null,
    sentTo: null,
  };
  return toEventLine(kept, readEnvelope(kept), new Duplicates());
}

const jsonOf = (body: string): string | null => lineJson(lineOf(body), WRITER);

describe('the line of a delivery', () => {
  it('is that of its value, to the byte, where the body is spelled as we would', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const line = lineOf(JSON.stringify(value));
        const json = lineJson(line, WRITER);
        expect([null, wholeToJson(line)]).toContain(json);
      }),
    );
    expect(jsonOf('{"a":[1,"é"]}')).toBe(wholeToJson(lineOf('{"a":[1,"é"]}')));
  });

  it.each(['{"n":1.0}', '{"n":12345678901234567890}', '{"a":1,"a":2}', '{ "a" : "\\u0041" }', '\u{feff}[1]'])(
    'spells the body as it came: %s',
    (body) => {
      const json = jsonOf(body) ?? '';
      expect(json).toContain(`"body":${body.replace('\u{feff}', '')},"body_base64":`);
      expect(JSON.parse(json)).toEqual(JSON.parse(wholeToJson(lineOf(body))));
    },
  );

  it.each([
    'no json',
    '',
    '{"a":\n1}',
    '{"a":\r1}',
    '{\t}',
    '"\u{7f}"',
    '"\u{202e}"',
    '"\u{2028}"',
    '{"a":1}{',
    '[1],"response":{"status":500}',
  ])('is left to be made from its value where the body cannot stand in it: %j', (body) => {
    expect(jsonOf(body)).toBeNull();
    expect(JSON.parse(wholeToJson(lineOf(body)))).toMatchObject({ response: { status: 200 } });
  });
});
