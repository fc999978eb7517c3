import type { Document, LineCounter, YAMLError } from 'yaml';
import { Failure } from '../errors.ts';

/** What a person writes by hand is a hundredth of this. */
const MAX_YAML_CHARS = 256 * 1024;
/** Aliases may multiply a small document into a huge value. */
export const MAX_ALIASES = 100;

/**
 * The value of one YAML (or JSON) document. Throws Failure `usage` that names `source`, and line and column where
 * there is a fault.
 */
export async function readYaml(text: string, source: string): Promise<unknown> {
  return toValue(await parseYaml(text, source, { maxChars: MAX_YAML_CHARS }), source);
}

interface Parsing {
  readonly maxChars: number;
  /** Learns where the lines begin. */
  readonly lineCounter?: LineCounter;
}

/** The same as the parser's own tree, comments and all. */
export async function parseYaml(
  text: string,
  source: string,
  { maxChars, lineCounter }: Parsing,
): Promise<Document.Parsed> {
  if (text.length > maxChars) {
    throw new Failure('usage', `${source} holds more than ${maxChars / 1024} Ki characters`);
  }
  const { parseDocument } = await import('yaml');
  const document = parseDocument(text, {
    prettyErrors: true,
    uniqueKeys: true,
    ...(lineCounter && { lineCounter }),
  });
  const [fault] = [...document.errors, ...document.warnings];
  if (fault !== undefined) throw notYaml(source, fault);
  return document;
}

/** Where the parser's own words are for programmers. */
const FAULTS: Readonly<Record<string, string>> = {
  MULTIPLE_DOCS: 'There is more than one document',
  RESOURCE_EXHAUSTION: 'It is nested too deeply',
  TAG_RESOLVE_FAILED: 'Tags (!name) are not taken',
};

function notYaml(source: string, { code, message, linePos }: YAMLError): Failure {
  // The message goes on with an excerpt of the file, which may hold anything.
  const what = FAULTS[code] ?? (message.split('\n', 1)[0] ?? '').replace(/ at line \d+, column \d+:?$/, '');
  const [at] = linePos ?? [];
  const place = at === undefined ? source : `${source}, line ${at.line}, column ${at.col}`;
  return new Failure('usage', `${place}: ${what}`, { hint: 'It has to be YAML or JSON.' });
}

/** Aliases of nothing, too many of them and too deep nesting are thrown by the parser; `JSON` finds circles. */
function toValue(document: Document, source: string): unknown {
  try {
    const value: unknown = document.toJS({ maxAliasCount: MAX_ALIASES });
    JSON.stringify(value);
    return value;
  } catch (error) {
    throw new Failure('usage', `${source} has aliases or nesting that go too far`, {
      hint: 'Write the values out where they are used.',
      cause: error,
    });
  }
}
