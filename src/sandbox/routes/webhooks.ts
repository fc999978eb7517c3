import { randomUUID } from 'node:crypto';
import type { ApiVersion } from '../../api/wire.ts';
import { newWebhookBody, parseFields, parseObject, webhookPatchBody } from '../body.ts';
import { type Call, headerOf, json, onlyMethods, type Rooms, type Router, sealedJson } from '../exchange.ts';
import { type Effect, once } from '../idempotency.ts';
import type { Subscription } from '../records.ts';
import { invalidRequest, refuse } from '../refusal.ts';
import { newSecret, rotated } from '../secrets.ts';
import { webhookDetail, webhookList } from '../shapes.ts';
import { MAX_SUBSCRIPTIONS } from '../store.ts';

/** Subscriptions: create, list, get, update, delete, rotate. */
export function addWebhookRoutes(router: Router, version: ApiVersion, rooms: Rooms): void {
  const all = `/api/${version}/webhooks/`;
  router.get(all, () => json(200, webhookList(version, [...rooms.store.subscriptions.values()])));
  router.post(all, (call) => create(call, rooms));
  onlyMethods(router, all, 'GET, POST');

  const one = `${all}:id/`;
  router.get(one, (call) => json(200, webhookDetail(find(call, rooms))));
  router.patch(one, (call) => update(call, rooms));
  router.delete(one, (call) => remove(call, rooms));
  onlyMethods(router, one, 'GET, PATCH, DELETE');

  const rotation = `${one}rotate-secret/`;
  router.post(rotation, (call) => rotate(call, rooms));
  onlyMethods(router, rotation, 'POST');
}

function find(call: Call, { store }: Rooms): Subscription {
  const subscription = store.subscriptions.get(call.req.param('id') ?? '');
  if (!subscription) throw refuse(404, 'Webhook not found.');
  return subscription;
}

function create(call: Call, { store, clock }: Rooms): Response {
  const nowMs = clock.now();
  const { body } = call.env.received;
  const fields = parseFields(newWebhookBody, body);
  const effect = (): Effect => {
    if (store.subscriptions.size >= MAX_SUBSCRIPTIONS)
      throw invalidRequest(`The sandbox keeps at most ${MAX_SUBSCRIPTIONS} webhooks.`);
    const secret = newSecret();
    const subscription = {
      id: randomUUID(),
      eventType: fields.event_type,
      webhookUrl: fields.webhook_url,
      isActive: true,
      description: fields.description ?? '',
      filters: fields.filters ?? {},
      createdAtMs: nowMs,
      updatedAtMs: nowMs,
      stats: { total_deliveries: 0, successful_deliveries: 0, failed_deliveries: 0 },
      lastTriggeredAtMs: null,
      secrets: [{ secret, expiresAtMs: null }],
    };
    return {
      status: 201,
      body: {
        webhook_id: subscription.id,
        event_type: subscription.eventType,
        webhook_url: subscription.webhookUrl,
        secret_key: secret.reveal(),
        message: 'Webhook created successfully',
      },
      changes: [{ kind: 'subscription', subscription }],
    };
  };
  return sealedJson(once(store, nowMs, { ...keyAndPath(call), body: parseObject(body) }, effect));
}

function rotate(call: Call, rooms: Rooms): Response {
  const { store, clock } = rooms;
  const nowMs = clock.now();
  const { body } = call.env.received;
  const effect = (): Effect => {
    const subscription = find(call, rooms);
    const secret = newSecret();
    const secrets = rotated(subscription, secret, nowMs);
    return {
      status: 200,
      body: { secret_key: secret.reveal(), message: 'Webhook secret rotated successfully' },
      changes: [{ kind: 'subscription', subscription: { ...subscription, secrets, updatedAtMs: nowMs } }],
    };
  };
  const sent = body.byteLength > 0 ? parseObject(body) : null;
  return sealedJson(once(store, nowMs, { ...keyAndPath(call), body: sent }, effect));
}

function keyAndPath(call: Call): { readonly key: string | undefined; readonly path: string } {
  return { key: headerOf(call.env.received, 'idempotency-key'), path: call.req.path };
}

function update(call: Call, rooms: Rooms): Response {
  const subscription = find(call, rooms);
  const patch = parseFields(webhookPatchBody, call.env.received.body);
  const next: Subscription = {
    ...subscription,
    webhookUrl: patch.webhook_url ?? subscription.webhookUrl,
    isActive: patch.is_active ?? subscription.isActive,
    description: patch.description ?? subscription.description,
    filters: patch.filters ?? subscription.filters,
    updatedAtMs: rooms.clock.now(),
  };
  rooms.store.commit({ kind: 'subscription', subscription: next });
  return json(200, { message: 'Webhook updated', id: next.id });
}

function remove(call: Call, rooms: Rooms): Response {
  const { id } = find(call, rooms);
  rooms.store.commit({ kind: 'subscription_deleted', id });
  return json(200, { message: 'Webhook deleted successfully' });
}
