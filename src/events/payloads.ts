/**
 * Believable, made-up data for each event type. Assumption: the provider documents no payloads. Field names and
 * states are borrowed from its other public pages (responses, verification sessions, onboarding sessions,
 * screenings, entities); only `simulated` and the empty counts of `response.autoflag_completed` are documented.
 */
export type Payload = Readonly<Record<string, unknown>>;

/** Sessions are documented to live for 48 hours. */
const SESSION_MS = 48 * 3_600_000;

const COMPANIES = [
  'Northwind Trading Ltd',
  'Fabrikam GmbH',
  'Contoso Shipping BV',
  'Litware Capital SA',
] as const;
const PEOPLE = ['Amara Okafor', 'Jonas Lindqvist', 'Mei Tanaka', 'Lucía Fernández'] as const;
const JURISDICTIONS = ['GB', 'DE', 'NL', 'CH', 'SG', 'US'] as const;

/** What a payload is drawn from: the same draws give the same payload. */
class Draw {
  readonly #random: () => number;
  readonly nowMs: number;

  constructor(random: () => number, nowMs: number) {
    this.#random = random;
    this.nowMs = nowMs;
  }

  below(count: number): number {
    return Math.floor(this.#random() * count);
  }

  oneOf<T>(choices: readonly [T, ...T[]]): T {
    return choices[this.below(choices.length)] ?? choices[0];
  }

  uuid(): string {
    return drawUuid(this.#random);
  }

  time(offsetMs = 0): string {
    return new Date(this.nowMs + offsetMs).toISOString();
  }
}

/** A version 4 UUID out of `random` alone. */
export function drawUuid(random: () => number): string {
  const digits = Array.from({ length: 31 }, () => Math.floor(random() * 16).toString(16)).join('');
  const variant = '89ab'[Math.floor(random() * 4)] ?? '8';
  return [
    digits.slice(0, 8),
    digits.slice(8, 12),
    `4${digits.slice(12, 15)}`,
    `${variant}${digits.slice(15, 18)}`,
    digits.slice(18, 30),
  ].join('-');
}

type Maker = (draw: Draw, event: string) => Payload;

/** A lookup that inherits nothing: `constructor` is no event. */
function fields<T>(record: Readonly<Record<string, T>>): ReadonlyMap<string, T> {
  return new Map(Object.entries(record));
}

/** The data of one event, drawn from `random`; types that are not documented get an entity. */
export function samplePayload(eventType: string, random: () => number, nowMs: number): Payload {
  const [group = '', event = ''] = eventType.split('.', 2);
  const make = MAKERS.get(group) ?? entity;
  return make(new Draw(random, nowMs), event);
}

const entity: Maker = (draw) => {
  const isCompany = draw.below(2) === 0;
  return {
    id: draw.uuid(),
    entity_type: isCompany ? 'company' : 'individual',
    legal_name: draw.oneOf(isCompany ? COMPANIES : PEOPLE),
    jurisdiction: draw.oneOf(JURISDICTIONS),
  };
};

const onboarding: Maker = (draw, event) => ({
  session_id: draw.uuid(),
  entity_id: draw.uuid(),
  response_id: draw.uuid(),
  verification_session_id: draw.uuid(),
  steps: [
    { name: 'ddq', completed: event === 'ddq_completed' || event === 'completed' },
    { name: 'verification', completed: event === 'verification_completed' || event === 'completed' },
  ],
  expires_at: draw.time(event === 'expired' ? -1 : SESSION_MS),
});

const RESPONSE_STATUS: ReadonlyMap<string, string> = fields({
  created: 'DRAFT',
  autofill_completed: 'PREFILL',
  submitted: 'SUBMITTED',
  reviewed: 'REVIEWED',
  approved: 'APPROVED',
  rejected: 'REJECTED',
});

const response: Maker = (draw, event) => ({
  response_id: draw.uuid(),
  entity_id: draw.uuid(),
  entity_name: draw.oneOf(COMPANIES),
  status: RESPONSE_STATUS.get(event) ?? 'UNDER_REVIEW',
  ...(event === 'autoflag_completed' ? { simulated: true, counts: {} } : {}),
});

const report: Maker = (draw) => ({
  report_id: draw.uuid(),
  entity_id: draw.uuid(),
  entity_name: draw.oneOf(COMPANIES),
  generated_at: draw.time(),
});

const screening: Maker = (draw, event) => ({
  screening_id: draw.uuid(),
  entity_id: draw.uuid(),
  name: draw.oneOf(PEOPLE),
  entity_type: 'individual',
  screening_status: event,
});

const batch: Maker = (draw, event) => {
  const total = 10 + draw.below(90);
  const processed = event === 'completed' ? total : draw.below(total);
  return { batch_id: draw.uuid(), status: event, total, processed };
};

const SESSION_STATUS: ReadonlyMap<string, string> = fields({
  session_created: 'pending',
  session_accessed: 'accessed',
  session_failed: 'failed',
  session_expired: 'expired',
});

const verification: Maker = (draw, event) => {
  const status = SESSION_STATUS.get(event) ?? 'completed';
  return {
    session_id: draw.uuid(),
    entity_id: draw.uuid(),
    entity_name: draw.oneOf(PEOPLE),
    status,
    outcome: status === 'completed' ? draw.oneOf(['clear', 'consider', 'attention']) : 'pending',
    expires_at: draw.time(event === 'session_expired' ? -1 : SESSION_MS),
  };
};

const nonDocument: Maker = (draw, event) => ({
  check_id: draw.uuid(),
  entity_id: draw.uuid(),
  entity_name: draw.oneOf(PEOPLE),
  status: event === 'check_initiated' ? 'pending' : 'completed',
  outcome: event === 'check_initiated' ? 'pending' : draw.oneOf(['clear', 'consider']),
});

const legalCase: Maker = (draw, event) => ({
  case_id: draw.uuid(),
  entity_id: draw.uuid(),
  entity_name: draw.oneOf(COMPANIES),
  status: event,
});

const alert: Maker = (draw) => ({
  alert_id: draw.uuid(),
  entity_id: draw.uuid(),
  entity_name: draw.oneOf(COMPANIES),
  screening_id: draw.uuid(),
});

const test: Maker = (draw) => ({ message: 'This is a test event', sent_at: draw.time() });

const MAKERS: ReadonlyMap<string, Maker> = fields({
  onboarding,
  response,
  report,
  screening,
  batch,
  verification,
  non_document: nonDocument,
  case: legalCase,
  alert,
  test,
});
