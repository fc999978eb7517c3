import * as v from 'valibot';
import { isDocumentedType } from '../events/catalog.ts';
import { isLoopback } from '../loopback.ts';
import { isJsonObject } from './records.ts';
import { invalidRequest, refuse, validationError } from './refusal.ts';

export const MAX_BODY_BYTES = 256 * 1024;
const MAX_URL_CHARS = 2_048;
/** Deeper nesting would overflow the stack of whatever walks the value. */
const MAX_NESTING = 100;

const REQUIRED = 'This field is required.';

const isNull = ({ input }: { readonly input: unknown }, otherwise: string): string =>
  input === null ? 'This field may not be null.' : otherwise;

const text = v.string((issue) => isNull(issue, 'Not a valid string.'));
const nonEmptyText = v.pipe(text, v.nonEmpty('This field may not be blank.'));
const flag = v.boolean((issue) => isNull(issue, 'Must be a valid boolean.'));
const object = v.custom<Readonly<Record<string, unknown>>>(isJsonObject, 'Must be an object.');

const webhookUrl = v.pipe(
  nonEmptyText,
  v.maxLength(MAX_URL_CHARS, `Must have at most ${MAX_URL_CHARS} characters.`),
  v.check(isReceiverUrl, 'Must be an https URL; http only to this machine.'),
);

const subscribable = v.pipe(nonEmptyText, v.check(isDocumentedType, 'Not a documented event type.'));

const firable = v.pipe(
  subscribable,
  v.check((type) => type !== 'all', 'Name one event type; all is for subscriptions.'),
);

export const newWebhookBody = v.object(
  {
    event_type: subscribable,
    webhook_url: webhookUrl,
    description: v.optional(text),
    filters: v.optional(object),
  },
  REQUIRED,
);

export const webhookPatchBody = v.object({
  webhook_url: v.optional(webhookUrl),
  is_active: v.optional(flag),
  description: v.optional(text),
  filters: v.optional(object),
});

export const testBody = v.object({ webhook_url: webhookUrl }, REQUIRED);

export const eventBody = v.object({ event_type: firable, data: v.optional(object) }, REQUIRED);

/** https, or http that cannot leave this machine. */
function isReceiverUrl(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const { protocol, hostname } = new URL(value);
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname));
}

/** The JSON object of a request. Throws Refusal. */
export function parseObject(body: Uint8Array): Readonly<Record<string, unknown>> {
  if (body.byteLength > MAX_BODY_BYTES) throw refuse(413, `The body is longer than ${MAX_BODY_BYTES} bytes.`);
  const value = parseJson(body);
  if (!isJsonObject(value)) throw invalidRequest('The body must be a JSON object.');
  if (!isShallow(value, MAX_NESTING)) throw invalidRequest('The body is nested too deep.');
  return value;
}

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    throw invalidRequest('The body is not valid JSON.');
  }
}

function isShallow(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return levels > 0 && Object.values(value).every((inner) => isShallow(inner, levels - 1));
}

/** The fields of a request body; fields that are not known are ignored. Throws Refusal. */
export function parseFields<Schema extends v.GenericSchema>(
  schema: Schema,
  body: Uint8Array,
): v.InferOutput<Schema> {
  const parsed = v.safeParse(schema, parseObject(body));
  if (parsed.success) return parsed.output;
  throw validationError(v.flatten(parsed.issues).nested ?? {});
}
