import type { Browser } from './browser.ts';

interface Listener<Line> {
  readonly onLine: (line: Line) => void;
  /** The first time too. */
  readonly onOpen: () => void;
  readonly onLost: () => void;
}

const RETRY_MS = 1000;
const MAX_RETRY_MS = 10_000;

/**
 * Server-sent events, asked for again for as long as it takes: the browser does it where the connection broke, we do
 * where the server refused it. A page that nobody sees listens to nothing: a browser has six connections to a server,
 * and pages that keep them leave none for the one that is looked at. Returns what ends it.
 */
export function follow<Line extends { readonly type: string }>(
  browser: Browser,
  path: string,
  names: readonly Line['type'][],
  { onLine, onOpen, onLost }: Listener<Line>,
): () => void {
  let source: EventSource | null = null;
  let cancelRetry: () => void = () => undefined;
  let delayMs = RETRY_MS;
  const open = (): void => {
    const opened = browser.listenTo(path);
    source = opened;
    for (const name of names)
      opened.addEventListener(name, (event: MessageEvent<string>) => onLine(JSON.parse(event.data)));
    opened.onopen = () => {
      delayMs = RETRY_MS;
      onOpen();
    };
    opened.onerror = () => {
      onLost();
      if (opened.readyState !== EventSource.CLOSED) return;
      cancelRetry = browser.after(delayMs, open);
      delayMs = Math.min(delayMs * 2, MAX_RETRY_MS);
    };
  };
  const close = (): void => {
    cancelRetry();
    source?.close();
  };
  const stopWatching = browser.watchSeen((isSeen) => {
    close();
    if (isSeen) open();
  });
  return () => {
    stopWatching();
    close();
  };
}
