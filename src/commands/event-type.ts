import type { Context } from '../cli/context.ts';
import { Failure } from '../errors.ts';
import { EVENT_TYPES, isDocumentedType, typesOfGroup } from '../events/catalog.ts';

/** Warns of a type that is not documented. Throws Failure `usage` for a group, and for none. */
export async function checkEventType({ talk }: Context, eventType: string): Promise<void> {
  const types = typesOfGroup(eventType);
  if (types || eventType.trim() === '') {
    throw new Failure('usage', `"${eventType}" is not one event type`, {
      hint: `Name one, such as ${types?.[0] ?? 'screening.completed'}: kycgenie events types lists them.`,
    });
  }
  if (isDocumentedType(eventType)) return;
  const { nearest } = await import('../nearest.ts');
  const meant = nearest(
    eventType,
    EVENT_TYPES.map(({ type }) => type),
  );
  const next = meant === null ? 'kycgenie events types lists those that are' : `did you mean ${meant}?`;
  talk.warn(`${eventType} is not a documented event type, and is sent as it is: ${next}`);
}
