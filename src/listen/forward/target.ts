import { Failure } from '../../errors.ts';
import type { KeptDelivery } from '../kept.ts';

/** Throws Failure `usage` for a URL that nothing can be forwarded to. */
export function checkTarget(url: URL): void {
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new Failure('usage', 'Deliveries are forwarded to http:// and https:// URLs only', {
      hint: 'Such as --forward-to http://localhost:3000/webhooks',
    });
  }
  if (url.username === '' && url.password === '') return;
  // It is shown with each delivery, and kept with those that are still owed.
  throw new Failure('usage', `The URL to forward to must hold no user name or password (${url.host})`, {
    hint: "Send them as a header: --forward-header 'Authorization: Basic ...'",
  });
}

/**
 * Where a delivery goes, whole: the origin of the target, then path and query as they go on the wire. A string, since
 * a URL would normalise it. May hold a token in its query.
 */
export function addressOf(delivery: Pick<KeptDelivery, 'path' | 'query'>, url: URL, root: string): string {
  return url.origin + wireTargetOf(delivery, url, root);
}

interface Address {
  readonly origin: URL;
  /** Path and query. */
  readonly target: string;
}

/** No user name, so that nothing of a path or of a changed file becomes one. */
const ADDRESS = /^(https?:\/\/[^/?#@\\\s]+)(\/.*)$/s;

/** Null for what `addressOf` would not make. */
export function readAddress(address: string): Address | null {
  const [, origin = '', target = ''] = ADDRESS.exec(address) ?? [];
  return URL.canParse(origin) ? { origin: new URL(origin), target } : null;
}

/** Without the query: it may hold a token. */
export function shownAddress(address: string): string {
  return address.replace(/\?.*$/s, '');
}

/** Path and query as they go on the wire: the target's own, then what the delivery has below `root`, undecoded. */
export function wireTargetOf(
  { path, query }: Pick<KeptDelivery, 'path' | 'query'>,
  url: URL,
  root: string,
): string {
  return joinPath(url.pathname, below(path, root)) + joinQuery(url.search.slice(1), query);
}

/** Empty for the root itself; all of a path that is not below it, such as one of an earlier run. */
function below(path: string, root: string): string {
  const base = root.replace(/\/+$/, '');
  if (path === root || path === base) return '';
  return path.startsWith(`${base}/`) ? path.slice(base.length) : path;
}

function joinPath(own: string, rest: string): string {
  if (rest === '') return own;
  // A path that does not begin so would go on with the name of the host.
  return own.replace(/\/$/, '') + (rest.startsWith('/') ? rest : `/${rest}`);
}

function joinQuery(own: string, query: string | null): string {
  if (own === '') return query === null ? '' : `?${query}`;
  return query === null || query === '' ? `?${own}` : `?${own}&${query}`;
}
