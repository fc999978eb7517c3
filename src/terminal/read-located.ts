import type { Alias, Document, LineCounter, Node, Pair } from 'yaml';
import { Failure } from '../errors.ts';
import type { Located, LocatedEntry, Place } from '../located.ts';
import { MAX_ALIASES, parseYaml } from './read-yaml.ts';

/** Ten thousand entries of a hundred characters each. */
const MAX_CHARS = 1024 * 1024;
/** Aliases may multiply a small document into a huge value. */
const MAX_PARTS = 200_000;
const MAX_DEPTH = 64;

/** One YAML (or JSON) document as data with its places. Throws Failure `usage` that names source, line and column. */
export async function readLocated(text: string, source: string): Promise<Located> {
  const yaml = await import('yaml');
  const lines = new yaml.LineCounter();
  const document = await parseYaml(text, source, { maxChars: MAX_CHARS, lineCounter: lines });
  return new Locating({ yaml, lines, document, source }).locate(document.contents, START, 0);
}

const START: Place = { line: 1, column: 1 };

interface Given {
  readonly yaml: Pick<typeof import('yaml'), 'isAlias' | 'isMap' | 'isSeq' | 'isScalar'>;
  readonly lines: LineCounter;
  readonly document: Document;
  readonly source: string;
}

class Locating {
  readonly #given: Given;
  #parts = 0;
  #aliases = 0;

  constructor(given: Given) {
    this.#given = given;
  }

  /** @param at for what has no place of its own: nothing after a colon */
  locate(node: unknown, at: Place, depth: number): Located {
    const { isAlias, isMap, isSeq, isScalar } = this.#given.yaml;
    this.#parts += 1;
    if (this.#parts > MAX_PARTS || depth > MAX_DEPTH) throw this.#tooFar();
    if (isAlias(node)) return this.locate(this.#resolve(node), at, depth + 1);
    const place = this.#placeOf(node, at);
    if (isMap(node)) {
      return {
        kind: 'mapping',
        at: place,
        entries: node.items.map((pair) => this.#entry(pair, place, depth)),
      };
    }
    if (isSeq(node)) {
      return {
        kind: 'list',
        at: place,
        items: node.items.map((item) => this.locate(item, place, depth + 1)),
      };
    }
    return { kind: 'value', at: place, value: isScalar(node) ? this.#plainValue(node.value, place) : null };
  }

  #entry({ key, value }: Pair, above: Place, depth: number): LocatedEntry {
    const at = this.#placeOf(key, above);
    if (!this.#given.yaml.isScalar(key) || key.value === null)
      throw this.#refusal(at, 'A key has to be a text');
    return { key: String(key.value), at, value: this.locate(value, at, depth + 1) };
  }

  #resolve(alias: Alias): Node {
    this.#aliases += 1;
    const node = this.#aliases > MAX_ALIASES ? undefined : alias.resolve(this.#given.document);
    if (node === undefined) throw this.#tooFar();
    return node;
  }

  #plainValue(value: unknown, at: Place): string | number | boolean | null {
    if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    throw this.#refusal(at, 'This is no text, number, true, false or null');
  }

  #placeOf(node: unknown, otherwise: Place): Place {
    const { isAlias, isMap, isSeq, isScalar } = this.#given.yaml;
    if (!isMap(node) && !isSeq(node) && !isScalar(node) && !isAlias(node)) return otherwise;
    if (!node.range) return otherwise;
    const { line, col } = this.#given.lines.linePos(node.range[0]);
    return line > 0 ? { line, column: col } : otherwise;
  }

  #refusal({ line, column }: Place, what: string): Failure {
    return new Failure('usage', `${this.#given.source}, line ${line}, column ${column}: ${what}`);
  }

  #tooFar(): Failure {
    return new Failure('usage', `${this.#given.source} has aliases or nesting that go too far`, {
      hint: 'Write the values out where they are used.',
    });
  }
}
