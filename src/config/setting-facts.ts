import type { ApiVersion } from '../api/wire.ts';
import { formatDuration } from '../duration.ts';
import type { InKeychain, Secret } from '../secret.ts';
import type { ProfileKey } from './profiles.ts';
import {
  DEFAULT_BASE_URL,
  type Parsed,
  parseApiKey,
  parseApiVersion,
  parseBaseUrl,
  parseFolder,
  parseProfileName,
  parseRetries,
  parseSchemeText,
  parseStore,
  parseTimeout,
  type StoreKind,
} from './setting-parsers.ts';

/** What is known of a setting, once: resolution, help, the tables of the README and `config list` read it here. */
export interface SettingFact<T> {
  /** As in `config list` and `config get`. */
  readonly key: string;
  /** As in help: `--timeout <dur>`. */
  readonly flag: string | null;
  /** In order of precedence. */
  readonly variables: readonly string[];
  readonly profileKey: ProfileKey | 'api_key' | null;
  /** What holds when nothing is set, as a person would say it. */
  readonly defaultText: string;
  readonly description: string;
  /** False for a variable's text that says as much as an unset variable. */
  counts(text: string): boolean;
  parse(text: string): Parsed<T>;
  /** As users would type it; a secret only shows its mask. */
  format(value: T): string | null;
}

export const DEFAULT_TIMEOUT_MS = 30_000;
export const DEFAULT_MAX_RETRIES = 3;
/** To be found. */
export const DEFAULT_SCHEME = 'auto';

const notEmpty = (text: string): boolean => text !== '';
const itself = (text: string): string => text;

const API_KEY: SettingFact<Secret | InKeychain | null> = {
  key: 'api_key',
  flag: '--api-key-file <path or ->',
  variables: ['KYCGENIE_API_KEY'],
  profileKey: 'api_key',
  defaultText: 'none',
  description: 'API key, read from a file or standard input; `kycgenie login` stores one in the profile',
  counts: notEmpty,
  parse: parseApiKey,
  format: (key) => key?.mask() ?? null,
};

const PROFILE: SettingFact<string> = {
  key: 'profile',
  flag: '--profile <name>',
  variables: ['KYCGENIE_PROFILE'],
  profileKey: null,
  defaultText: 'default',
  description: 'Which of the stored profiles to use',
  counts: notEmpty,
  parse: parseProfileName,
  format: itself,
};

const BASE_URL: SettingFact<URL> = {
  key: 'base_url',
  flag: '--base-url <url>',
  variables: ['KYCGENIE_BASE_URL'],
  profileKey: 'base_url',
  defaultText: DEFAULT_BASE_URL,
  description: 'Where the API is; http only for this machine',
  counts: notEmpty,
  parse: parseBaseUrl,
  format: (url) => url.origin,
};

const API_VERSION: SettingFact<ApiVersion> = {
  key: 'api_version',
  flag: '--api-version <v1 or v2>',
  variables: ['KYCGENIE_API_VERSION'],
  profileKey: 'api_version',
  defaultText: 'v2',
  description: 'Version of the API to speak',
  counts: notEmpty,
  parse: parseApiVersion,
  format: itself,
};

const TIMEOUT: SettingFact<number> = {
  key: 'timeout',
  flag: '--timeout <dur>',
  variables: ['KYCGENIE_TIMEOUT'],
  profileKey: 'timeout',
  defaultText: formatDuration(DEFAULT_TIMEOUT_MS),
  description: 'Time-out of one request',
  counts: notEmpty,
  parse: parseTimeout,
  format: formatDuration,
};

const MAX_RETRIES_FACT: SettingFact<number> = {
  key: 'max_retries',
  flag: '--max-retries <n>',
  variables: ['KYCGENIE_MAX_RETRIES'],
  profileKey: 'max_retries',
  defaultText: String(DEFAULT_MAX_RETRIES),
  description: 'How often one request is repeated when that is safe',
  counts: notEmpty,
  parse: parseRetries,
  format: String,
};

const SCHEME: SettingFact<string> = {
  key: 'scheme',
  flag: null,
  variables: [],
  profileKey: 'scheme',
  defaultText: DEFAULT_SCHEME,
  description:
    'How deliveries are signed: auto finds out by the first that verifies, and keeps it here as the YAML that --scheme takes',
  counts: notEmpty,
  parse: parseSchemeText,
  format: itself,
};

const CONFIG_DIR: SettingFact<string> = {
  key: 'config_dir',
  flag: null,
  variables: ['KYCGENIE_CONFIG_DIR'],
  profileKey: null,
  defaultText: "the system's own (XDG, Application Support, AppData)",
  description: 'Folder of profiles, keys and secrets',
  counts: notEmpty,
  parse: parseFolder,
  format: itself,
};

const DATA_DIR: SettingFact<string> = {
  key: 'data_dir',
  flag: null,
  variables: ['KYCGENIE_DATA_DIR'],
  profileKey: null,
  defaultText: "the system's own; below KYCGENIE_CONFIG_DIR when only that is set",
  description: 'Folder of the inbox and the journal of unfinished calls',
  counts: notEmpty,
  parse: parseFolder,
  format: itself,
};

const STORE: SettingFact<StoreKind> = {
  key: 'store',
  flag: null,
  variables: ['KYCGENIE_STORE'],
  profileKey: null,
  defaultText: 'file',
  description:
    'Where keys and signing secrets go from now on: file, which only you can read, or keychain, that of the system',
  counts: notEmpty,
  parse: parseStore,
  format: itself,
};

const NO_INPUT: SettingFact<boolean> = {
  key: 'no_input',
  flag: '--no-input',
  variables: ['KYCGENIE_NO_INPUT', 'CI'],
  profileKey: null,
  defaultText: 'prompts only where stdin and stderr are terminals',
  description: 'Never ask anything',
  counts: (text) => notEmpty(text) && !/^(?:0|false)$/i.test(text),
  parse: () => ({ value: true }),
  format: String,
};

const NO_UPDATE_NOTICE: SettingFact<boolean> = {
  key: 'no_update_notice',
  flag: null,
  variables: ['NO_UPDATE_NOTIFIER', 'CI'],
  profileKey: null,
  defaultText: 'at a terminal, the repository is asked for the newest release once a day',
  description: 'Never ask whether there is a newer version',
  counts: NO_INPUT.counts,
  parse: NO_INPUT.parse,
  format: String,
};

/** All settings, in the order of help; the names are those of `Settings`. */
export const SETTINGS = {
  apiKey: API_KEY,
  profile: PROFILE,
  baseUrl: BASE_URL,
  apiVersion: API_VERSION,
  timeoutMs: TIMEOUT,
  maxRetries: MAX_RETRIES_FACT,
  scheme: SCHEME,
  configDir: CONFIG_DIR,
  dataDir: DATA_DIR,
  store: STORE,
  noInput: NO_INPUT,
  noUpdateNotice: NO_UPDATE_NOTICE,
} as const;
