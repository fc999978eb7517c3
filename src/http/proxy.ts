import { BlockList, isIP } from 'node:net';
import { Failure } from '../errors.ts';
import { isLoopback } from '../loopback.ts';
import { bareHost } from './address.ts';

export type Env = Readonly<Record<string, string | undefined>>;

export interface HttpProxy {
  /** Scheme, host and port; its credentials are in `authorization` alone, so that it may be shown. */
  readonly url: URL;
  readonly authorization: string | null;
}

const UNSPECIFIED: ReadonlySet<string> = new Set(['0.0.0.0', '[::]']);
const DEFAULT_PORTS: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' };

/**
 * The proxy that the environment names for `target`, as curl reads it: the variable of its scheme, else ALL_PROXY,
 * lower case first; none for this machine and what NO_PROXY excludes. Throws Failure `usage` on an unusable value.
 */
export function proxyFor(env: Env, target: URL): HttpProxy | null {
  const scheme = target.protocol.slice(0, -1);
  const found = firstSet(env, [`${scheme}_proxy`, `${scheme.toUpperCase()}_PROXY`, 'all_proxy', 'ALL_PROXY']);
  if (!found || isHere(target.hostname)) return null;
  const exceptions = firstSet(env, ['no_proxy', 'NO_PROXY'])?.value ?? '';
  return isExcepted(target, exceptions) ? null : readProxy(found.name, found.value);
}

/** What a client reaches on this machine alone: beside loopback the unspecified addresses, and names below localhost. */
function isHere(hostname: string): boolean {
  return isLoopback(hostname) || UNSPECIFIED.has(hostname) || /\.localhost\.?$/i.test(hostname);
}

function firstSet(env: Env, names: readonly string[]): { name: string; value: string } | null {
  for (const name of names) {
    const value = env[name]?.trim();
    if (value) return { name, value };
  }
  return null;
}

/** The value may hold a password: no message repeats it. */
function readProxy(name: string, value: string): HttpProxy {
  const text = /^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? value : `http://${value}`;
  const url = URL.canParse(text) ? new URL(text) : null;
  if (!url || !(url.protocol in DEFAULT_PORTS) || url.hostname === '') {
    throw new Failure('usage', `${name} does not name an http or https proxy`, {
      hint: `Set ${name} to http://host:port, or list the target in NO_PROXY.`,
    });
  }
  const authorization = credentials(url);
  return { url: new URL(`${url.protocol}//${url.host}`), authorization };
}

function credentials({ username, password }: URL): string | null {
  if (username === '') return null;
  return `Basic ${Buffer.from(`${unescaped(username)}:${unescaped(password)}`).toString('base64')}`;
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function isExcepted(target: URL, exceptions: string): boolean {
  const host = bareHost(target.hostname).toLowerCase().replace(/\.$/, '');
  const port = target.port || DEFAULT_PORTS[target.protocol];
  return exceptions
    .toLowerCase()
    .split(/[\s,]+/)
    .some((entry) => entry !== '' && matches(entry, host, port));
}

function matches(entry: string, host: string, port: string | undefined): boolean {
  if (entry === '*') return true;
  if (entry.includes('/')) return inSubnet(entry, host);
  const { name, only } = splitPort(entry);
  if (only !== null && only !== port) return false;
  if (isIP(host) !== 0 || isIP(name) !== 0) return host === name;
  const suffix = name.replace(/^\*?\./, '');
  return suffix !== '' && (host === suffix || host.endsWith(`.${suffix}`));
}

function splitPort(entry: string): { name: string; only: string | null } {
  if (isIP(entry) === 6) return { name: entry, only: null };
  const [, name = entry, only = null] = /^(.+?)(?::(\d+))?$/.exec(entry) ?? [];
  return { name: bareHost(name).replace(/\.$/, ''), only };
}

/** `10.0.0.0/8`; an entry that is no subnet matches nothing. */
function inSubnet(entry: string, host: string): boolean {
  const [net = '', bits = ''] = entry.split('/');
  const family = isIP(net);
  if (family === 0 || family !== isIP(host) || !/^\d{1,3}$/.test(bits)) return false;
  if (Number(bits) > (family === 6 ? 128 : 32)) return false;
  const type = family === 6 ? 'ipv6' : 'ipv4';
  const subnet = new BlockList();
  subnet.addSubnet(net, Number(bits), type);
  return subnet.check(host, type);
}
