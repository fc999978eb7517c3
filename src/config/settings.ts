import type { ApiVersion } from '../api/wire.ts';
import { Failure } from '../errors.ts';
import { InKeychain, type Secret } from '../secret.ts';
import { pathsOf, systemConfigDir, systemDataDir } from './folders.ts';
import { configPath } from './names.ts';
import type { Profile, ProfileKey } from './profiles.ts';
import {
  DEFAULT_MAX_RETRIES,
  DEFAULT_SCHEME,
  DEFAULT_TIMEOUT_MS,
  SETTINGS,
  type SettingFact,
} from './setting-facts.ts';
import { DEFAULT_BASE_URL, type StoreKind } from './setting-parsers.ts';

/** Where a value came from, in the order of precedence. */
export type Origin = 'flag' | 'environment' | 'profile' | 'default';

export interface Setting<T> {
  readonly value: T;
  readonly origin: Origin;
  /** The flag, variable or file that decided: `--base-url`, `KYCGENIE_BASE_URL`, a path; null for a default. */
  readonly source: string | null;
}

/** Everything a run is set to, resolved once: flag, then environment, then profile, then default. */
export interface Settings {
  readonly profile: Setting<string>;
  /** What the keychain holds is asked of it when it is used: `Context.apiKey`. */
  readonly apiKey: Setting<Secret | InKeychain | null>;
  /** Without path, query or trailing slash: an origin. */
  readonly baseUrl: Setting<URL>;
  readonly apiVersion: Setting<ApiVersion>;
  readonly timeoutMs: Setting<number>;
  readonly maxRetries: Setting<number>;
  /** The YAML of a signature scheme, a preset's name, or `auto`. */
  readonly scheme: Setting<string>;
  readonly configDir: Setting<string>;
  readonly dataDir: Setting<string>;
  /** Where what is stored from now on has its value. */
  readonly store: Setting<StoreKind>;
  /** True: never prompt. */
  readonly noInput: Setting<boolean>;
  /** True: never ask for the newest version. */
  readonly noUpdateNotice: Setting<boolean>;
}

/** The global flags that are settings, as typed; undefined where not given. */
export interface SettingFlags {
  readonly apiKeyFile?: string | undefined;
  readonly profile?: string | undefined;
  readonly baseUrl?: string | undefined;
  readonly apiVersion?: string | undefined;
  readonly timeout?: string | undefined;
  readonly maxRetries?: string | undefined;
  readonly input?: boolean | undefined;
}

export interface SettingSources {
  readonly flags: SettingFlags;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  readonly homedir: string;
  /** `-` is standard input, anything else a file's path. */
  readInput(path: string): Promise<string>;
  readProfile(name: string, configDir: string): Promise<Profile>;
}

/** The settings that say where everything else is kept: known without reading anything. */
export type Places = Pick<
  Settings,
  'profile' | 'configDir' | 'dataDir' | 'store' | 'noInput' | 'noUpdateNotice'
>;

/**
 * Resolves what can be resolved without the profile, so that a command can still repair a profile with a bad
 * value. Throws Failure `usage` naming the flag or variable that holds a bad value.
 */
export function resolvePlaces(sources: Omit<SettingSources, 'readInput' | 'readProfile'>): Places {
  const { flags, env } = sources;
  return {
    profile: pick(SETTINGS.profile, { typed: flags.profile, env }, 'default'),
    configDir: resolveConfigDir(sources),
    dataDir: resolveDataDir(sources),
    store: pick(SETTINGS.store, { typed: undefined, env }, 'file'),
    // A negated flag is true unless given.
    noInput: pick(SETTINGS.noInput, { typed: flags.input === false ? '' : undefined, env }, false),
    noUpdateNotice: pick(SETTINGS.noUpdateNotice, { typed: undefined, env }, false),
  };
}

/** Resolves everything. Throws Failure `usage` naming the flag, variable or file that holds a bad value. */
export async function resolveSettings(sources: SettingSources): Promise<Settings> {
  const { flags, env } = sources;
  const places = resolvePlaces(sources);
  const profile = await sources.readProfile(places.profile.value, places.configDir.value);
  const file = configPath(places.configDir.value);
  const from = (typed: string | undefined, kept: string | undefined): Candidates => ({
    typed,
    env,
    kept,
    file,
  });
  const key = flags.apiKeyFile === undefined ? undefined : await sources.readInput(flags.apiKeyFile);
  const { values } = profile;
  return {
    ...places,
    apiKey: pickKey(profile.apiKey, (kept) => pick(SETTINGS.apiKey, from(key, kept), null), file),
    baseUrl: pick(SETTINGS.baseUrl, from(flags.baseUrl, values.base_url), new URL(DEFAULT_BASE_URL)),
    apiVersion: pick(SETTINGS.apiVersion, from(flags.apiVersion, values.api_version), 'v2'),
    timeoutMs: pick(SETTINGS.timeoutMs, from(flags.timeout, values.timeout), DEFAULT_TIMEOUT_MS),
    maxRetries: pick(SETTINGS.maxRetries, from(flags.maxRetries, values.max_retries), DEFAULT_MAX_RETRIES),
    scheme: pick(SETTINGS.scheme, from(undefined, values.scheme), DEFAULT_SCHEME),
  };
}

