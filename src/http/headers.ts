import type { Aim } from './target.ts';

export type HeaderPairs = readonly (readonly [name: string, value: string])[];

/** Headers of the connection, not the message: the client's own business. */
const CONNECTION_HEADERS: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authorization',
  'transfer-encoding',
  'upgrade',
  'expect',
]);
const METHODS_WITH_BODY: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH']);

/** A request as both clients need it. */
export interface Message extends Aim {
  readonly method: string;
  readonly headers: HeaderPairs;
  readonly body?: Uint8Array | undefined;
}

/** The headers as given and in order, but for the connection's own; host and the true length added if missing. */
export function wireHeaders({ method, url, headers, body }: Message): HeaderPairs {
  const length = body === undefined && !METHODS_WITH_BODY.has(method) ? null : String(body?.length ?? 0);
  const kept = headers.flatMap(([name, value]): HeaderPairs => {
    const lower = name.toLowerCase();
    return CONNECTION_HEADERS.has(lower) || lower === 'content-length' ? [] : [[name, value]];
  });
  const host: HeaderPairs = hasHeader(kept, 'host') ? [] : [['host', url.host]];
  return [...host, ...kept, ...(length === null ? [] : [['content-length', length] as const])];
}

export const hasHeader = (headers: HeaderPairs, lowerName: string): boolean =>
  headers.some(([name]) => name.toLowerCase() === lowerName);

/** From Node's flat list of names and values. */
export const pairsOf = (flat: readonly string[]): HeaderPairs =>
  flat.flatMap((name, index) => (index % 2 === 0 ? [[name, flat[index + 1] ?? ''] as const] : []));

/** By lower-case name, repeats joined with `, `; without a prototype, so that every name is only a name. */
export function joinRepeats(pairs: HeaderPairs): Readonly<Record<string, string>> {
  const joined: Record<string, string> = Object.create(null);
  for (const [name, value] of pairs) {
    const lower = name.toLowerCase();
    const before = joined[lower];
    joined[lower] = before === undefined ? value : `${before}, ${value}`;
  }
  return joined;
}
