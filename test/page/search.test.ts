import { expect, test } from 'vitest';
import type { Found } from '../../src/inspector/protocol.ts';
import type { Browser } from '../../src/page/browser.ts';
import { TextSearch } from '../../src/page/search.ts';
import type { Server } from '../../src/page/server.ts';

const never = (): never => {
  throw new Error('Nobody asks for it here');
};

/** A search whose time passes, and whose answers come, when the test says so. */
function opened() {
  const timers = new Set<() => void>();
  const asked: { readonly text: string; readonly answer: (ids: readonly string[]) => void }[] = [];
  const browser: Browser = {
    ...{
      now: never,
      watchSeen: never,
      send: never,
      listenTo: never,
      copy: never,
      recall: never,
      remember: never,
      setTitle: never,
    },
    after(_, act) {
      timers.add(act);
      return () => timers.delete(act);
    },
  };
  const server: Server = {
    ...{ state: never, deliveries: never, delivery: never, replay: never, retry: never, webhooks: never },
    search: (text) =>
      new Promise<Found>((resolve) => {
        asked.push({ text, answer: (ids) => resolve({ ids, is_complete: true }) });
      }),
  };
  const pass = (): void => {
    for (const act of [...timers]) act();
    timers.clear();
  };
  const problems: unknown[] = [];
  return { search: new TextSearch(browser, server, (error) => problems.push(error)), asked, pass, problems };
}

const idsOf = ({ hits }: TextSearch): readonly string[] =>
  [...hits.get().byText.values()].flatMap((ids) => [...ids]);

test('a text is looked for once it is typed, and no other', async () => {
  const { search, asked, pass } = opened();
  for (const text of ['a', 'an', 'ann', 'anna']) search.ask([text]);
  pass();
  expect(asked.map(({ text }) => text)).toEqual(['anna']);
  search.ask(['bob']);
  asked[0]?.answer(['1']);
  pass();
  asked[1]?.answer(['2']);
  await expect.poll(() => idsOf(search)).toEqual(['2']);
  search.ask([]);
  expect([idsOf(search).length, search.isBusy.get()]).toEqual([0, false]);
});

test('the same text is looked for again in what came in, one search at a time, however fast it comes', async () => {
  const { search, asked, pass, problems } = opened();
  const comeIn = (): void => {
    for (let times = 0; times < 100; times += 1) search.ask(['anna']);
  };
  comeIn();
  pass();
  comeIn();
  pass();
  expect(asked).toHaveLength(1);
  asked[0]?.answer(['1']);
  await expect.poll(() => idsOf(search).length).toBe(1);
  comeIn();
  await expect
    .poll(() => {
      pass();
      return asked.length;
    })
    .toBe(2);
  asked[1]?.answer(['1', '2']);
  await expect.poll(() => search.isBusy.get()).toBe(false);
  expect(idsOf(search).length).toBe(2);
  pass();
  expect([asked.length, problems]).toEqual([2, []]);
});
