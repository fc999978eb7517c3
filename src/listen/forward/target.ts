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
  return rest === '' ? own : own.replace(/\/$/, '') + rest;
}

function joinQuery(own: string, query: string | null): string {
  if (own === '') return query === null ? '' : `?${query}`;
  return query === null || query === '' ? `?${own}` : `?${own}&${query}`;
}
