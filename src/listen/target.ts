/** The target as sent; its origin, which a proxy may have put in front, is cut off. */
export function splitTarget(target: string): { readonly path: string; readonly query: string | null } {
  const local = target.replace(/^https?:\/\/[^/?]*/i, '');
  const mark = local.indexOf('?');
  if (mark === -1) return { path: local || '/', query: null };
  return { path: local.slice(0, mark) || '/', query: local.slice(mark + 1) };
}

export function isAtOrBelow(path: string, root: string): boolean {
  const base = root.replace(/\/+$/, '');
  return path === base || path.startsWith(`${base}/`);
}
