/** What stands between method and version: path and query. */
export interface Aim {
  readonly url: URL;
  /** As it goes on the wire, in place of the URL's own, which is normalised. */
  readonly target?: string | undefined;
}

/** Bytes as Latin-1, none of which could end the request line. */
const SENDABLE = /^\/[\u{21}-\u{7e}\u{80}-\u{ff}]*$/u;

/** Throws an error that counts as misuse of a client: the request is not sent. */
export function wireTarget({ url, target }: Aim): string {
  if (target === undefined) return url.pathname + url.search;
  if (SENDABLE.test(target)) return target;
  throw Object.assign(new Error('the request target cannot be sent'), { code: 'ERR_UNESCAPED_CHARACTERS' });
}
