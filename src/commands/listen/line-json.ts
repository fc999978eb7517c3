import type { JsonWriter } from '../../cli/define.ts';
import type { ListenLine } from '../../listen/line.ts';

/**
 * The line of a delivery with its body spelled as it came: a body is parsed to see that it is JSON, but writing it
 * anew would take longer than everything else. Null for other lines, and where the body cannot stand in a line.
 */
export function lineJson(line: ListenLine, { write, takes }: JsonWriter): string | null {
  if (line.type !== 'event') return null;
  const { request, response, forward, ...about } = line;
  const body = request.bodyText?.() ?? null;
  if (body === null || !takes(body)) return null;
  const { method, path, query, headers, body_base64: base64 } = request;
  const asked = open(write({ method, path, query, headers }));
  const answered = write({ response, forward }).slice(1);
  return `${open(write(about))},"request":${asked},"body":${body},"body_base64":"${base64}"},${answered}`;
}

/** An object that is to go on. */
const open = (json: string): string => json.slice(0, -1);
