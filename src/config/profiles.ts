import * as v from 'valibot';
import { Failure } from '../errors.ts';
import { isRecord } from '../record.ts';
import { Secret } from '../secret.ts';
import { configPath, isProfileName, PROFILE_NAME_RULE } from './names.ts';
import { closeFolder, sweepLeftovers } from './private-files.ts';
import type { Json } from './replace-file.ts';
import { readJson, type StoreEnvironment, StoreFile } from './store.ts';
import { refuseNewer } from './versions.ts';

/** What a profile may hold, in the names users type after `config set`; all as text, as typed. */
export const PROFILE_KEYS = ['base_url', 'api_version', 'timeout', 'max_retries', 'scheme'] as const;
export type ProfileKey = (typeof PROFILE_KEYS)[number];

export interface Profile {
  readonly apiKey: Secret | null;
  readonly values: Readonly<Partial<Record<ProfileKey, string>>>;
}

/** Profiles of the config file. Reads are plain and cheap; writes lock, merge, fsync and rename. */
export interface ProfileStore {
  readonly path: string;
  read(name: string): Promise<Profile>;
  names(): Promise<readonly string[]>;
  /** Applies `change` to the profile as it is on disk at that moment, under a lock. */
  update(name: string, change: (profile: Profile) => Profile): Promise<void>;
  remove(name: string): Promise<boolean>;
}

/** Numbers are for those who edit the file by hand. */
const VALUE = v.optional(v.union([v.string(), v.number()]));

const ENTRY = v.looseObject({
  api_key: v.optional(v.string()),
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

/** The profiles of `<configDir>/config.json`. Opening touches nothing. */
export function openProfiles(options: StoreEnvironment & { readonly configDir: string }): ProfileStore {
  const { configDir, clock } = options;
  const path = configPath(configDir);
  const accepts = (json: unknown): json is ConfigFile => isConfigFile(json, path);
  let damage: string | undefined;
  const onDamage = (message: string): void => {
    damage = message;
  };
  const file = new StoreFile<ConfigFile>(path, accepts, { ...options, onDamage });

  async function profiles(): Promise<ConfigFile['profiles']> {
    const config = await file.read();
    if (damage !== undefined) throw damaged(damage);
    if (config) closeFolder(configDir);
    return config?.profiles ?? {};
  }

  return {
    path,
    async read(name) {
      const entry = entryOf(await profiles(), name);
      return entry ? toProfile(entry) : EMPTY_PROFILE;
    },
    async names() {
      return Object.keys(await profiles()).sort();
    },
    async update(name, change) {
      if (!isProfileName(name)) throw badProfileName(name);
      const stored = await file.update((current) => {
        const before = current ?? EMPTY_FILE;
        const after = withProfile(before, name, change);
        return after === before ? current : after;
      });
      if (damage !== undefined) options.onDamage(damage);
      if (stored) closeFolder(configDir);
      sweepLeftovers(configDir, LEFTOVER, clock.now());
    },
    async remove(name) {
      let existed = false;
      if (!entryOf(await profiles(), name)) return false;
      await file.update((current) => {
        existed = current !== null && entryOf(current.profiles, name) !== undefined;
        return existed && current ? withoutProfile(current, name) : current;
      });
      return existed;
    },
  };
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
  return { apiKey: entry.api_key ? new Secret(entry.api_key) : null, values };
}

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
  return { ...before, api_key: profile.apiKey?.reveal(), ...values };
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
