import type { Context } from '../../cli/context.ts';

/** Entries after which a silent search seems to hang. */
const LONG_READ_ENTRIES = 2000;

/** Says once that a search goes on, for whoever waits for its first result. */
export function sayWhenLong(context: Context): (read: number) => void {
  let said = false;
  return (read) => {
    if (said || read < LONG_READ_ENTRIES) return;
    said = true;
    context.talk.notice(`Searching: ${read} entries read so far. Ctrl-C stops.`);
  };
}
