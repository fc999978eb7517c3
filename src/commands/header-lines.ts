import { Failure, raise } from '../errors.ts';
import { isRecord } from '../record.ts';

export type HeaderPairs = readonly (readonly [name: string, value: string])[];

/** Far more than any server takes. */
const MAX_BYTES = 256 * 1024;

const REQUEST_LINE = /^[A-Z]{3,20} \S+ HTTP\/\d(?:\.\d)?$/;
const STATUS_LINE = /^HTTP\/\d(?:\.\d)? \d{3}\b/;
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/**
 * The headers in a file, in order, repeats kept: `Name: value` lines up to the first blank one, also below a request
 * or status line and behind the marks of `curl -v`; or JSON, an object by name or an array of pairs, alone or as
 * `headers`. Throws Failure `usage` that names `source`.
 */
export function readHeaders(bytes: Uint8Array, source: string): HeaderPairs {
  if (bytes.length > MAX_BYTES) throw refusal(source, `holds more than ${MAX_BYTES / 1024} KiB`);
  const buffer = Buffer.from(bytes);
  // Values are bytes, read as Latin-1 as a server does: what was signed is found again in them.
  const text = buffer.toString('latin1');
  const pairs = /^\s*[[{]/.test(text) ? parseJson(buffer.toString('utf8'), source) : parseLines(text, source);
  if (pairs.length === 0) throw refusal(source, 'holds no header');
  return pairs;
}

function parseLines(text: string, source: string): HeaderPairs {
  const pairs: [name: string, value: string][] = [];
  for (const [index, raw] of text.split(/\r\n|\r|\n/).entries()) {
    const line = raw.replace(/^[<>] ?/, '');
    if (isBeside(raw, line)) continue;
    if (line.trim() === '') {
      if (pairs.length > 0) break;
      continue;
    }
    const last = pairs.at(-1);
    if (/^[ \t]/.test(line) && last) last[1] = `${last[1]} ${line.trim()}`.trim();
    else pairs.push(parseLine(line, index + 1, source));
  }
  return pairs;
}

/** Not a header: the first line of a message, or what curl says between. */
const isBeside = (raw: string, line: string): boolean =>
  REQUEST_LINE.test(line) || STATUS_LINE.test(line) || raw.startsWith('* ');

function parseLine(line: string, number: number, source: string): [name: string, value: string] {
  const colon = line.indexOf(':');
  const name = line.slice(0, colon);
  if (colon > 0 && TOKEN.test(name)) return [name, line.slice(colon + 1).trim()];
  throw refusal(source, `has no "Name: value" in line ${number}`);
}

function parseJson(text: string, source: string): HeaderPairs {
  const data = parsed(text, source);
  const headers = isRecord(data) && typeof data['headers'] === 'object' ? data['headers'] : data;
  const pairs: readonly unknown[] = Array.isArray(headers) ? headers : pairsByName(headers);
  return pairs.map((pair) => asPair(pair) ?? raise(refusal(source, 'has something that is no header')));
}

function parsed(text: string, source: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw refusal(source, 'is not valid JSON', error);
  }
}

/** A value that is an array stands for a header that was sent more than once. */
function pairsByName(headers: unknown): readonly unknown[] {
  if (!isRecord(headers)) return [];
  return Object.entries(headers).flatMap(([name, value]) => [value].flat().map((one) => [name, one]));
}

function asPair(pair: unknown): readonly [name: string, value: string] | null {
  if (!Array.isArray(pair) || pair.length !== 2) return null;
  const [name, value]: readonly unknown[] = pair;
  const isText = typeof value === 'string' || typeof value === 'number';
  return typeof name === 'string' && TOKEN.test(name) && isText ? [name, String(value).trim()] : null;
}

function refusal(source: string, problem: string, cause?: unknown): Failure {
  return new Failure('usage', `${source} ${problem}`, {
    hint: 'Give one "Name: value" a line, or JSON such as {"webhook-id": "…"}.',
    cause,
  });
}
