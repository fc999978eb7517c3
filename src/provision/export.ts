import { isDeepStrictEqual } from 'node:util';
import { EVENT_GROUPS, typesOfGroup } from '../events/catalog.ts';
import { withoutVariables } from './manifest/substitute.ts';
import { type Defaults, MANIFEST_VERSION, OPEN } from './manifest.ts';
import { type Content, type Filters, keyOf, type Subscription } from './subscription.ts';

/** A manifest as data, in the keys of the file; what has its default is left out. */
export interface ManifestData {
  readonly version: typeof MANIFEST_VERSION;
  readonly defaults?: { readonly url: string };
  readonly webhooks: readonly EntryData[];
}

export interface EntryData {
  readonly event?: string;
  readonly events?: readonly string[];
  readonly url?: string;
  readonly description?: string;
  readonly active?: boolean;
  readonly filters?: Filters;
}

/** A URL that so many entries share is worth naming once. */
const MIN_SHARED = 2;

/** The shortest readable manifest that stands for these: what differs in its events alone is one entry. */
export function toManifest(subscriptions: readonly Subscription[]): ManifestData {
  const groups = groupAlike(subscriptions);
  const url = sharedUrl(groups);
  return {
    version: MANIFEST_VERSION,
    ...(url !== null && { defaults: { url: withoutVariables(url) } }),
    webhooks: groups.map((group) => toEntry(group, { ...OPEN, url: url ?? undefined })),
  };
}

/** Subscriptions that differ in their event type alone. */
export interface Alike extends Content {
  readonly url: string;
  readonly types: readonly string[];
}

/** In the order of their URLs, those of one URL as they came. */
export function groupAlike(subscriptions: readonly Subscription[]): readonly Alike[] {
  const groups = new Map<string, Alike & { readonly types: string[] }>();
  for (const { event_type, webhook_url: url, ...content } of subscriptions) {
    const { description, is_active, filters } = content;
    const key = JSON.stringify([url, description, is_active, sorted(filters)]);
    const group = groups.get(key);
    if (group) group.types.push(event_type);
    else groups.set(key, { url, description, is_active, filters, types: [event_type] });
  }
  return [...groups.values()].sort((a, b) => (a.url === b.url ? 0 : a.url < b.url ? -1 : 1));
}

/** The entry for these, without what the defaults say. */
export function toEntry({ url, types, ...content }: Alike, defaults: Defaults): EntryData {
  const events = toEvents(types);
  const [single] = events;
  return {
    ...(events.length === 1 && single !== undefined ? { event: single } : { events }),
    ...(url !== defaults.url && { url: withoutVariables(url) }),
    ...toContent(content, defaults),
  };
}

/** The fields in which the content is another. */
export const toContent = ({ description, is_active, filters }: Content, other: Content): EntryData => ({
  ...(description !== other.description && { description: withoutVariables(description) }),
  ...(is_active !== other.is_active && { active: is_active }),
  ...(!isDeepStrictEqual(filters, other.filters) && { filters: escaped(filters) }),
});

/** Each group that is whole by its name, in the order of the catalogue; then the rest. */
export function toEvents(types: readonly string[]): readonly string[] {
  const rest = new Set(types);
  const whole = EVENT_GROUPS.filter((group) => {
    const members = typesOfGroup(group) ?? [];
    if (members.length < MIN_SHARED || !members.every((type) => rest.has(type))) return false;
    for (const type of members) rest.delete(type);
    return true;
  });
  return [...whole, ...[...rest].sort().map(withoutVariables)];
}

/** The URL of most entries. */
function sharedUrl(groups: readonly Alike[]): string | null {
  const counts = new Map<string, number>();
  for (const { url } of groups) counts.set(url, (counts.get(url) ?? 0) + 1);
  const [most] = [...counts].sort(([, a], [, b]) => b - a);
  return most !== undefined && most[1] >= MIN_SHARED ? most[0] : null;
}

const escaped = (filters: Filters): Filters =>
  Object.fromEntries(Object.entries(filters).map(([key, value]) => [key, escapedValue(value)]));

function escapedValue(value: unknown): unknown {
  if (typeof value === 'string') return withoutVariables(value);
  if (Array.isArray(value)) return value.map(escapedValue);
  return typeof value === 'object' && value !== null ? escaped({ ...value }) : value;
}

/** The same value whatever the order of its keys. */
export function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, inner]) => [key, sorted(inner)]);
}

/** Each identity once: of several the first, which is the oldest where they are in order of age. */
export function withoutDoubles(subscriptions: readonly Subscription[]): readonly Subscription[] {
  const first = new Map<string, Subscription>();
  for (const one of subscriptions) if (!first.has(keyOf(one))) first.set(keyOf(one), one);
  return [...first.values()];
}
