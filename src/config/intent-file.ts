import * as v from 'valibot';
import type { ApiVersion, NewWebhook } from '../api/wire.ts';
import { API_VERSIONS } from '../api-versions.ts';
import { isRecord } from '../record.ts';
import { OWNER, type Owner } from './owner.ts';

/** What the files of the journal hold. */

interface IntentBase {
  /** Also the file name: `[0-9a-f-]+`. */
  readonly id: string;
  readonly idempotencyKey: string;
  readonly profile: string;
  readonly baseUrl: string;
  readonly apiVersion: ApiVersion;
  /** Tells API keys apart without holding one: the call is repeated with the same key alone. */
  readonly account: string;
  /** ISO 8601 UTC. */
  readonly startedAt: string;
}

/** What a process was about to ask for when it might have died: enough to ask again with the same key. */
export type Intent =
  | (IntentBase & {
      readonly kind: 'create';
      readonly request: NewWebhook;
      /** The lease that is to learn the id of the webhook, where that is a temporary one. */
      readonly lease?: string;
    })
  | (IntentBase & {
      readonly kind: 'rotate';
      readonly webhookId: string;
      /** As of when its secret is stored, where that is not `startedAt`: ISO 8601 UTC. */
      readonly obtainedAt?: string;
    });

/** Taken as it was read, not as a parser would rebuild it: a repeated request must have the very same body. */
export interface IntentFile {
  readonly version: typeof JOURNAL_VERSION;
  readonly owner: Owner;
  readonly intent: Intent;
}

export const JOURNAL_VERSION = 1;
export const ID = /^[0-9a-f-]+$/;

const TEXT = v.pipe(v.string(), v.nonEmpty());
const TIME = v.pipe(
  v.string(),
  v.check((time) => !Number.isNaN(Date.parse(time))),
);
const BASE = {
  id: v.pipe(v.string(), v.regex(ID)),
  idempotencyKey: TEXT,
  profile: TEXT,
  baseUrl: TEXT,
  account: TEXT,
  apiVersion: v.picklist(API_VERSIONS),
  startedAt: TIME,
};

const REQUEST = v.looseObject({
  event_type: TEXT,
  webhook_url: TEXT,
  description: v.exactOptional(v.string()),
  filters: v.exactOptional(v.custom<Readonly<Record<string, unknown>>>(isRecord)),
});

const FILE = v.looseObject({
  version: v.literal(JOURNAL_VERSION),
  owner: OWNER,
  intent: v.union([
    v.looseObject({ ...BASE, kind: v.literal('create'), request: REQUEST, lease: v.exactOptional(TEXT) }),
    v.looseObject({
      ...BASE,
      kind: v.literal('rotate'),
      webhookId: TEXT,
      obtainedAt: v.exactOptional(TIME),
    }),
  ]),
});

/** True for a sound file of the intent `id`. */
export function isIntentFile(json: unknown, id: string): json is IntentFile {
  return v.is(FILE, json) && json.intent.id === id;
}
