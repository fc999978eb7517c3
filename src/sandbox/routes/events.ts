import { eventBody, parseFields } from '../body.ts';
import { MAX_DELIVERIES } from '../delivery-log.ts';
import { type Call, json, onlyMethods, type Rooms, type Router } from '../exchange.ts';
import { refuse } from '../refusal.ts';

/** `POST /sandbox/events`: fires an event. The sandbox's own call; the provider has none like it. */
export function addEventRoutes(router: Router, rooms: Rooms): void {
  for (const path of ['/sandbox/events', '/sandbox/events/']) {
    router.post(path, (call) => fire(call, rooms));
    onlyMethods(router, path, 'POST');
  }
}

function fire(call: Call, { dispatcher }: Rooms): Response {
  const { event_type, data } = parseFields(eventBody, call.env.received.body);
  if (dispatcher.timetable.backlog >= MAX_DELIVERIES)
    throw refuse(503, 'Too many deliveries are waiting.', [['retry-after', '5']]);
  const { event, deliveries } = dispatcher.fire(event_type, data);
  const log_ids = deliveries.map(({ id }) => id);
  return json(202, { id: event.id, event_type, deliveries: log_ids.length, log_ids });
}
