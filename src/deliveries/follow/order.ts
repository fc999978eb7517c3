/** Times of the API in order: ISO 8601 in UTC with Z, with sub-second digits or without. */

/** Text that sorts as the instants do. */
export function instantKey(createdAt: string): string {
  const text = createdAt.endsWith('Z') ? createdAt.slice(0, -1) : createdAt;
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
