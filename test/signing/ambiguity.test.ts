import { describe, expect, it } from 'vitest';
import { hasOtherReading } from '../../src/signing/ambiguity.ts';
import { parseTemplate } from '../../src/signing/template.ts';
import { bytes } from './schemes.ts';

const judge = (template: string, id: string | null, body: string, withIds = true): boolean =>
  hasOtherReading(parseTemplate(template), { id, timestamp: '1700000000', body: bytes(body) }, withIds);

describe('a signed text that could be read in another way', () => {
  it.each([
    ['{body}', null, '1700000000.{}'],
    ['{body}', null, '1700000000123:a=1'],
    ['{body}', null, '2023-11-14T22:13:20Z{}'],
    ['{body}', null, '\n{}'],
    ['{body}', null, '[1]|evt_1\r\n'],
    ['{body}', null, 'text.1700000000'],
    ['{timestamp}{body}', null, '.{"a":1}'],
    ['{id}.{body}', '1700000000', '{}'],
    ['{id}.{body}', 'evt_1.1700000000', '{}'],
    ['{id}:{timestamp}:{body}', 'v0', '{}'],
  ])('is told by its parts: %s, id %s, body %j', (template, id, body) => {
    expect(judge(template, id, body)).toBe(true);
  });

  it.each([
    ['{body}', null, '{"at":1700000000}\n'],
    ['{body}', null, 'at=1700000000'],
    ['{body}', null, 'a b 1700000000.'.slice(0, 3)],
    ['{body}', null, 'not{json]'],
    ['{body}', null, '{json}!'],
    ['{body}', null, '{}\u0000'],
    ['{body}', null, ''],
    ['{id}{timestamp}{body}', '1700000000', '{}'],
    ['{id}.{body}', 'evt_17000000001', '{}'],
  ])('is told from one that could not: %s, id %s, body %j', (template, id, body) => {
    expect(judge(template, id, body)).toBe(false);
  });

  it('has no id in it where none is signed', () => {
    expect(judge('{body}', null, 'evt_1.{}', true)).toBe(true);
    expect(judge('{body}', null, 'evt_1.{}', false)).toBe(false);
    expect(judge('{body}', null, '1700000000.{}', false)).toBe(true);
  });
});
