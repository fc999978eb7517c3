import { basename } from 'node:path';
import * as v from 'valibot';
import { isRecord } from '../../record.ts';
import { InKeychain, Secret } from '../../secret.ts';
import { mayBeNamed } from '../names.ts';
import type { Json } from '../replace-file.ts';
import { refuseNewer } from '../versions.ts';

/** The file with the secrets of one webhook: what it looks like, and how it takes one more. */

const SECRETS_VERSION = 1;
/** Enough for every secret that may still be in use after repeated rotations. */
const MAX_KEPT = 5;

const TIME = v.pipe(
  v.string(),
  v.check((time) => !Number.isNaN(Date.parse(time))),
);
const TEXT = v.pipe(v.string(), v.nonEmpty());

/** The value itself, or under which name the keychain has it. */
const KEPT = v.union([
  v.looseObject({ secret: TEXT, obtained_at: TIME }),
  v.looseObject({ keychain: TEXT, obtained_at: TIME }),
]);

const FILE = v.looseObject({
  version: v.literal(SECRETS_VERSION),
  webhook_id: v.string(),
  event_type: v.nullable(v.string()),
  webhook_url: v.nullable(v.string()),
  secrets: v.pipe(v.array(KEPT), v.nonEmpty()),
});

/** What is not named here is kept as it is. */
export type SecretFile = Json & v.InferInput<typeof FILE>;
type Entry = SecretFile['secrets'][number];

/** A secret to add, at the place where its value is. */
export interface Added {
  readonly webhookId: string;
  readonly eventType?: string | null;
  readonly webhookUrl?: string | null;
  readonly place: Secret | InKeychain;
  readonly obtainedAt: string;
  /** Whether an entry holds the same value. */
  readonly isSame: (place: Secret | InKeychain) => boolean;
}

/** True for a sound file of the webhook that its name stands for. */
export function isSecretFile(json: unknown, path: string): json is SecretFile {
  if (!isRecord(json)) return false;
  refuseNewer(json['version'], SECRETS_VERSION, path);
  return v.is(FILE, json) && mayBeNamed(basename(path), json.webhook_id);
}

export function placeOf(entry: Entry): Secret | InKeychain {
  // Of the two, one is there: the type of the loose shapes does not tell.
  const { secret, keychain }: { secret?: unknown; keychain?: unknown } = entry;
  return typeof secret === 'string' ? new Secret(secret) : new InKeychain(String(keychain));
}

/** What the file says the keychain holds. */
export const inKeychain = (file: SecretFile | null): readonly InKeychain[] =>
  (file?.secrets ?? []).map(placeOf).filter((place) => place instanceof InKeychain);

/** Whether the file says that the keychain holds something there. */
export const namesPlace = (file: SecretFile | null, place: Secret | InKeychain): boolean =>
  place instanceof InKeychain && inKeychain(file).some(({ account }) => account === place.account);

/**
 * The file with one secret more, newest first; the file itself when it has the value already, at the same
 * place. What is added stays, however old it looks: stored times may come from a clock that was ahead, and nobody
 * gives it a second time.
 */
export function withSecret(file: SecretFile | null, added: Added): SecretFile {
  const before = file?.secrets ?? [];
  const same = before.find((entry) => added.isSame(placeOf(entry)));
  if (file && same) return moved(file, same, added.place);
  const kept = toEntry(added.place, new Date(added.obtainedAt).toISOString());
  const others = newestFirst(before).slice(0, MAX_KEPT - 1);
  const secrets = newestFirst([kept, ...others]);
  return { ...file, ...subject(file, added, secrets[0] === kept), secrets };
}

/** A value that is stored anew goes to the place where it is wanted now; its time stays. */
function moved(file: SecretFile, same: Entry, place: Secret | InKeychain): SecretFile {
  if (isAt(placeOf(same), place)) return file;
  const entry = toEntry(place, same.obtained_at);
  return { ...file, secrets: file.secrets.map((each) => (each === same ? entry : each)) };
}

const isAt = (one: Secret | InKeychain, other: Secret | InKeychain): boolean =>
  one instanceof InKeychain
    ? other instanceof InKeychain && one.account === other.account
    : !(other instanceof InKeychain);

const toEntry = (place: Secret | InKeychain, obtainedAt: string): Entry =>
  place instanceof InKeychain
    ? { keychain: place.account, obtained_at: obtainedAt }
    : { secret: place.reveal(), obtained_at: obtainedAt };

const newestFirst = (secrets: SecretFile['secrets']): SecretFile['secrets'] =>
  [...secrets].sort((a, b) => Date.parse(b.obtained_at) - Date.parse(a.obtained_at));

/** What the secrets are of: as the newest call knew it, as far as it did. */
function subject(file: SecretFile | null, added: Added, isNewest: boolean) {
  const choose = (given: string | null | undefined, known: string | null | undefined): string | null =>
    (isNewest ? (given ?? known) : (known ?? given)) ?? null;
  return {
    version: SECRETS_VERSION,
    webhook_id: added.webhookId,
    event_type: choose(added.eventType, file?.event_type),
    webhook_url: choose(added.webhookUrl, file?.webhook_url),
  } as const;
}
