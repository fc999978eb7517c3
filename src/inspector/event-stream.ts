import type { Answer } from '../serve.ts';

/** How long a browser waits before it connects again. */
const RECONNECT_MS = 1_000;

/** Lines as server-sent events: the name of each is its type, its data the whole of it; null is a sign of life. */
export const eventStream = (lines: AsyncIterable<{ readonly type: string } | null>): Answer => ({
  status: 200,
  headers: [['content-type', 'text/event-stream; charset=utf-8']],
  chunks: texts(lines),
});

async function* texts(lines: AsyncIterable<{ readonly type: string } | null>): AsyncGenerator<string> {
  yield `retry: ${RECONNECT_MS}\n\n`;
  // JSON holds no line end.
  for await (const line of lines)
    yield line === null ? ':\n\n' : `event: ${line.type}\ndata: ${JSON.stringify(line)}\n\n`;
}
