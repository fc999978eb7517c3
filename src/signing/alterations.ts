import { measureIndents, readJsonText } from '../json-text.ts';
import { REWRITINGS } from './json-styles.ts';
import { TEXT_CHANGES } from './text-changes.ts';
import type { Work } from './work.ts';

/** A body as it may have been when it was signed. */
export interface Alteration {
  /** What happened to it then, as a stable name. */
  readonly name: string;
  readonly original: Buffer;
  /** One sentence: what verifies, and what to change. */
  readonly hint: string;
}

/** JSON larger than this is not written anew. */
const MAX_JSON_BYTES = 65_536;
/** What a change costs for each byte, where hashing one is 1. */
const TEXT_COST = 4;
const JSON_COST = 40;
/** For each value in it. */
const NODE_COST = 64;

/**
 * Bodies that the usual alterations would have turned into this one, the likeliest first, for as long as the work
 * allows; each is given once.
 */
export function* guessAlterations(body: Uint8Array, work: Work): Generator<Alteration, void> {
  if (!work.spend(body.length)) return;
  const text = Buffer.from(body).toString('latin1');
  const seen = new Set([text]);
  const isNew = (original: Buffer): boolean => seen.size < seen.add(original.toString('latin1')).size;
  for (const { name, hint, undo } of TEXT_CHANGES) {
    if (!work.spend(text.length * TEXT_COST)) return;
    const before = undo(text);
    const original = before === null ? null : Buffer.from(before, 'latin1');
    if (original && isNew(original)) yield { name, hint, original };
  }
  yield* guessRewritings(body, isNew, work);
}

function* guessRewritings(
  body: Uint8Array,
  isNew: (original: Buffer) => boolean,
  work: Work,
): Generator<Alteration, void> {
  if (body.length > MAX_JSON_BYTES || !work.spend(body.length * JSON_COST)) return;
  const text = decodeUtf8(body);
  const json = text === null ? null : readJsonText(text);
  if (json === null) return;
  const { lines, levels } = measureIndents(json);
  for (const { name, words, indent, write } of REWRITINGS) {
    const spaces = indent === 0 ? 0 : lines + levels * indent;
    if (!work.spend((body.length + spaces) * JSON_COST + lines * NODE_COST)) return;
    const original = Buffer.from(write(json), 'utf8');
    const hint =
      `The signature is good once the JSON is written ${words}: something in between parsed the body and wrote it ` +
      'anew, so pass its raw bytes on (express.raw() in front of any parser; no body rewriting in the proxy).';
    if (isNew(original)) yield { name, original, hint };
  }
}

function decodeUtf8(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}
