import * as v from 'valibot';
import { Failure, raise } from '../errors.ts';
import { isRecord } from '../record.ts';
import { InKeychain, Secret } from '../secret.ts';
import { configPath, isProfileName, PROFILE_NAME_RULE } from './names.ts';
import { closeFolder, sweepLeftovers } from './private-files.ts';
import type { Json } from './replace-file.ts';
import { readJson, type StoreEnvironment, StoreFile } from './store.ts';
import { FILES_ONLY, lost, type Vault, type Wanted } from './vault.ts';
import { refuseNewer } from './versions.ts';

/** What a profile may hold, in the names users type after `config set`; all as text, as typed. */
export const PROFILE_KEYS = ['base_url', 'api_version', 'timeout', 'max_retries', 'scheme'] as const;
export type ProfileKey = (typeof PROFILE_KEYS)[number];

export interface Profile {
  readonly apiKey: Secret | InKeychain | null;
  readonly values: Readonly<Partial<Record<ProfileKey, string>>>;
}

/** Profiles of the config file. Reads are plain and cheap; writes lock, merge, fsync and rename. */
export interface ProfileStore {
  readonly path: string;
  read(name: string): Promise<Profile>;
  names(): Promise<readonly string[]>;
  /** The place where a key is to be for `update` to name: in the keychain, where it is on return, or in the file. */
  place(name: string, key: Secret): Promise<Secret | InKeychain>;
  /** The key itself; throws Failure `store_unwritable` where the keychain does not give it. */
  reveal(name: string, kept: Secret | InKeychain): Promise<Secret>;
  /** Applies `change` to the profile as it is on disk at that moment, under a lock; may call it more than once. */
  update(name: string, change: (profile: Profile) => Profile): Promise<void>;
  remove(name: string): Promise<boolean>;
}

/** Numbers are for those who edit the file by hand. */
const VALUE = v.optional(v.union([v.string(), v.number()]));

const ENTRY = v.looseObject({
  api_key: v.optional(v.string()),
  /** Under which name the keychain has it. */
  api_key_keychain: v.optional(v.string()),
  base_url: VALUE,
  api_version: VALUE,
  timeout: VALUE,
  max_retries: VALUE,
  scheme: VALUE,
});

type Entry = v.InferInput<typeof ENTRY>;

/** The whole file; what is not named here is kept as it is. */
type ConfigFile = Json & { readonly version: 1; readonly profiles: Readonly<Record<string, Entry>> };

const CONFIG_VERSION = 1;
const EMPTY_FILE: ConfigFile = { version: CONFIG_VERSION, profiles: {} };
const EMPTY_PROFILE: Profile = { apiKey: null, values: {} };
/** Staged copies of the config file, and those of conf before them. */
const LEFTOVER = /^config\.json\.next(?:\.tmp-[0-9a-f]{16})?$/;

type Options = StoreEnvironment & { readonly configDir: string; readonly vault?: Vault };

/** The profiles of `<configDir>/config.json`. Opening touches nothing. */
export function openProfiles(options: Options): ProfileStore {
  return new ProfilesFile(options);
}

class ProfilesFile implements ProfileStore {
  readonly path: string;
  readonly #options: Options;
  readonly #vault: Vault;
  readonly #file: StoreFile<ConfigFile>;
  #damage: string | undefined;

  constructor(options: Options) {
    this.path = configPath(options.configDir);
    this.#options = options;
    this.#vault = options.vault ?? FILES_ONLY;
    const accepts = (json: unknown): json is ConfigFile => isConfigFile(json, this.path);
    const onDamage = (message: string): void => {
      this.#damage = message;
    };
    this.#file = new StoreFile(this.path, accepts, { ...options, onDamage });
  }

