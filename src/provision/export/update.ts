import { groupAlike, toContent, toEntry, toEvents } from '../export.ts';
import type { Manifest, ManifestEntry, NamedEvent } from '../manifest.ts';
import { isSameContent, keyOf, type Subscription } from '../subscription.ts';

type Path = readonly (string | number)[];

/** A change of a document that leaves everything else in it as it is. They hold in their order. */
export type Edit =
  | { readonly kind: 'set'; readonly path: Path; readonly value: unknown }
  | { readonly kind: 'remove'; readonly path: Path }
  | { readonly kind: 'append'; readonly path: Path; readonly value: unknown };

/** What makes a manifest say what the account is. The last entries come first, so that paths keep their meaning. */
export function updateEdits(manifest: Manifest, account: readonly Subscription[]): readonly Edit[] {
  const there = new Map(account.map((subscription) => [keyOf(subscription), subscription]));
  const edits = manifest.entries.map((entry, index) => {
    const kept = keptOf(entry, there);
    for (const one of kept) there.delete(keyOf(one));
    return entryEdits(entry, ['webhooks', index], kept);
  });
  const added = groupAlike([...there.values()]).map(
    (group): Edit => ({ kind: 'append', path: ['webhooks'], value: toEntry(group, manifest.defaults) }),
  );
  return [...edits.reverse().flat(), ...added];
}

/** Of the subscriptions that an entry names, those it goes on to stand for: they are alike. */
function keptOf(entry: ManifestEntry, there: ReadonlyMap<string, Subscription>): readonly Subscription[] {
  const found = typesOf(entry.events).flatMap(
    (event_type) => there.get(keyOf({ event_type, webhook_url: entry.url })) ?? [],
  );
  const asWritten = found.filter((one) => isSameContent(one, entry));
  const [first] = found;
  if (asWritten.length > 0 || !first) return asWritten;
  return found.filter((one) => isSameContent(one, first));
}

function entryEdits(entry: ManifestEntry, path: Path, kept: readonly Subscription[]): readonly Edit[] {
  const [first] = kept;
  if (!first) return [{ kind: 'remove', path }];
  const fields = Object.entries(toContent(first, entry));
  return [
    ...fields.map(([key, value]): Edit => ({ kind: 'set', path: [...path, key], value })),
    ...eventEdits(entry, path, new Set(kept.map(({ event_type }) => event_type))),
  ];
}

function eventEdits(entry: ManifestEntry, path: Path, kept: ReadonlySet<string>): readonly Edit[] {
  const isWhole = ({ types }: NamedEvent): boolean => types.every((type) => kept.has(type));
  if (entry.events.every(isWhole)) return [];
  const parts = entry.events.filter((event) => !isWhole(event)).flatMap(({ types }) => types);
  const single = toEvents(parts.filter((type) => kept.has(type)));
  if (entry.isSingle) {
    return [
      { kind: 'remove', path: [...path, 'event'] },
      { kind: 'set', path: [...path, 'events'], value: single },
    ];
  }
  const events: Path = [...path, 'events'];
  const gone = entry.events.flatMap((event, index): Edit[] =>
    isWhole(event) ? [] : [{ kind: 'remove', path: [...events, index] }],
  );
  return [...gone.reverse(), ...single.map((value): Edit => ({ kind: 'append', path: events, value }))];
}

const typesOf = (events: readonly NamedEvent[]): readonly string[] => events.flatMap(({ types }) => types);
