import { describe, expect, it } from 'vitest';
import { asJson, asRoughText, asText, fromBase64, hexDump } from '../../src/page/bytes.ts';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('the bytes of a body', () => {
  it('come as they were sent', () => {
    const bytes = Buffer.from([0, 255, 10, 13, 128]);
    expect([...fromBase64(bytes.toString('base64'))]).toEqual([...bytes]);
    expect(fromBase64('')).toHaveLength(0);
  });

  it('are text where they are UTF-8, with a byte order mark kept', () => {
    expect(asText(bytesOf('\ufeffü'))).toBe('\ufeffü');
    expect(asText(Uint8Array.of(255))).toBeNull();
    expect(asRoughText(Uint8Array.of(97, 255))).toBe('a\ufffd');
  });

  it('are JSON where they are, and not nested beyond sense', () => {
    expect(asJson(bytesOf('{"a":1}'))).toMatchObject({ kind: 'object' });
    expect(asJson(bytesOf('{"a":1'))).toBeNull();
    expect(asJson(bytesOf(`${'['.repeat(5000)}${']'.repeat(5000)}`))).toBeNull();
  });

  it('are dumped sixteen a line, as far as asked', () => {
    expect(hexDump(bytesOf('0123456789abcdefg\n'), 100)).toBe(
      '000000  30 31 32 33 34 35 36 37  38 39 61 62 63 64 65 66  0123456789abcdef\n' +
        '000010  67 0a                                             g·',
    );
    expect(hexDump(new Uint8Array(100), 16).split('\n')).toHaveLength(1);
  });
});
