import type { Browser } from './browser.ts';
import type { Cell } from './cell.ts';
import { count } from './format.ts';
import type { Server } from './server.ts';

const TITLE = 'kycgenie';
/** A page that nobody sees listens to nothing: it asks now and then. */
const LOOK_MS = 5_000;

type Rows = Cell<readonly { readonly id: string }[]>;

/** Says in the title how many deliveries came while nobody looked at the page. */
export function tellNews({ watchSeen, after, setTitle }: Browser, server: Server, rows: Rows): void {
  let cancel: () => void = () => undefined;
  let asking = new AbortController();
  const look = async (signal: AbortSignal): Promise<void> => {
    const known = new Set(rows.get().map(({ id }) => id));
    const page = await server.deliveries(null, signal).catch(() => null);
    if (signal.aborted) return;
    const unseen = page?.rows.filter(({ id }) => !known.has(id)).length ?? 0;
    if (unseen > 0) setTitle(`(${count(unseen)}) ${TITLE}`);
    cancel = after(LOOK_MS, () => void look(signal));
  };
  watchSeen((isSeen) => {
    cancel();
    asking.abort();
    asking = new AbortController();
    const { signal } = asking;
    if (isSeen) setTitle(TITLE);
    else cancel = after(LOOK_MS, () => void look(signal));
  });
}
