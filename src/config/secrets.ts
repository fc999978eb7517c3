import { AsyncLocalStorage } from 'node:async_hooks';
import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Lock, withLock } from '../lock.ts';
import { isRecord } from '../record.ts';
import type { InKeychain, Secret } from '../secret.ts';
import { fileOfWebhook, folderOfProfile, isProfileName } from './names.ts';
import { closeFolder, makePrivateFolder, namesIn, storeFailure, sweepLeftovers } from './private-files.ts';
import { badProfileName } from './profiles.ts';
import {
  type Added,
  inKeychain,
  isSecretFile,
  namesPlace,
  type SecretFile,
  withSecret,
} from './secrets/file.ts';
import { sameAs, toKnown, Values } from './secrets/values.ts';
import { type StoreEnvironment, StoreFile } from './store.ts';
import { FILES_ONLY, type Vault } from './vault.ts';

/** What is known of a secret without its value. */
export interface KnownSecret {
  /** ISO 8601 UTC: when the call that yielded it began. */
  readonly obtainedAt: string;
  readonly storedIn: 'file' | 'keychain';
}

export interface KeptSecret extends KnownSecret {
  readonly secret: Secret;
}

/** The signing secrets of one subscription, newest first: `secrets[0]` is current, the rest are previous. */
export interface WebhookSecrets<S extends KnownSecret = KeptSecret> {
  readonly webhookId: string;
  readonly eventType: string | null;
  readonly webhookUrl: string | null;
  readonly secrets: readonly S[];
}

export type KnownWebhook = WebhookSecrets<KnownSecret>;

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
   * twice changes nothing but the place, where another is chosen now. A few secrets a webhook are kept: of more, the
   * oldest is out first.
   */
  put(secret: NewSecret): Promise<void>;
  /**
   * With the values: throws Failure `store_unwritable` where the keychain that holds one does not answer, or has lost
   * the current one. Previous ones that it has lost are left out and reported by `onDamage`.
   */
  get(webhookId: string): Promise<WebhookSecrets | null>;
  /**
   * All of the profile, by webhook id. A damaged file is set aside under a new name, a webhook whose current secret
   * the keychain has lost is left out, and both are reported by `onDamage`.
   */
  list(): Promise<readonly WebhookSecrets[]>;
  /** The same without the values, which asks no keychain. */
  look(webhookId: string): Promise<KnownWebhook | null>;
  survey(): Promise<readonly KnownWebhook[]>;
  /** A text that differs once any process has stored or forgotten a secret of the profile; cheap to ask for. */
  revision(): Promise<string>;
  /** True when there was something to forget. */
  forget(webhookId: string): Promise<boolean>;
  /** Runs `work` while no other process rotates or recovers the same webhook. */
  exclusive<T>(webhookId: string, work: () => Promise<T>): Promise<T>;
}

/** Another process may be in the middle of a slow call for the same webhook. */
const EXCLUSIVE_WAIT_MS = 120_000;
/** More than all secrets of a webhook of any likely length take. */
const PROBE_BYTES = 16 * 1024;
const FILE_NAME = /^[a-z0-9][a-z0-9-]*\.json$/;
/** Staged copies and probes; what conf writes before them, and the locks of probes. */
const LEFTOVER =
  /^(?:[a-z0-9][a-z0-9-]*\.json\.next|\.probe-[0-9a-f-]{36}(?:\.next)?)(?:\.tmp-[0-9a-f]{16}|\.lock|\.lock\.lock)?$/;

type Options = StoreEnvironment & {
  readonly configDir: string;
  readonly profile: string;
  readonly vault?: Vault;
};

/** The secrets of `profile`, one file a webhook, so that creates in many processes never wait for each other. */
export function openSecrets(options: Options): SecretStore {
  if (!isProfileName(options.profile)) throw badProfileName(options.profile);
  return new SecretFolder(options);
}

class SecretFolder implements SecretStore {
  readonly #environment: StoreEnvironment;
  readonly #values: Values;
  /** From the config folder down to the folder of the profile. */
  readonly #folders: readonly string[];
  readonly #folder: string;
  /** The locks that the code running now is inside of, by webhook id. */
  readonly #inside = new AsyncLocalStorage<ReadonlyMap<string, Lock>>();

