import type { Context } from '../../cli/context.ts';
import { Failure, raise } from '../../errors.ts';
import type { KeptDelivery } from '../../listen/kept.ts';
import type { HeaderNames, Scheme } from '../../signing/scheme.ts';
import { signingScheme } from '../scheme-name.ts';
import { readSecretEnv, type SigningSecret, secretForEvent, storedSecret } from '../signing-secret.ts';

type Pairs = KeptDelivery['headers'];

/** What an event is known by besides its delivery. */
interface Named {
  readonly eventType: string | null;
  readonly eventId: string | null;
}

export interface Resigned {
  /** All that are to be sent. */
  readonly headers: Pairs;
  /** Its name. */
  readonly scheme: string;
  /** Whose secret signed; null for one that belongs to none. */
  readonly webhookId: string | null;
}

export interface ResignOptions {
  readonly webhook?: string | undefined;
  readonly secretEnv?: string | undefined;
  readonly scheme?: string | undefined;
}

export type Resign = (kept: KeptDelivery, named: Named) => Promise<Resigned>;

/**
 * Puts fresh signatures in the place of old ones, each under the id it had. Throws Failure `usage` where nothing
 * can sign.
 */
export async function openResigner(context: Context, options: ResignOptions): Promise<Resign> {
  const { sign } = await import('../../signing/sign.ts');
  const signerOf = await chooseSigner(context, options);
  const schemeOf = await chooseScheme(context, options.scheme);
  return async (kept, named) => {
    const scheme = asReceived(schemeOf(kept), kept.headers);
    const { webhookId, secret } = await signerOf(kept, named.eventType);
    const unsigned = {
      id: idOf(scheme, kept, named),
      timestampMs: context.clock.now(),
      body: kept.body,
    };
    const fresh = sign(scheme, unsigned, [secret]);
    return {
      headers: [...withoutSignature(scheme, kept.headers, fresh), ...fresh],
      scheme: scheme.name,
      webhookId,
    };
  };
}

/** As typed, else the one that verified the delivery, else that of the profile. */
async function chooseScheme(context: Context, typed: string | undefined) {
  const otherwise = await signingScheme(context, typed);
  const { findPreset } = await import('../../signing/scheme.ts');
  return ({ signature: { status, scheme } }: KeptDelivery): Scheme => {
    const isProven = typed === undefined && status === 'valid' && scheme !== null;
    return (isProven ? findPreset(scheme) : undefined) ?? otherwise;
  };
}

type SignerOf = (kept: KeptDelivery, eventType: string | null) => Promise<SigningSecret>;

/** The one that is named, else of the webhook that the delivery verified for, else as `trigger` chooses. */
async function chooseSigner(context: Context, { webhook, secretEnv }: ResignOptions): Promise<SignerOf> {
  if (webhook !== undefined && secretEnv !== undefined) {
    throw new Failure('usage', '--webhook and --secret-env exclude each other', {
      hint: 'Give one of them.',
    });
  }
  if (webhook !== undefined) return always(await storedSecret(context, webhook));
  if (secretEnv !== undefined) {
    return always({ webhookId: null, secret: readSecretEnv(context, secretEnv) });
  }
  const stored = new Set((await (await context.secrets()).survey()).map(({ webhookId }) => webhookId));
  if (stored.size === 0) {
    throw new Failure('usage', 'No signing secret is stored here', {
      hint: 'Store one with kycgenie secrets import, or name a variable that holds one with --secret-env.',
    });
  }
  const known = new Map<string, Promise<SigningSecret | null>>();
  return async ({ signature: { webhook_id: id } }, eventType) => {
    const isStored = id !== null && stored.has(id);
    const key = JSON.stringify(isStored ? [id] : [null, eventType]);
    const signer =
      known.get(key) ?? (isStored ? storedSecret(context, id) : secretForEvent(context, eventType ?? ''));
    known.set(key, signer);
    return (await signer) ?? raise(new Failure('usage', 'The stored signing secrets are gone'));
  };
}

const always =
  (signer: SigningSecret): SignerOf =>
  async () =>
    signer;

/** The scheme with the header names, and the kind of template, that the delivery came with first. */
function asReceived(scheme: Scheme, headers: Pairs): Scheme {
  const { timestamp, idHeaders } = scheme;
  const usedFirst = (names: HeaderNames): HeaderNames => {
    const used = names.find((name) => headerValue(headers, name) !== undefined) ?? names[0];
    return [used, ...names.filter((name) => name !== used)];
  };
  const isTimed =
    timestamp?.from === 'header' && timestamp.headers.some((name) => headerValue(headers, name));
  const [first, ...others] = scheme.templates;
  const timed = isTimed ? [first, ...others].find((template) => template.includes('{timestamp}')) : undefined;
  return {
    ...scheme,
    signatureHeaders: usedFirst(scheme.signatureHeaders),
    idHeaders: idHeaders && usedFirst(idHeaders),
    timestamp:
      timestamp?.from === 'header' ? { ...timestamp, headers: usedFirst(timestamp.headers) } : timestamp,
    templates: [timed ?? first, ...others],
  };
}

/** Visible ASCII: an id that is not has never stood in a header. */
const HEADER_SAFE = /^[\x21-\x7e]+$/;

function idOf(scheme: Scheme, kept: KeptDelivery, { eventId }: Named): string {
  const sent = (scheme.idHeaders ?? []).map((name) => headerValue(kept.headers, name));
  return [...sent, eventId].find((id) => id !== undefined && id !== null && HEADER_SAFE.test(id)) ?? kept.id;
}

/** Without all that the scheme signs with; an id stays where no fresh one takes its place. */
function withoutSignature(scheme: Scheme, headers: Pairs, fresh: Pairs): Pairs {
  const { signatureHeaders, timestamp, hash, idHeaders } = scheme;
  const named = [
    ...signatureHeaders,
    ...(timestamp?.from === 'header' ? timestamp.headers : []),
    ...(typeof hash === 'string' ? [] : [hash.header]),
  ];
  const ids = idHeaders ?? [];
  const hasFreshId = ids.some((name) => headerValue(fresh, name) !== undefined);
  const old = new Set([...named, ...(hasFreshId ? ids : [])].map((name) => name.toLowerCase()));
  return headers.filter(([name]) => !old.has(name.toLowerCase()));
}

function headerValue(headers: Pairs, wanted: string): string | undefined {
  return headers.find(([name]) => name.toLowerCase() === wanted.toLowerCase())?.[1];
}
