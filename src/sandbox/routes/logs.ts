import type { ApiVersion } from '../../api/wire.ts';
import type { Page } from '../delivery-log.ts';
import { type Call, json, onlyMethods, type Rooms, type Router } from '../exchange.ts';
import { conflict, refuse, validationError } from '../refusal.ts';
import { cursorPage, decodeCursor, numberedPage } from '../shapes.ts';

/** Both are documented; that more than the maximum is clipped is not. */
const DEFAULT_PAGE_SIZE = 50;
const MAX_PAGE_SIZE = 100;

/** The delivery log: by cursor in v2, by page number in v1; and the retry of an entry. */
export function addLogRoutes(router: Router, version: ApiVersion, rooms: Rooms): void {
  const all = `/api/${version}/webhooks/logs/`;
  const list = version === 'v1' ? listByNumber : listByCursor;
  router.get(all, (call) => json(200, list(call, rooms)));
  onlyMethods(router, all, 'GET');

  const retrial = `${all}:id/retry/`;
  router.post(retrial, (call) => retry(call, rooms));
  onlyMethods(router, retrial, 'POST');
}

function listByNumber(call: Call, { store }: Rooms): unknown {
  const number = positiveInteger(call, 'page') ?? 1;
  const size = pageSize(call);
  return numberedPage(store.deliveries.numbered(number, size), store.deliveries.total(), number, size);
}

function listByCursor(call: Call, rooms: Rooms): unknown {
  return cursorPage(pageAt(call, rooms));
}

function pageAt(call: Call, { store }: Rooms): Page {
  const size = pageSize(call);
  const before = cursor(call, 'before');
  if (before !== undefined) return store.deliveries.newerThan(before, size);
  return store.deliveries.olderThan(cursor(call, 'after') ?? Number.POSITIVE_INFINITY, size);
}

function cursor(call: Call, name: string): number | undefined {
  const value = call.req.query(name);
  if (value === undefined) return undefined;
  const seq = decodeCursor(value);
  if (seq === undefined) throw validationError({ [name]: ['Not a cursor of this log.'] });
  return seq;
}

function pageSize(call: Call): number {
  return Math.min(positiveInteger(call, 'page_size') ?? DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE);
}

function positiveInteger(call: Call, name: string): number | undefined {
  const value = call.req.query(name);
  if (value === undefined) return undefined;
  if (/^[1-9]\d{0,14}$/.test(value)) return Number(value);
  throw validationError({ [name]: ['Must be a positive integer.'] });
}

function retry(call: Call, { store, dispatcher }: Rooms): Response {
  const delivery = store.deliveries.get(call.req.param('id') ?? '');
  if (!delivery) throw refuse(404, 'Webhook log not found.');
  if (delivery.status === 'pending' || dispatcher.timetable.isRunning(delivery.id))
    throw conflict('This delivery is under way.', { status: delivery.status });
  dispatcher.retry(delivery);
  return json(200, { message: 'Webhook delivery retry started' });
}
