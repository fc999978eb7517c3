import type { Context } from '../cli/context.ts';
import { chooseEvents } from '../cli/options.ts';

/** What `all` stands for: every type. */
const WILDCARD = 'all';

/**
 * Tells which deliveries are meant by event types and groups. A group also takes types of its name that the
 * catalogue does not list. Throws Failure `usage` for a group that there is not.
 */
export function eventMatcher(
  context: Context,
  values: readonly string[],
): (eventType: string | null) => boolean {
  const { types, unknown } = chooseEvents(values);
  for (const type of unknown)
    context.talk.warn(`${type} is not a documented event type. See kycgenie events types.`);
  const wanted = new Set(types);
  const prefixes = values.filter((value) => value.endsWith('.*')).map((value) => value.slice(0, -1));
  if (wanted.has(WILDCARD)) return () => true;
  return (eventType) =>
    eventType !== null && (wanted.has(eventType) || prefixes.some((prefix) => eventType.startsWith(prefix)));
}

/** How much a name takes in, to ask the narrow ones first: one type, a group, everything. */
export function breadthOf(name: string): number {
  if (name === WILDCARD) return 2;
  return name.endsWith('.*') ? 1 : 0;
}
