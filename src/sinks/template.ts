import { Failure } from '../errors.ts';

/** Which webhook a secret is of. */
export interface Subject {
  readonly webhookId: string;
  /** Null where nobody here knows. */
  readonly eventType: string | null;
}

type Fill = (subject: Subject) => string | null;

const upper = (text: string): string => text.toUpperCase().replace(/[^A-Z0-9]/g, '_');

/** What may stand in a path without leading anywhere else. */
const asWord = (text: string): string => text.replace(/[^\w.-]/g, '_').replace(/^\./, '_');

const PLACEHOLDERS: Readonly<Record<string, Fill>> = {
  EVENT_TYPE: ({ eventType }) => eventType && upper(eventType),
  event_type: ({ eventType }) => eventType && asWord(eventType),
  ID: ({ webhookId }) => upper(webhookId),
  id: ({ webhookId }) => asWord(webhookId),
};

const PLACEHOLDER = /\{([^{}]*)\}/g;
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
/** No system takes longer ones everywhere. */
const MAX_NAME_CHARS = 200;

/** Throws Failure `usage` for a placeholder that there is not. */
export function checkTemplate(flag: string, template: string): void {
  const known = Object.keys(PLACEHOLDERS);
  for (const [whole, word = ''] of template.matchAll(PLACEHOLDER)) {
    if (known.includes(word)) continue;
    throw new Failure('usage', `${flag} knows no ${whole}`, {
      hint: `It knows ${known.map((name) => `{${name}}`).join(', ')}.`,
    });
  }
}

/** True where the id of a webhook is a part of it. */
export const namesId = (template: string): boolean => /\{id\}/i.test(template);

/** A template with its placeholders filled. Throws Failure `usage` for an event type that is not known. */
export function fill(
  flag: string,
  template: string,
  subject: Subject,
  isFor: 'path' | 'name' = 'path',
): string {
  return template.replace(PLACEHOLDER, (whole, word: string) => {
    const filled = PLACEHOLDERS[word]?.(subject);
    if (filled) return isFor === 'name' ? filled.replace(/[.-]/g, '_') : filled;
    const problem = `${flag} has ${whole}, and the event type of ${subject.webhookId} is not known here`;
    throw new Failure('usage', problem, { hint: 'Use {ID} instead.' });
  });
}

/** The same for the name of an environment variable, which it has to be. */
export function fillName(flag: string, template: string, subject: Subject): string {
  const name = fill(flag, template, subject, 'name');
  if (NAME.test(name) && name.length <= MAX_NAME_CHARS) return name;
  // Not quoted: who mistakes the option for the secret itself must not find it in a log.
  throw new Failure('usage', `${flag} takes the name of an environment variable`, {
    hint: 'Letters, digits and underscores, no digit first, such as KYC_{EVENT_TYPE}_SECRET.',
  });
}

/** Throws Failure `usage` where two webhooks would have the same. */
export function demandDistinct(
  flag: string,
  subjects: readonly Subject[],
  keyOf: (subject: Subject) => string,
): void {
  const places = new Set(subjects.map(keyOf)).size;
  if (places === subjects.length) return;
  throw new Failure('usage', `${flag} gives ${subjects.length} secrets only ${places} between them`, {
    hint: 'Put {EVENT_TYPE} or {ID} into it: they stand for those of each webhook.',
  });
}
