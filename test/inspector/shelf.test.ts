import { expect, test } from 'vitest';
import type { DeliveryRow } from '../../src/inspector/protocol.ts';
import { type Entry, Shelf } from '../../src/inspector/shelf.ts';
import type { EventLine } from '../../src/listen/line.ts';

const COUNT = 2500;

function row(id: string): DeliveryRow {
  return {
    id,
    received_at: new Date(0).toISOString(),
    event_type: 'case.opened',
    event_id: null,
    duplicate_of: null,
    signature: { status: 'unverified', reason: null },
    ...{ method: 'POST', path: '/', body_bytes: 2, response_status: 200, forward: null },
  };
}

function line(id: string): EventLine {
  return {
    type: 'event',
    id,
    received_at: new Date(0).toISOString(),
    ...{ event_type: 'case.opened', event_id: null, duplicate_of: null, forward: null },
    signature: {
      ...{ status: 'unverified', reason: null, hint: null },
      ...{ scheme: null, webhook_id: null, secret_age: null },
    },
    request: { method: 'POST', path: '/', query: null, headers: [], body: {}, body_base64: 'e30=' },
    response: { status: 200 },
  };
}

const entry = (number: number, told: boolean): Entry => ({
  receivedMs: number,
  row: row(String(number)),
  spot: null,
  line: told ? line(String(number)) : null,
  change: {},
});

test('what is told faster than the inbox is read stands in the pages once, in its place', () => {
  const shelf = new Shelf(() => undefined);
  const numbers = Array.from({ length: COUNT }, (_, number) => number);
  // The first of them are dropped again before the inbox brings them back.
  for (const number of numbers) shelf.put(entry(number, true));
  for (const number of numbers) shelf.put(entry(number, false));
  const seen: string[] = [];
  for (let before: string | null = null, more = true; more; ) {
    const page = shelf.page(before, 500);
    seen.push(...page.rows.map(({ id }) => id));
    before = seen.at(-1) ?? null;
    more = page.has_more && seen.length <= COUNT;
  }
  expect(seen).toEqual(numbers.map(String).reverse());
});