/** One line of `config list --show-origin`. */
export interface ListedSetting {
  readonly key: string;
  /** As it would be typed; a secret is masked; null where there is none. */
  readonly value: string | null;
  readonly origin: Origin;
  readonly source: string | null;
}

/** Every setting with its origin, in the order of help. */
export function listSettings(settings: Settings): readonly ListedSetting[] {
  return [
    listed(SETTINGS.apiKey, settings.apiKey),
    listed(SETTINGS.profile, settings.profile),
    listed(SETTINGS.baseUrl, settings.baseUrl),
    listed(SETTINGS.apiVersion, settings.apiVersion),
    listed(SETTINGS.timeoutMs, settings.timeoutMs),
    listed(SETTINGS.maxRetries, settings.maxRetries),
    listed(SETTINGS.scheme, settings.scheme),
    listed(SETTINGS.configDir, settings.configDir),
    listed(SETTINGS.dataDir, settings.dataDir),
    listed(SETTINGS.store, settings.store),
    listed(SETTINGS.noInput, settings.noInput),
    listed(SETTINGS.noUpdateNotice, settings.noUpdateNotice),
  ];
}

function listed<T>(fact: SettingFact<T>, { value, origin, source }: Setting<T>): ListedSetting {
  return { key: fact.key, value: fact.format(value), origin, source };
}

/** Checks a value for `config set` by the rules of its setting. Throws Failure `usage`. */
export function checkProfileValue(key: ProfileKey, text: string): void {
  const fact = Object.values(SETTINGS).find(({ profileKey }) => profileKey === key);
  const parsed = fact?.parse(text);
  if (parsed && 'problem' in parsed) throw badValue(key, parsed);
}

type KeySetting = Settings['apiKey'];

/** A key in the keychain counts as one of the profile: flag and environment win over it. */
function pickKey(
  kept: Profile['apiKey'],
  choose: (kept: string | undefined) => KeySetting,
  file: string,
): KeySetting {
  if (!(kept instanceof InKeychain)) return choose(kept?.reveal());
  const chosen = choose(undefined);
  return chosen.value === null ? { value: kept, origin: 'profile', source: file } : chosen;
}

interface Candidates {
  /** What the flag says. */
  readonly typed: string | undefined;
  readonly env: SettingSources['env'];
  /** What the profile says, in the config file `file`. */
  readonly kept?: string | undefined;
  readonly file?: string;
}

/** The first of flag, environment and profile that says something, else `fallback`. */
function pick<T>(fact: SettingFact<T>, { typed, env, kept, file = '' }: Candidates, fallback: T): Setting<T> {
  if (typed !== undefined) return accept(fact, typed, 'flag', fact.flag?.split(' ')[0] ?? '');
  for (const variable of fact.variables) {
    const text = env[variable]?.trim() ?? '';
    if (fact.counts(text)) return accept(fact, text, 'environment', variable);
  }
  if (kept !== undefined) return accept(fact, kept, 'profile', file);
  return { value: fallback, origin: 'default', source: null };
}

function accept<T>(fact: SettingFact<T>, text: string, origin: Origin, source: string): Setting<T> {
  const parsed = fact.parse(text);
  if ('value' in parsed) return { value: parsed.value, origin, source };
  throw badValue(origin === 'profile' ? `${fact.key} in ${source}` : source, parsed);
}

function badValue(
  source: string,
  { problem, hint }: { readonly problem: string; readonly hint: string },
): Failure {
  return new Failure('usage', `${source} ${problem}`, { hint });
}

type FolderSources = Pick<SettingSources, 'env' | 'platform' | 'homedir'>;

function resolveConfigDir(sources: FolderSources): Setting<string> {
  const chosen = pick<string | null>(SETTINGS.configDir, { typed: undefined, env: sources.env }, null);
  return absolute(chosen, sources) ?? { value: systemConfigDir(sources), origin: 'default', source: null };
}

function resolveDataDir(sources: FolderSources): Setting<string> {
  const { env } = sources;
  const chosen = pick<string | null>(SETTINGS.dataDir, { typed: undefined, env }, null);
  const below = pick<string | null>(SETTINGS.configDir, { typed: undefined, env }, null);
  return (
    absolute(chosen, sources) ??
    absolute(below, sources, 'data') ?? { value: systemDataDir(sources), origin: 'default', source: null }
  );
}

function absolute(
  chosen: Setting<string | null>,
  sources: FolderSources,
  ...below: readonly string[]
): Setting<string> | null {
  return chosen.value === null
    ? null
    : { ...chosen, value: pathsOf(sources).resolve(chosen.value, ...below) };
}
