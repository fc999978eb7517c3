/** One documented event type. Source: the event tables of the Webhooks API reference. */
export interface EventType {
  readonly type: string;
  /** The group it is listed under, as users type it: `screening.*`; null for the two special types. */
  readonly group: string | null;
  readonly description: string;
}

const GROUPS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  onboarding: {
    created: 'Onboarding link generated and sent to the entity',
    ddq_completed: 'Entity finished the DDQ step of the onboarding session',
    verification_completed: 'Entity finished the identity verification step of the onboarding session',
    completed: 'All required steps done, the entity is fully onboarded',
    expired: 'Onboarding link expired before all steps were done',
    revoked: 'Onboarding link revoked for good by your team',
    link_regenerated: 'New token issued for an existing session',
  },
  response: {
    created: 'New response (DDQ submission) created',
    submitted: 'Entity submitted a completed response',
    reviewed: 'Response reviewed by the compliance team',
    approved: 'Response approved',
    rejected: 'Response rejected',
    autofill_completed: 'AI autofill finished',
    check_answers_completed: 'AI answer check finished',
    autoflag_started: 'AI autoflag analysis started',
    autoflag_completed: 'AI autoflag analysis finished',
    autoflag_failed: 'AI autoflag analysis failed',
    assessment_generated: 'AI assessment report generated for a submitted response',
  },
  report: {
    client_report_generated: 'PDF client report of an entity generated',
  },
  screening: {
    completed: 'AML screening check finished',
    failed: 'AML screening ran into an error',
  },
  batch: {
    completed: 'Batch screening finished',
    progress: 'Batch screening made progress',
    failed: 'Batch screening failed',
  },
  verification: {
    session_created: 'New identity verification session started',
    session_accessed: 'Entity opened the verification session',
    session_completed: 'Verification session completed',
    session_failed: 'Verification session failed',
    session_expired: 'Verification session expired',
    check_completed: 'Identity verification check finished',
  },
  non_document: {
    check_initiated: 'Non-document check started',
    completed: 'Non-document check finished with results',
    reviewed: 'Non-document check reviewed',
  },
  case: {
    opened: 'New case opened for investigation',
    resolved: 'Case resolved or closed',
  },
  alert: {
    created: 'New alert created',
  },
};

const SPECIAL: readonly EventType[] = [
  { type: 'all', group: null, description: 'Every event type (wildcard subscription)' },
  { type: 'test', group: null, description: 'Synthetic event fired by the test call' },
];

/** Every documented event type, in the reference's order; the two special ones last. */
export const EVENT_TYPES: readonly EventType[] = [
  ...Object.entries(GROUPS).flatMap(([prefix, events]) =>
    Object.entries(events).map(([name, description]) => ({
      type: `${prefix}.${name}`,
      group: `${prefix}.*`,
      description,
    })),
  ),
  ...SPECIAL,
];

/** Every group, as users type it: `onboarding.*`. */
export const EVENT_GROUPS: readonly string[] = Object.keys(GROUPS).map((prefix) => `${prefix}.*`);

const DOCUMENTED: ReadonlySet<string> = new Set(EVENT_TYPES.map(({ type }) => type));

export function isDocumentedType(type: string): boolean {
  return DOCUMENTED.has(type);
}

/** The documented types of a group, or undefined when there is no such group. */
export function typesOfGroup(group: string): readonly string[] | undefined {
  const types = EVENT_TYPES.filter((event) => event.group === group).map(({ type }) => type);
  return types.length > 0 ? types : undefined;
}
