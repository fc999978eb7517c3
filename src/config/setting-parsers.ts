import type { ApiVersion } from '../api/wire.ts';
import { API_VERSIONS } from '../api-versions.ts';
import { DURATION_EXAMPLES, formatDuration, parseDuration } from '../duration.ts';
import { isLoopback } from '../loopback.ts';
import { isOneVisibleWord, Secret } from '../secret.ts';
import { isProfileName, PROFILE_NAME_RULE } from './names.ts';

export const DEFAULT_BASE_URL = 'https://api.kycgenie.com';

/** A value as text is either good, or refused with half a sentence that follows the name of its source. */
export type Parsed<T> = { readonly value: T } | { readonly problem: string; readonly hint: string };

export type StoreKind = 'file' | 'keychain';

const MAX_KEY_CHARS = 1024;
/** Far below what the timers of the runtime can count. */
const MAX_TIMEOUT_MS = 24 * 3_600_000;
const MAX_RETRIES = 20;
const MAX_SCHEME_CHARS = 16_384;
const QUOTED_CHARS = 40;

/** One trailing line end is what editors and `echo` add; anything else that is not a key's is refused, unquoted. */
export function parseApiKey(text: string): Parsed<Secret> {
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

export function parseProfileName(text: string): Parsed<string> {
  if (isProfileName(text)) return { value: text };
  return { problem: `is not a profile name: ${quote(text)}`, hint: `A name has ${PROFILE_NAME_RULE}.` };
}

/** Never quoted: a mistyped address may hold a password or a key. */
export function parseBaseUrl(text: string): Parsed<URL> {
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

export function parseApiVersion(text: string): Parsed<ApiVersion> {
  const version = API_VERSIONS.find((known) => known === text);
  if (version) return { value: version };
  return {
    problem: `is not a version of the API: ${quote(text)}`,
    hint: `Choose ${API_VERSIONS.join(' or ')}.`,
  };
}

export function parseTimeout(text: string): Parsed<number> {
  const hint = `Give a number with its unit, such as ${DURATION_EXAMPLES}.`;
  const ms = parseDuration(text);
  if (ms === undefined) return { problem: `is not a duration: ${quote(text)}`, hint };
  if (ms > 0 && ms <= MAX_TIMEOUT_MS) return { value: ms };
  return { problem: `is not between 1ms and ${formatDuration(MAX_TIMEOUT_MS)}: ${quote(text)}`, hint };
}

export function parseRetries(text: string): Parsed<number> {
  const count = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (count <= MAX_RETRIES) return { value: count };
  return {
    problem: `is not a number of retries: ${quote(text)}`,
    hint: `Give a whole number from 0 to ${MAX_RETRIES}.`,
  };
}

/** Read as YAML where it is used: whoever only lists settings needs no parser. */
export function parseSchemeText(text: string): Parsed<string> {
  if (text.length <= MAX_SCHEME_CHARS) return { value: text };
  return { problem: 'is too long for a scheme', hint: 'kycgenie config unset scheme forgets it.' };
}

export function parseFolder(text: string): Parsed<string> {
  if (!text.includes('\0')) return { value: text };
  return { problem: 'is not a path', hint: 'Give the path of a folder.' };
}

const quote = (text: string): string =>
  JSON.stringify(text.length > QUOTED_CHARS ? `${text.slice(0, QUOTED_CHARS)}…` : text);

export function parseStore(text: string): Parsed<StoreKind> {
  if (text === 'file' || text === 'keychain') return { value: text };
  return { problem: 'is not a place for keys and secrets', hint: 'Give file or keychain.' };
}
