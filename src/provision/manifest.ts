import { EVENT_GROUPS, isDocumentedType, typesOfGroup } from '../events/catalog.ts';
import type { Located, LocatedEntry, Place } from '../located.ts';
import { nearest } from '../nearest.ts';
import {
  fieldsOf,
  filtersOf,
  listOf,
  type Reading,
  readEach,
  refusal,
  switchOf,
  textOf,
  urlOf,
} from './manifest/fields.ts';
import { type Content, keyOf, type Subscription } from './subscription.ts';

export const MANIFEST_VERSION = 1;
/** More than any account is known to hold. */
const MAX_SUBSCRIPTIONS = 10_000;

const ROOT_KEYS = ['version', 'defaults', 'webhooks'] as const;
const CONTENT_KEYS = ['url', 'description', 'active', 'filters'] as const;
const ENTRY_KEYS = ['event', 'events', ...CONTENT_KEYS] as const;
/** For editors, in JSON where no comment can name the schema. */
const SCHEMA_KEY = '$schema';

/** One word of an `event` or `events`: a type, or a group and its types. */
export interface NamedEvent {
  readonly types: readonly string[];
  readonly at: Place;
}

/** One item of `webhooks`, with the defaults filled in. */
export interface ManifestEntry extends Content {
  readonly events: readonly NamedEvent[];
  /** Written as `event`, not as the list `events`. */
  readonly isSingle: boolean;
  readonly url: string;
}

export interface Manifest {
  readonly defaults: Defaults;
  readonly entries: readonly ManifestEntry[];
  /** What the entries stand for: groups are expanded, and no identity is there twice. */
  readonly subscriptions: readonly Subscription[];
  /** Event types that the catalogue does not list. */
  readonly unknownTypes: readonly string[];
}

/**
 * What a manifest says. What it leaves open has its default: active, without description and filters.
 * Throws Failure `usage` that names file, line and column.
 */
export function parseManifest(root: Located, reading: Reading): Manifest {
  const fields = fieldsOf(reading, root, 'A manifest', [...ROOT_KEYS, SCHEMA_KEY]);
  checkVersion(reading, root, fields.get('version'));
  const defaults = readDefaults(reading, fields.get('defaults'));
  const webhooks = fields.get('webhooks');
  if (!webhooks)
    throw refusal(reading, root.at, 'webhooks is missing', 'An account without any is webhooks: [].');
  const entries = readEach(itemsOf(reading, webhooks.value), (item) => readEntry(reading, item, defaults));
  const subscriptions = expand(reading, entries);
  const types = [...new Set(subscriptions.map(({ event_type }) => event_type))];
  return { defaults, entries, subscriptions, unknownTypes: types.filter((type) => !isDocumentedType(type)) };
}

function checkVersion(reading: Reading, root: Located, version: LocatedEntry | undefined): void {
  const hint = `This release reads version: ${MANIFEST_VERSION}.`;
  if (!version) throw refusal(reading, root.at, 'version is missing', hint);
  const { value } = version;
  if (value.kind === 'value' && value.value === MANIFEST_VERSION) return;
  throw refusal(reading, value.at, `version has to be ${MANIFEST_VERSION}`, hint);
}

function itemsOf(reading: Reading, node: Located): readonly Located[] {
  if (node.kind === 'list') return node.items;
  throw refusal(reading, node.at, 'webhooks has to be a list');
}

/** What holds for each entry that does not say otherwise. */
export interface Defaults extends Content {
  readonly url: string | undefined;
}

export const OPEN: Defaults = { url: undefined, description: '', is_active: true, filters: {} };

function readDefaults(reading: Reading, entry: LocatedEntry | undefined): Defaults {
  if (!entry) return OPEN;
  return readContent(reading, fieldsOf(reading, entry.value, 'defaults', CONTENT_KEYS), OPEN);
}

function readContent(
  reading: Reading,
  fields: ReadonlyMap<string, LocatedEntry>,
  otherwise: Defaults,
): Defaults {
  const read = <T>(key: string, of: (node: Located) => T, instead: T): T => {
    const field = fields.get(key);
    return field ? of(field.value) : instead;
  };
  return {
    url: read<string | undefined>('url', (node) => urlOf(reading, node), otherwise.url),
    description: read('description', (node) => textOf(reading, node, 'description'), otherwise.description),
    is_active: read('active', (node) => switchOf(reading, node, 'active'), otherwise.is_active),
    filters: read('filters', (node) => filtersOf(reading, node), otherwise.filters),
  };
}

function readEntry(reading: Reading, item: Located, defaults: Defaults): ManifestEntry {
  const fields = fieldsOf(reading, item, 'A webhook', ENTRY_KEYS);
  const { url, ...content } = readContent(reading, fields, defaults);
  if (url === undefined)
    throw refusal(reading, item.at, 'url is missing', 'Give it here, or for all of them in defaults.');
  return { events: readEvents(reading, item, fields), isSingle: fields.has('event'), url, ...content };
}

function readEvents(
  reading: Reading,
  item: Located,
  fields: ReadonlyMap<string, LocatedEntry>,
): readonly NamedEvent[] {
  const [one, many] = [fields.get('event'), fields.get('events')];
  if (one && many)
    throw refusal(reading, many.at, 'event and events exclude each other', 'Keep one of them.');
  if (one) return [readEvent(reading, one.value)];
  if (many) return listOf(reading, many.value, 'events').map((node) => readEvent(reading, node));
  throw refusal(reading, item.at, 'event or events is missing', 'Such as event: screening.completed.');
}

function readEvent(reading: Reading, node: Located): NamedEvent {
  const typed = textOf(reading, node, 'An event');
  if (typed.trim() === '') throw refusal(reading, node.at, 'An event type is empty');
  if (!typed.endsWith('.*')) return { types: [typed], at: node.at };
  const types = typesOfGroup(typed);
  if (types) return { types, at: node.at };
  const meant = nearest(typed, EVENT_GROUPS);
  const hint = meant === null ? `Groups are ${EVENT_GROUPS.join(', ')}.` : `Did you mean ${meant}?`;
  throw refusal(reading, node.at, `There is no event group ${JSON.stringify(typed)}`, hint);
}

function expand(reading: Reading, entries: readonly ManifestEntry[]): readonly Subscription[] {
  const seen = new Map<string, Place>();
  const subscriptions: Subscription[] = [];
  for (const { events, url, description, is_active, filters } of entries) {
    for (const { event_type, at } of typesIn(events)) {
      const subscription = { event_type, webhook_url: url, description, is_active, filters };
      const first = seen.get(keyOf(subscription));
      if (first) throw doubled(reading, at, first, event_type, url);
      seen.set(keyOf(subscription), at);
      subscriptions.push(subscription);
      if (subscriptions.length > MAX_SUBSCRIPTIONS)
        throw refusal(reading, at, `There are more than ${MAX_SUBSCRIPTIONS} subscriptions`);
    }
  }
  return subscriptions;
}

const typesIn = (events: readonly NamedEvent[]) =>
  events.flatMap(({ types, at }) => types.map((event_type) => ({ event_type, at })));

const doubled = (reading: Reading, at: Place, first: Place, type: string, url: string) =>
  refusal(
    reading,
    at,
    `${type} to ${url} is there already, on line ${first.line}`,
    'Each event type goes to each URL once: take one of the two out.',
  );
