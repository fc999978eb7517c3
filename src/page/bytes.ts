import { type JsonText, readJsonText } from '../json-text.ts';

/** Deeper nesting is shown as text. */
const MAX_DEPTH = 100;
const HEX_COLUMNS = 16;

export function fromBase64(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

/** Null where the bytes are not UTF-8. */
export function asText(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** With marks where the bytes are no characters. */
export const asRoughText = (bytes: Uint8Array): string =>
  new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);

/** Null where it is no JSON, or nested too deep to be shown. */
export function asJson(bytes: Uint8Array): JsonText | null {
  const text = asText(bytes);
  return text === null ? null : readJsonText(text, MAX_DEPTH);
}

/** Offset, bytes and characters of the first `maxBytes`, a line for every sixteen. */
export function hexDump(bytes: Uint8Array, maxBytes: number): string {
  const lines: string[] = [];
  for (let at = 0; at < Math.min(bytes.length, maxBytes); at += HEX_COLUMNS) {
    const row = [...bytes.subarray(at, at + HEX_COLUMNS)];
    const hex = row.map((byte) => byte.toString(16).padStart(2, '0'));
    const halves = `${hex.slice(0, 8).join(' ')}  ${hex.slice(8).join(' ')}`;
    const characters = row.map((byte) => (byte > 31 && byte < 127 ? String.fromCharCode(byte) : '·'));
    lines.push(`${at.toString(16).padStart(6, '0')}  ${halves.padEnd(48)}  ${characters.join('')}`);
  }
  return lines.join('\n');
}
