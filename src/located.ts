/** Where something stands in a file; both count from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** Data that was read from a file, each part with its place. */
export type Located =
  | { readonly kind: 'value'; readonly at: Place; readonly value: string | number | boolean | null }
  | { readonly kind: 'list'; readonly at: Place; readonly items: readonly Located[] }
  | LocatedMapping;

export interface LocatedMapping {
  readonly kind: 'mapping';
  readonly at: Place;
  readonly entries: readonly LocatedEntry[];
}

export interface LocatedEntry {
  readonly key: string;
  /** Of the key. */
  readonly at: Place;
  readonly value: Located;
}
