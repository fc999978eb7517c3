/** What `check` looks at: the one list that the engine, the help and completion read. */

/**
 * `must`: without it deliveries are lost or forged ones taken. `should`: senders rely on it now and then. `info`:
 * told, since only the receiver's own log can judge it.
 */
export type Level = 'must' | 'should' | 'info';

interface Described {
  readonly level: Level;
  /** What a good receiver does. */
  readonly title: string;
}

/** What a sender waits for an answer: the shortest time-out that providers document. */
export const TIME_BUDGET_MS = 5_000;
/** How long an answer is waited for: enough to measure a slow one, and to go on after none. */
export const ANSWER_MS = 2 * TIME_BUDGET_MS;
/** The longest that may be asked for. */
export const MAX_ANSWER_MS = 60_000;
export const AT_ONCE = 20;
export const LARGE_BODY_KIB = 256;

/** In the order in which they run: what an attacker could use first. */
export const CATALOGUE = {
  valid: { level: 'must', title: 'accepts a valid delivery' },
  forged: { level: 'must', title: 'refuses a delivery signed with another secret' },
  unsigned: { level: 'must', title: 'refuses a delivery without a signature' },
  'empty-signature': { level: 'must', title: 'refuses an empty signature' },
  'truncated-signature': { level: 'must', title: 'refuses a signature that is cut off' },
  'flipped-signature': { level: 'must', title: 'refuses a signature with a bit or a letter changed' },
  'altered-body': { level: 'must', title: 'refuses a body that was altered after signing' },
  'old-timestamp': { level: 'must', title: 'refuses a delivery that was signed an hour ago' },
  'future-timestamp': { level: 'should', title: 'refuses a delivery that was signed in the future' },
  'raw-body': { level: 'must', title: 'verifies the bytes, however the JSON is written' },
  rotation: { level: 'must', title: 'accepts the old and the new secret' },
  'unknown-event': { level: 'should', title: 'accepts types and fields that it does not know' },
  'large-body': { level: 'should', title: `accepts a body of ${LARGE_BODY_KIB} kB` },
  'slow-sender': { level: 'should', title: 'accepts a body that arrives in pieces' },
  'keep-alive': { level: 'should', title: 'answers several deliveries on one connection' },
  'expect-continue': { level: 'should', title: 'accepts Expect: 100-continue' },
  head: { level: 'should', title: 'does nothing on HEAD' },
  get: { level: 'should', title: 'does nothing on GET' },
  concurrent: { level: 'should', title: `accepts ${AT_ONCE} deliveries at once` },
  duplicate: { level: 'info', title: 'accepts the same delivery twice' },
  reordered: { level: 'info', title: 'accepts events out of order' },
  'time-budget': { level: 'must', title: `answers within ${TIME_BUDGET_MS / 1000} s` },
} as const satisfies Readonly<Record<string, Described>>;

export type ProbeId = keyof typeof CATALOGUE;

const isProbeId = (id: string): id is ProbeId => Object.hasOwn(CATALOGUE, id);

export const PROBE_IDS: readonly ProbeId[] = Object.keys(CATALOGUE).filter(isProbeId);

/** Why a probe is skipped that --only and --skip leave out. */
export const NOT_ASKED_FOR = 'Not asked for';

/** Never more in one run, whatever the receiver answers. */
export const MAX_REQUESTS = 120;

/** The rule by which a receiver is graded: the first that applies, worst first. */
export const GRADES = [
  ['F', 'a valid delivery is not accepted, or a forged or altered one is, or takes the receiver down'],
  ['D', 'another must does not hold, or could not be judged'],
  ['C', 'all musts hold, three or more other findings'],
  ['B', 'all musts hold, one or two other findings'],
  ['A', 'all that was looked at holds'],
] as const;

export type Grade = (typeof GRADES)[number][0];
