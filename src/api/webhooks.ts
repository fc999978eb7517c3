import { commandWord } from '../command-word.ts';
import { ApiFailure } from '../errors.ts';
import { Secret } from '../secret.ts';
import { type ApiAnswer, bareProblem, notJson, readAs, readLoosely, unexpected } from './answer.ts';
import type { Api, CallOptions, CreatedWebhook, RotatedSecret, TestOutcome } from './client.ts';
import { checkIdempotencyKey, pathPart } from './inputs.ts';
import type { Call, Request } from './request.ts';
import * as schemas from './schemas.ts';
import type { ApiVersion, NewWebhook, Webhook, WebhookPatch } from './wire.ts';

type WebhookCalls = Omit<Api, 'logPage' | 'retryDelivery'>;
type KeyedOptions = CallOptions & { readonly idempotencyKey: string };

const CREATED = 201;
const NOT_FOUND = 404;
const BAD_GATEWAY = 502;

/** Paths beside the ids. */
const RESERVED = ['test', 'logs'];

const onePath = (id: string): string => `${pathPart(id, RESERVED)}/`;

/** Subscriptions, their secrets, and the test call. */
export const webhookCalls = (request: Request, version: ApiVersion): WebhookCalls => ({
  createWebhook: async (...args) => request(creation(...args)),
  listWebhooks: async (options) => request(listing(version, options)),
  getWebhook: async (...args) => request(lookup(...args)),
  updateWebhook: async (...args) => request(update(...args)),
  deleteWebhook: async (...args) => request(deletion(...args)),
  testWebhook: async (...args) => request(testDelivery(...args)),
  rotateSecret: async (...args) => request(rotation(...args)),
});

const creation = (webhook: NewWebhook, { idempotencyKey, signal }: KeyedOptions): Call<CreatedWebhook> => ({
  method: 'POST',
  path: '',
  body: webhook,
  idempotencyKey: checkIdempotencyKey(idempotencyKey),
  signal,
  carriesSecret: true,
  read: (answer) => readCreated(answer, webhook),
});

const listing = (version: ApiVersion, options?: CallOptions): Call<readonly Webhook[]> => ({
  method: 'GET',
  path: '',
  signal: options?.signal,
  read: (answer) => readAs(schemas.webhookList[version], answer),
});

const lookup = (id: string, options?: CallOptions): Call<Webhook> => ({
  method: 'GET',
  path: onePath(id),
  signal: options?.signal,
  read: (answer) => readAs(schemas.webhook, answer),
});

const update = (id: string, patch: WebhookPatch, options?: CallOptions): Call<void> => ({
  method: 'PATCH',
  path: onePath(id),
  body: patch,
  signal: options?.signal,
  read: readDone,
});

const deletion = (id: string, options?: CallOptions): Call<void> => ({
  method: 'DELETE',
  path: onePath(id),
  signal: options?.signal,
  read: readDone,
  // The answer that said so was lost: what is not there any more was deleted.
  accept: ({ status }, wasLostBefore) =>
    status === NOT_FOUND && wasLostBefore ? { value: undefined } : null,
});

const testDelivery = (webhookUrl: string, options?: CallOptions): Call<TestOutcome> => ({
  method: 'POST',
  path: 'test/',
  body: { webhook_url: webhookUrl },
  signal: options?.signal,
  read: (answer) => readAs(schemas.tested, answer),
  accept: readTestRefusal,
});

const rotation = (id: string, { idempotencyKey, signal }: KeyedOptions): Call<RotatedSecret> => ({
  method: 'POST',
  path: `${onePath(id)}rotate-secret/`,
  idempotencyKey: checkIdempotencyKey(idempotencyKey),
  signal,
  carriesSecret: true,
  read: (answer) => readRotated(answer, id),
});

function readCreated(answer: ApiAnswer, asked: NewWebhook): CreatedWebhook {
  const created = readLoosely(schemas.created, answer);
  const id = created?.webhook_id ?? created?.id ?? null;
  if (id === null && answer.status !== CREATED) throw notThisCall(answer);
  if (!created?.secret_key || id === null) throw unreadableAfterCreate(answer, id);
  return {
    id,
    event_type: created.event_type ?? asked.event_type,
    webhook_url: created.webhook_url ?? asked.webhook_url,
    message: created.message,
    secret: new Secret(created.secret_key),
  };
}

function readRotated(answer: ApiAnswer, id: string): RotatedSecret {
  const rotated = readLoosely(schemas.rotated, answer);
  if (!rotated) throw notThisCall(answer);
  if (rotated.secret_key === null) throw unreadableAfterRotate(answer, id);
  return { secret: new Secret(rotated.secret_key), message: rotated.message };
}

const notThisCall = (answer: ApiAnswer): ApiFailure =>
  answer.json === undefined ? notJson(answer) : unexpected(answer, 'JSON that names no webhook');

/** The worst answers: the API did it, and the secret it shows once is not there to read. */
function unreadableAfterCreate(answer: ApiAnswer, id: string | null): ApiFailure {
  const name = commandWord(id ?? '', '');
  return unreadable(
    answer,
    `A webhook now exists${name === '' ? '' : ` (${name})`}, but the answer has no readable signing secret for it`,
    `${name === '' ? 'Find it with `kycgenie webhooks list`; a' : 'A'} new secret comes from \`kycgenie webhooks rotate ${name || '<id>'}\`.`,
  );
}

const unreadableAfterRotate = (answer: ApiAnswer, id: string): ApiFailure =>
  unreadable(
    answer,
    `The secret of webhook ${id} was rotated, but the answer has no readable new secret`,
    'Rotate it once more; the secret before this one stops working at a time that the API does not tell.',
  );

const unreadable = (answer: ApiAnswer, message: string, hint: string): ApiFailure =>
  new ApiFailure('api_unavailable', `${message} (HTTP ${answer.status})`, bareProblem(answer), {
    hint,
    mayHaveHappened: true,
  });

/** An update or deletion: a message for people, or no body at all. */
function readDone(answer: ApiAnswer): void {
  if (answer.text !== '') readAs(schemas.acknowledged, answer);
}

/** A receiver that refused or could not be reached. Any other 502 is that of a gateway. */
function readTestRefusal(answer: ApiAnswer): { readonly value: TestOutcome } | null {
  const refused = answer.status === BAD_GATEWAY ? readLoosely(schemas.testRefused, answer) : null;
  if (!refused) return null;
  const http_status_code = refused.details?.http_status_code ?? null;
  return { value: { success: false, http_status_code, message: refused.message } };
}
