import type { Scalar } from 'yaml';
import { toJson, UNSAFE_SOURCE, unsafe } from './json.ts';

/** Every string stays on one line, and words that YAML 1.1 reads as something else (`no`, times) are quoted. */
const OPTIONS = {
  lineWidth: 0,
  doubleQuotedAsJSON: true,
  compat: 'yaml-1.1',
  aliasDuplicateObjects: false,
} as const;

const NEEDS_QUOTES = new RegExp(`\\p{Cc}|${UNSAFE_SOURCE}`, 'u');

/** Turns a value into YAML text ending in a line break: the same data as in JSON, harmless the same way. */
export async function loadYaml(): Promise<(value: unknown) => string> {
  const { Document, visit } = await import('yaml');
  return (value) => {
    const document = new Document(JSON.parse(toJson(value)), OPTIONS);
    visit(document, { Scalar: (_key, node) => quoteUnsafe(node) });
    return document.toString(OPTIONS).replace(unsafe(), escapeCodePoint);
  };
}

/** Escapes exist in double quotes only; and what has line breaks is not read back exactly from a block. */
function quoteUnsafe(node: Scalar): void {
  if (typeof node.value === 'string' && node.value.search(NEEDS_QUOTES) !== -1) node.type = 'QUOTE_DOUBLE';
}

function escapeCodePoint(character: string): string {
  const hex = (character.codePointAt(0) ?? 0).toString(16);
  return hex.length > 4 ? `\\U${hex.padStart(8, '0')}` : `\\u${hex.padStart(4, '0')}`;
}
