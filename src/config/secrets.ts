import { AsyncLocalStorage } from 'node:async_hooks';
import { rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import * as v from 'valibot';
import { type Lock, withLock } from '../lock.ts';
import { isRecord } from '../record.ts';
import { Secret } from '../secret.ts';
import { fileOfWebhook, folderOfProfile, isProfileName, mayBeNamed } from './names.ts';
import { closeFolder, makePrivateFolder, namesIn, storeFailure, sweepLeftovers } from './private-files.ts';
import { badProfileName } from './profiles.ts';
import type { Json } from './replace-file.ts';
import { type StoreEnvironment, StoreFile } from './store.ts';
import { refuseNewer } from './versions.ts';

export interface KeptSecret {
  readonly secret: Secret;
  /** ISO 8601 UTC: when the call that yielded it began. */
  readonly obtainedAt: string;
}

/** The signing secrets of one subscription, newest first: `secrets[0]` is current, the rest are previous. */
export interface WebhookSecrets {
  readonly webhookId: string;
  readonly eventType: string | null;
  readonly webhookUrl: string | null;
  readonly secrets: readonly KeptSecret[];
}

export interface NewSecret {
  readonly webhookId: string;
  readonly eventType?: string | null;
  readonly webhookUrl?: string | null;
  readonly secret: Secret;
  readonly obtainedAt: string;
}

/** The one-time secrets of one profile. Every write is on disk (fsync, rename, fsync of the folder) on return. */
export interface SecretStore {
  /** Proves that a secret could be written now; throws Failure `store_unwritable`. */
  proveWritable(): Promise<void>;
  /**
   * Adds a secret. It becomes the current one unless the store has one obtained later; adding the same value
   * twice changes nothing. At most MAX_KEPT secrets a webhook are kept: of the others, the oldest is out first.
   */
  put(secret: NewSecret): Promise<WebhookSecrets>;
  get(webhookId: string): Promise<WebhookSecrets | null>;
  /** All of the profile, by webhook id. A damaged file is set aside under a new name and reported by `onDamage`. */
  list(): Promise<readonly WebhookSecrets[]>;
  /** A text that differs once any process has stored or forgotten a secret of the profile; cheap to ask for. */
  revision(): Promise<string>;
  /** True when there was something to forget. */
  forget(webhookId: string): Promise<boolean>;
  /** Runs `work` while no other process rotates or recovers the same webhook. */
  exclusive<T>(webhookId: string, work: () => Promise<T>): Promise<T>;
}

/** Enough for every secret that may still be in use after repeated rotations. */
const MAX_KEPT = 5;
/** Another process may be in the middle of a slow call for the same webhook. */
const EXCLUSIVE_WAIT_MS = 120_000;
/** More than MAX_KEPT secrets of any likely length take. */
const PROBE_BYTES = 16 * 1024;
const SECRETS_VERSION = 1;
const FILE_NAME = /^[a-z0-9][a-z0-9-]*\.json$/;
/** Staged copies and probes; what conf writes before them, and the locks of probes. */
const LEFTOVER =
  /^(?:[a-z0-9][a-z0-9-]*\.json\.next|\.probe-[0-9a-f-]{36}(?:\.next)?)(?:\.tmp-[0-9a-f]{16}|\.lock|\.lock\.lock)?$/;

const KEPT = v.looseObject({
  secret: v.pipe(v.string(), v.nonEmpty()),
  obtained_at: v.pipe(
    v.string(),
    v.check((time) => !Number.isNaN(Date.parse(time))),
  ),
});

const FILE = v.looseObject({
  version: v.literal(SECRETS_VERSION),
  webhook_id: v.string(),
  event_type: v.nullable(v.string()),
  webhook_url: v.nullable(v.string()),
  secrets: v.pipe(v.array(KEPT), v.nonEmpty()),
});

/** The file of one webhook; what is not named here is kept as it is. */
type SecretFile = Json & v.InferInput<typeof FILE>;

type Options = StoreEnvironment & { readonly configDir: string; readonly profile: string };

/** The secrets of `profile`, one file a webhook, so that creates in many processes never wait for each other. */
export function openSecrets(options: Options): SecretStore {
  if (!isProfileName(options.profile)) throw badProfileName(options.profile);
  return new SecretFolder(options);
}

class SecretFolder implements SecretStore {
  readonly #environment: StoreEnvironment;
  /** From the config folder down to the folder of the profile. */
  readonly #folders: readonly string[];
  readonly #folder: string;
  /** The locks that the code running now is inside of, by webhook id. */
  readonly #inside = new AsyncLocalStorage<ReadonlyMap<string, Lock>>();

  constructor(options: Options) {
    const parent = join(options.configDir, 'secrets');
    this.#environment = options;
    this.#folder = join(parent, folderOfProfile(options.profile));
    this.#folders = [options.configDir, parent, this.#folder];
  }

  async proveWritable(): Promise<void> {
    this.#folders.forEach(makePrivateFolder);
    sweepLeftovers(this.#folder, LEFTOVER, this.#environment.clock.now());
    await probe(join(this.#folder, `.probe-${crypto.randomUUID()}`), this.#environment);
  }

  async put(added: NewSecret): Promise<WebhookSecrets> {
    this.#folders.forEach(makePrivateFolder);
    const file = this.#file(await fileOfWebhook(added.webhookId));
    const stored = await file.update((current) => withSecret(current, added), this.#lockOf(added.webhookId));
    this.#folders.forEach(closeFolder);
    return toWebhookSecrets(stored ?? withSecret(null, added));
  }

  async get(webhookId: string): Promise<WebhookSecrets | null> {
    const kept = await this.#read(await fileOfWebhook(webhookId));
    if (kept) this.#folders.forEach(closeFolder);
    return kept;
  }

  async list(): Promise<readonly WebhookSecrets[]> {
    const found: WebhookSecrets[] = [];
    for (const name of this.#names()) {
      const secrets = await this.#read(name);
      if (secrets) found.push(secrets);
    }
    if (found.length > 0) this.#folders.forEach(closeFolder);
    return found.sort((a, b) => (a.webhookId < b.webhookId ? -1 : 1));
  }

  async revision(): Promise<string> {
    const marks = this.#names().map((name) => {
      const status = statSync(join(this.#folder, name), { bigint: true, throwIfNoEntry: false });
      return `${name} ${status?.ino} ${status?.mtimeNs}`;
    });
    return marks.sort().join('\n');
  }

  async forget(webhookId: string): Promise<boolean> {
    if (!(await this.get(webhookId))) return false;
    return this.#file(await fileOfWebhook(webhookId)).remove(this.#lockOf(webhookId));
  }

  async exclusive<T>(webhookId: string, work: () => Promise<T>): Promise<T> {
    if (this.#lockOf(webhookId)?.lost() === false) return work();
    this.#folders.forEach(makePrivateFolder);
    const path = join(this.#folder, await fileOfWebhook(webhookId));
    const locked = (lock: Lock) =>
      this.#inside.run(new Map(this.#inside.getStore()).set(webhookId, lock), work);
    return withLock(path, this.#environment.clock, locked, EXCLUSIVE_WAIT_MS);
  }

  #names(): readonly string[] {
    return namesIn(this.#folder).filter((name) => FILE_NAME.test(name));
  }

  #lockOf(webhookId: string): Lock | undefined {
    return this.#inside.getStore()?.get(webhookId);
  }

  async #read(name: string): Promise<WebhookSecrets | null> {
    const file = await this.#file(name).read();
    return file && toWebhookSecrets(file);
  }

  #file(name: string): StoreFile<SecretFile> {
    const path = join(this.#folder, name);
    return new StoreFile(path, (json): json is SecretFile => isSecretFile(json, path), this.#environment);
  }
}

/** True for a sound file of the webhook that its name stands for. */
function isSecretFile(json: unknown, path: string): json is SecretFile {
  if (!isRecord(json)) return false;
  refuseNewer(json['version'], SECRETS_VERSION, path);
  return v.is(FILE, json) && mayBeNamed(basename(path), json.webhook_id);
}

function toWebhookSecrets(file: SecretFile): WebhookSecrets {
  return {
    webhookId: file.webhook_id,
    eventType: file.event_type,
    webhookUrl: file.webhook_url,
    secrets: file.secrets.map((kept) => ({ secret: new Secret(kept.secret), obtainedAt: kept.obtained_at })),
  };
}

/**
 * The file with one secret more, newest first; the file itself when it has the value already. What is added stays,
 * however old it looks: stored times may come from a clock that was ahead, and nobody gives it a second time.
 */
function withSecret(file: SecretFile | null, added: NewSecret): SecretFile {
  const kept = { secret: added.secret.reveal(), obtained_at: new Date(added.obtainedAt).toISOString() };
  const before = file?.secrets ?? [];
  if (file && before.some(({ secret }) => secret === kept.secret)) return file;
  const others = newestFirst(before).slice(0, MAX_KEPT - 1);
  const secrets = newestFirst([kept, ...others]);
  return { ...file, ...subject(file, added, secrets[0] === kept), secrets };
}

const newestFirst = (secrets: SecretFile['secrets']): SecretFile['secrets'] =>
  [...secrets].sort((a, b) => Date.parse(b.obtained_at) - Date.parse(a.obtained_at));

/** What the secrets are of: as the newest call knew it, as far as it did. */
function subject(file: SecretFile | null, added: NewSecret, isNewest: boolean) {
  const choose = (given: string | null | undefined, known: string | null | undefined): string | null =>
    (isNewest ? (given ?? known) : (known ?? given)) ?? null;
  return {
    version: SECRETS_VERSION,
    webhook_id: added.webhookId,
    event_type: choose(added.eventType, file?.event_type),
    webhook_url: choose(added.webhookUrl, file?.webhook_url),
  } as const;
}

/** Takes the same way as a secret: lock, staged copy, fsync, rename. */
async function probe(path: string, environment: StoreEnvironment): Promise<void> {
  const padding = 'x'.repeat(PROBE_BYTES);
  try {
    await new StoreFile(path, isRecord, environment).update(() => ({ padding }));
  } finally {
    removeProbe(path);
  }
}

function removeProbe(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch (error) {
    throw storeFailure(path, 'removed', error);
  }
}