  async read(name: string): Promise<Profile> {
    const entry = entryOf(await this.#profiles(), name);
    return entry ? toProfile(entry) : EMPTY_PROFILE;
  }

  async names(): Promise<readonly string[]> {
    return Object.keys(await this.#profiles()).sort();
  }

  async place(name: string, key: Secret): Promise<Secret | InKeychain> {
    if (!isProfileName(name)) throw badProfileName(name);
    return this.#vault.isChosen ? ((await (await this.#vault.open()).keep(name, key)) ?? key) : key;
  }

  async reveal(name: string, kept: Secret | InKeychain): Promise<Secret> {
    if (!(kept instanceof InKeychain)) return kept;
    return (await (await this.#vault.open()).read(kept, keyOf(name))) ?? raise(lost(kept, keyOf(name)));
  }

  async update(name: string, change: (profile: Profile) => Profile): Promise<void> {
    if (!isProfileName(name)) throw badProfileName(name);
    const { configDir, clock, onDamage } = this.#options;
    const [before, stored] = await this.#replace((file) => withProfile(file, name, change));
    if (this.#damage !== undefined) onDamage(this.#damage);
    if (stored) closeFolder(configDir);
    sweepLeftovers(configDir, LEFTOVER, clock.now());
    await dropKeys(this.#vault, before, stored);
  }

  async remove(name: string): Promise<boolean> {
    if (!entryOf(await this.#profiles(), name)) return false;
    const isThere = (file: ConfigFile): boolean => entryOf(file.profiles, name) !== undefined;
    const [before, stored] = await this.#replace((file) =>
      isThere(file) ? withoutProfile(file, name) : file,
    );
    await dropKeys(this.#vault, before, stored);
    return isThere(before);
  }

  async #profiles(): Promise<ConfigFile['profiles']> {
    const config = await this.#file.read();
    if (this.#damage !== undefined) throw damaged(this.#damage);
    if (config) closeFolder(this.#options.configDir);
    return config?.profiles ?? {};
  }

  /** The file as it was before, and as it is; null where there is none yet, and nothing to write into it. */
  async #replace(
    change: (file: ConfigFile) => ConfigFile,
  ): Promise<readonly [ConfigFile, ConfigFile | null]> {
    let before = EMPTY_FILE;
    const stored = await this.#file.update((current) => {
      before = current ?? EMPTY_FILE;
      const after = change(before);
      return after === before ? current : after;
    });
    return [before, stored];
  }
}

/**
 * What is wrong with the config file, null where nothing is; it stays as it is. Throws Failure `store_unwritable`
 * where it cannot be read.
 */
export function configDamage(configDir: string): string | null {
  const path = configPath(configDir);
  const content = readJson(path, (json): json is ConfigFile => isConfigFile(json, path));
  return content.kind === 'damaged' ? content.reason : null;
}

/** The run ends: without its base URL the next call might go somewhere else. */
function damaged(message: string): Failure {
  return new Failure('store_unwritable', message, {
    hint: 'Mend that file and move it back; or run the command again, to go on without it.',
  });
}

function isConfigFile(json: unknown, path: string): json is ConfigFile {
  if (!isRecord(json)) return false;
  refuseNewer(json['version'], CONFIG_VERSION, path);
  const { version, profiles } = json;
  return (
    version === CONFIG_VERSION &&
    isRecord(profiles) &&
    Object.values(profiles).every((entry) => v.is(ENTRY, entry))
  );
}

/** `constructor` is a valid profile name. */
function entryOf(profiles: ConfigFile['profiles'], name: string): Entry | undefined {
  return Object.hasOwn(profiles, name) ? profiles[name] : undefined;
}

function toProfile(entry: Entry): Profile {
  const values: Partial<Record<ProfileKey, string>> = {};
  for (const key of PROFILE_KEYS) {
    const value = entry[key];
    if (value !== undefined && value !== '') values[key] = String(value);
  }
  return { apiKey: keyIn(entry), values };
}

function keyIn({ api_key, api_key_keychain }: Entry): Profile['apiKey'] {
  if (api_key) return new Secret(api_key);
  return api_key_keychain ? new InKeychain(api_key_keychain) : null;
}

/** After the file: the keys in the keychain that it named and does not name any more. */
async function dropKeys(vault: Vault, before: ConfigFile, after: ConfigFile | null): Promise<void> {
  const kept = new Set(keysInKeychain(after).map(({ account }) => account));
  for (const key of keysInKeychain(before)) {
    if (!kept.has(key.account)) await (await vault.open()).drop(key);
  }
}

const keysInKeychain = (file: ConfigFile | null): readonly InKeychain[] =>
  Object.values(file?.profiles ?? {})
    .map(keyIn)
    .filter((key) => key instanceof InKeychain);

const keyOf = (profile: string): Wanted => ({
  what: `The API key of profile ${profile}`,
  remedy: 'Or set KYCGENIE_API_KEY, or store the key anew: kycgenie login.',
});

function withProfile(file: ConfigFile, name: string, change: (profile: Profile) => Profile): ConfigFile {
  const entry = entryOf(file.profiles, name);
  const before = entry ? toProfile(entry) : EMPTY_PROFILE;
  const after = change(before);
  if (after === before) return file;
  return { ...file, profiles: { ...file.profiles, [name]: toEntry(after, entry) } };
}

/** What is undefined does not reach the file. */
function toEntry(profile: Profile, before: Entry | undefined): Entry {
  const values = Object.fromEntries(PROFILE_KEYS.map((key) => [key, profile.values[key]]));
  const { apiKey } = profile;
  const key =
    apiKey instanceof InKeychain
      ? { api_key: undefined, api_key_keychain: apiKey.account }
      : { api_key: apiKey?.reveal(), api_key_keychain: undefined };
  return { ...before, ...key, ...values };
}

function withoutProfile(file: ConfigFile, name: string): ConfigFile {
  const rest = Object.entries(file.profiles).filter(([other]) => other !== name);
  return { ...file, profiles: Object.fromEntries(rest) };
}

export function badProfileName(name: string): Failure {
  return new Failure('usage', `"${name}" is not a profile name`, {
    hint: `A name has ${PROFILE_NAME_RULE}.`,
  });
}
