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

export const NAME_FLAG = '--env-name';
const SHORT_NAME = 'KYC_{EVENT_TYPE}_SECRET';
const LONG_NAME = 'KYC_{EVENT_TYPE}_{ID}_SECRET';
/** For an event type that nobody here knows. */
const BARE_NAME = 'KYC_{ID}_SECRET';

/** What the variable of a webhook is called by --env-name. Throws Failure `usage`, as what it gives does. */
export function namesAsTyped(template: string): (subject: Subject) => string {
  checkTemplate(NAME_FLAG, template);
  return (subject) => fillName(NAME_FLAG, template, subject);
}

/**
 * What the variable of a webhook is called where nobody says: by its event type, with its id where others of `all` have
 * the same, and by its id alone where its event type is not known.
 */
export function namesByDefault(all: readonly Subject[]): (subject: Subject) => string {
  const shortOf = (subject: Subject): string => fillName(NAME_FLAG, SHORT_NAME, subject);
  const times = new Map<string, number>();
  for (const name of all.filter(({ eventType }) => eventType).map(shortOf))
    times.set(name, (times.get(name) ?? 0) + 1);
  return (subject) => {
    if (!subject.eventType) return fillName(NAME_FLAG, BARE_NAME, subject);
    const short = shortOf(subject);
    return (times.get(short) ?? 0) > 1 ? fillName(NAME_FLAG, LONG_NAME, subject) : short;
  };
}

/** A name to type that gives each a variable of its own. */
function distinctName(subjects: readonly Subject[]): string {
  if (subjects.some(({ eventType }) => !eventType)) return BARE_NAME;
  const names = new Set(subjects.map((subject) => fillName(NAME_FLAG, SHORT_NAME, subject)));
  return names.size === subjects.length ? SHORT_NAME : LONG_NAME;
}

/** Throws Failure `usage` where two webhooks would have the same variable. */
export function demandDistinctNames(subjects: readonly Subject[], keyOf: (subject: Subject) => string): void {
  demandDistinct(NAME_FLAG, subjects, keyOf, () => `Such as ${NAME_FLAG} '${distinctName(subjects)}'.`);
}

/** Throws Failure `usage` where two webhooks would have the same. */
export function demandDistinct(
  flag: string,
  subjects: readonly Subject[],
  keyOf: (subject: Subject) => string,
  advice = () => 'Put {EVENT_TYPE} or {ID} into it: they stand for those of each webhook.',
): void {
  const places = new Set(subjects.map(keyOf)).size;
  if (places === subjects.length) return;
  throw new Failure('usage', `${flag} gives ${subjects.length} secrets only ${places} between them`, {
    hint: advice(),
  });
}
