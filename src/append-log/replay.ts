import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { systemCode } from '../system-error.ts';

/** A longer line is damage when it is read, and refused when it is appended. */
export const MAX_RECORD_BYTES = 32 * 1024 * 1024;
const READ_CHUNK_BYTES = 256 * 1024;
const NEWLINE = 10;

export interface Replayed {
  /** Numbers of the damaged lines, from 0. */
  readonly damaged: ReadonlySet<number>;
  readonly wholeBytes: number;
  readonly tornBytes: number;
}

/** Hands every record to `onRecord`, oldest first; a file that is not there has none. */
export async function replay(path: string, onRecord: (record: unknown) => boolean): Promise<Replayed> {
  const damaged = new Set<number>();
  let wholeBytes = 0;
  let tornBytes = 0;
  let count = 0;
  for await (const { lines, torn } of readLines(path)) {
    tornBytes = torn;
    for (const line of lines) {
      wholeBytes += line.bytes + 1;
      if (!isRecord(line, onRecord)) damaged.add(count);
      count += 1;
    }
  }
  return { damaged, wholeBytes, tornBytes };
}

function isRecord({ content }: Line, onRecord: (record: unknown) => boolean): boolean {
  if (content === null) return false;
  try {
    return onRecord(JSON.parse(content.toString('utf8')));
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

/** The text of a log but for its damaged lines and its torn end. */
export async function* linesWithout(path: string, damaged: ReadonlySet<number>): AsyncGenerator<Uint8Array> {
  let count = 0;
  for await (const { lines } of readLines(path)) {
    const first = count;
    count += lines.length;
    const good = lines.filter((_, index) => !damaged.has(first + index));
    yield Buffer.concat(good.flatMap(({ content }) => (content ? [content, Buffer.from('\n')] : [])));
  }
}

interface Line {
  /** Without its newline; null when it is longer than any record. */
  readonly content: Buffer | null;
  readonly bytes: number;
}

/** The whole lines of a file, as they come in, and the bytes after the last newline so far. */
async function* readLines(path: string): AsyncGenerator<{ lines: readonly Line[]; torn: number }> {
  const handle = await open(path, constants.O_RDONLY).catch(absent);
  if (!handle) return;
  const rest = new Rest();
  for await (const data of handle.createReadStream({ highWaterMark: READ_CHUNK_BYTES })) {
    const chunk: Buffer = data;
    const lines: Line[] = [];
    let from = 0;
    for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, from)) {
      rest.add(chunk.subarray(from, at));
      lines.push(rest.take());
      from = at + 1;
    }
    rest.add(chunk.subarray(from));
    yield { lines, torn: rest.bytes };
  }
}

/** What was read of a line whose end has not come yet; of an overlong one only its length. */
class Rest {
  bytes = 0;
  #parts: Buffer[] = [];

  add(part: Buffer): void {
    this.bytes += part.length;
    if (this.bytes > MAX_RECORD_BYTES) this.#parts = [];
    else this.#parts.push(part);
  }

  take(): Line {
    const { bytes } = this;
    const content = bytes > MAX_RECORD_BYTES ? null : Buffer.concat(this.#parts);
    this.bytes = 0;
    this.#parts = [];
    return { content, bytes };
  }
}

function absent(error: unknown): undefined {
  if (systemCode(error) !== 'ENOENT') throw error;
}
