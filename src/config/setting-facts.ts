import type { ApiVersion } from '../api/wire.ts';
import { API_VERSIONS } from '../api-versions.ts';
import { DURATION_EXAMPLES, formatDuration, parseDuration } from '../duration.ts';
import { isLoopback } from '../loopback.ts';
import { isOneVisibleWord, Secret } from '../secret.ts';
import { isProfileName, PROFILE_NAME_RULE } from './names.ts';
import type { ProfileKey } from './profiles.ts';

/** A value as text is either good, or refused with half a sentence that follows the name of its source. */
type Parsed<T> = { readonly value: T } | { readonly problem: string; readonly hint: string };

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

const MAX_KEY_CHARS = 1024;
/** Far below what the timers of the runtime can count. */
const MAX_TIMEOUT_MS = 24 * 3_600_000;
const MAX_RETRIES = 20;
const MAX_SCHEME_CHARS = 16_384;
const QUOTED_CHARS = 40;

export const DEFAULT_BASE_URL = 'https://api.kycgenie.com';
export const DEFAULT_TIMEOUT_MS = 30_000;
export const DEFAULT_MAX_RETRIES = 3;
/** To be found. */
export const DEFAULT_SCHEME = 'auto';

const notEmpty = (text: string): boolean => text !== '';
const itself = (text: string): string => text;

const API_KEY: SettingFact<Secret | null> = {
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
  noInput: NO_INPUT,
} as const;

/** One trailing line end is what editors and `echo` add; anything else that is not a key's is refused, unquoted. */
function parseApiKey(text: string): Parsed<Secret> {
  const key = text.trim();
  if (key === '')
    return { problem: 'is empty', hint: 'Give the API key, such as it was shown when it was made.' };
  if (isOneVisibleWord(key) && key.length <= MAX_KEY_CHARS) return { value: new Secret(key) };
  const problem =
    key.length > MAX_KEY_CHARS
      ? 'is too long for an API key'
      : 'holds spaces, line breaks or other characters that no API key has';
  return { problem, hint: 'Give the API key alone, on one line, as plain text.' };
}

function parseProfileName(text: string): Parsed<string> {
  if (isProfileName(text)) return { value: text };
  return { problem: `is not a profile name: ${quote(text)}`, hint: `A name has ${PROFILE_NAME_RULE}.` };
}

/** Never quoted: a mistyped address may hold a password or a key. */
function parseBaseUrl(text: string): Parsed<URL> {
  const hint = `Give scheme and host alone, such as ${DEFAULT_BASE_URL}.`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || !/^https?:\/\//i.test(text)) {
    return { problem: 'is not an http or https URL', hint };
  }
  if (url.username !== '' || url.password !== '') {
    return {
      problem: 'holds a user name or a password',
      hint: 'Give the API key with --api-key-file or KYCGENIE_API_KEY.',
    };
  }
  if (url.href !== `${url.origin}/` || /[?#]/.test(text))
    return { problem: 'has a path, a query or a fragment', hint };
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    return {
      problem: 'is http, which would send the API key in the clear',
      hint: 'Use https; http is for localhost only.',
    };
  }
  return { value: url };
}

function parseApiVersion(text: string): Parsed<ApiVersion> {
  const version = API_VERSIONS.find((known) => known === text);
  if (version) return { value: version };
  return {
    problem: `is not a version of the API: ${quote(text)}`,
    hint: `Choose ${API_VERSIONS.join(' or ')}.`,
  };
}

function parseTimeout(text: string): Parsed<number> {
  const hint = `Give a number with its unit, such as ${DURATION_EXAMPLES}.`;
  const ms = parseDuration(text);
  if (ms === undefined) return { problem: `is not a duration: ${quote(text)}`, hint };
  if (ms > 0 && ms <= MAX_TIMEOUT_MS) return { value: ms };
  return { problem: `is not between 1ms and ${formatDuration(MAX_TIMEOUT_MS)}: ${quote(text)}`, hint };
}

function parseRetries(text: string): Parsed<number> {
  const count = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (count <= MAX_RETRIES) return { value: count };
  return {
    problem: `is not a number of retries: ${quote(text)}`,
    hint: `Give a whole number from 0 to ${MAX_RETRIES}.`,
  };
}

/** Read as YAML where it is used: whoever only lists settings needs no parser. */
function parseSchemeText(text: string): Parsed<string> {
  if (text.length <= MAX_SCHEME_CHARS) return { value: text };
  return { problem: 'is too long for a scheme', hint: 'kycgenie config unset scheme forgets it.' };
}

function parseFolder(text: string): Parsed<string> {
  if (!text.includes('\0')) return { value: text };
  return { problem: 'is not a path', hint: 'Give the path of a folder.' };
}

const quote = (text: string): string =>
  JSON.stringify(text.length > QUOTED_CHARS ? `${text.slice(0, QUOTED_CHARS)}…` : text);
