import { expect, test } from 'vitest';
import { follow, type Look } from '../../../src/deliveries/follow.ts';
import { directApi, FakeLog } from '../../support/fake-log-api.ts';
import { FULL } from '../../support/full.ts';
import { entryOf, START } from './schedule.ts';

const PER_SECOND = FULL ? 100 : 20;
const MINUTE_MS = 60_000;
const LASTS_MS = FULL ? 24 * 60 * MINUTE_MS : 40 * MINUTE_MS;
const REQUEST_MS = 20;
/** Every so many is on its way for a while. */
const OPEN_EVERY = 50;
const SETTLES_AFTER = 1_000;
/** What the documentation of `follow` states, with one for each page of new entries. */
const MAX_REQUESTS_PER_MINUTE = 300 + (60 * PER_SECOND) / 100;

/** A log that grows with time, of which the API keeps the last hour. */
function growingLog() {
  const log = new FakeLog();
  let count = 0;
  let elapsedMs = 0;
  const pass = (ms: number): void => {
    elapsedMs += ms;
    for (; count < (elapsedMs / 1000) * PER_SECOND; count += 1) {
      const created_at = new Date(START + count * (1000 / PER_SECOND)).toISOString();
      log.insert(
        entryOf({
          id: `log_${count}`,
          created_at,
          status: count % OPEN_EVERY === 0 ? 'pending' : 'delivered',
        }),
      );
      log.change(`log_${count - SETTLES_AFTER}`, { status: 'failed' });
    }
    if (log.size > 4 * 3600 * PER_SECOND) log.forgetOldest(3 * 3600 * PER_SECOND);
  };
  return { log, pass, count: () => count, elapsedMs: () => elapsedMs };
}

test('a long tail of a busy log tells all in flat memory, at a bounded rate', async () => {
  const { log, pass, count, elapsedMs } = growingLog();
  pass(MINUTE_MS);
  const before = count();
  const stop = new AbortController();
  const clock = {
    now: () => START + elapsedMs(),
    random: () => 0.5,
    sleep: async (ms: number) => pass(ms),
  };
  const looks: (Look & { readonly atMs: number })[] = [];
  const onLook = (look: Look): void => {
    looks.push({ ...look, atMs: elapsedMs() });
    if (elapsedMs() > LASTS_MS) stop.abort();
  };
  const api = directApi(log, 'v2', { onRequest: () => void pass(REQUEST_MS) });
  let entries = 0;
  let isOrdered = true;
  let last = '';
  for await (const event of follow({ api, clock, signal: stop.signal, onLook })) {
    if (event.type !== 'entry') continue;
    entries += 1;
    isOrdered &&= event.created_at >= last;
    last = event.created_at;
  }
  // What came during the last look is left.
  expect(count() - before - entries).toBeLessThan(PER_SECOND * 30);
  expect(isOrdered).toBe(true);
  const known = looks.map((look) => look.known);
  expect(Math.max(...known)).toBeLessThan(PER_SECOND * 60 * 15);
  const quarter = known.length >> 2;
  const highest = (from: number): number => Math.max(...known.slice(from, from + quarter));
  expect(highest(3 * quarter)).toBeLessThan(highest(2 * quarter) * 1.1);
  const final = looks.at(-1);
  expect(final && final.requests / (final.atMs / MINUTE_MS)).toBeLessThan(MAX_REQUESTS_PER_MINUTE);
}, 600_000);