  constructor(options: Options) {
    const parent = join(options.configDir, 'secrets');
    this.#environment = options;
    this.#values = new Values(options.vault ?? FILES_ONLY, options.profile, options.onDamage);
    this.#folder = join(parent, folderOfProfile(options.profile));
    this.#folders = [options.configDir, parent, this.#folder];
  }

  async proveWritable(): Promise<void> {
    this.#folders.forEach(makePrivateFolder);
    sweepLeftovers(this.#folder, LEFTOVER, this.#environment.clock.now());
    await probe(join(this.#folder, `.probe-${crypto.randomUUID()}`), this.#environment);
  }

  async put(added: NewSecret): Promise<void> {
    this.#folders.forEach(makePrivateFolder);
    const name = await fileOfWebhook(added.webhookId);
    const owner = name.replace(/\.json$/, '');
    const file = this.#file(name);
    const isSame = await sameAs(added.secret);
    const earlier = inKeychain(await file.read()).find(isSame);
    const place = await this.#values.place(owner, added.secret, earlier);
    if (await this.#store(file, { ...added, place, isSame }, earlier)) return;
    // What nobody has named yet nobody drops.
    await this.#store(file, { ...added, place: await this.#values.place(owner, added.secret), isSame });
  }

  /** False, and nothing done, where it was to stay at an `earlier` place that somebody has given up meanwhile. */
  async #store(file: StoreFile<SecretFile>, added: Added, earlier?: InKeychain): Promise<boolean> {
    let before: SecretFile | null = null;
    let isStored = true;
    const after = await file.update((current) => {
      before = current;
      isStored = added.place !== earlier || namesPlace(current, added.place);
      return isStored ? withSecret(current, added) : current;
    }, this.#lockOf(added.webhookId));
    this.#folders.forEach(closeFolder);
    await this.#values.drop(inKeychain(before).filter((place) => !namesPlace(after, place)));
    return isStored;
  }

  async get(webhookId: string): Promise<WebhookSecrets | null> {
    const file = await this.#look(webhookId);
    return file && this.#values.reveal(file);
  }

  async list(): Promise<readonly WebhookSecrets[]> {
    const found: WebhookSecrets[] = [];
    for (const file of await this.#survey()) {
      const secrets = await this.#values.revealIfKept(file);
      if (secrets) found.push(secrets);
    }
    return found;
  }

  async look(webhookId: string): Promise<KnownWebhook | null> {
    const file = await this.#look(webhookId);
    return file && toKnown(file);
  }

  async survey(): Promise<readonly KnownWebhook[]> {
    return (await this.#survey()).map(toKnown);
  }

  async revision(): Promise<string> {
    const marks = this.#names().map((name) => {
      const status = statSync(join(this.#folder, name), { bigint: true, throwIfNoEntry: false });
      return `${name} ${status?.ino} ${status?.mtimeNs}`;
    });
    return marks.sort().join('\n');
  }

  async forget(webhookId: string): Promise<boolean> {
    if (!(await this.#look(webhookId))) return false;
    return this.exclusive(webhookId, async () => {
      const file = this.#file(await fileOfWebhook(webhookId));
      const before = inKeychain(await file.read());
      const isForgotten = await file.remove(this.#lockOf(webhookId));
      await this.#values.drop(before);
      return isForgotten;
    });
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

  async #look(webhookId: string): Promise<SecretFile | null> {
    const file = await this.#file(await fileOfWebhook(webhookId)).read();
    if (file) this.#folders.forEach(closeFolder);
    return file;
  }

  async #survey(): Promise<readonly SecretFile[]> {
    const found: SecretFile[] = [];
    for (const name of this.#names()) {
      const file = await this.#file(name).read();
      if (file) found.push(file);
    }
    if (found.length > 0) this.#folders.forEach(closeFolder);
    return found.sort((a, b) => (a.webhook_id < b.webhook_id ? -1 : 1));
  }

  #file(name: string): StoreFile<SecretFile> {
    const path = join(this.#folder, name);
    return new StoreFile(path, (json): json is SecretFile => isSecretFile(json, path), this.#environment);
  }
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
