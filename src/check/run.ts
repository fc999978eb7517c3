import type { Clock } from '../clock.ts';
import { isSuccess } from '../http/status.ts';
import { CATALOGUE, type Level, NOT_ASKED_FOR, PROBE_IDS, type ProbeId } from './catalogue.ts';
import { Deliveries } from './deliveries.ts';
import { type Finding, type Reported, skipped, unjudged } from './finding.ts';
import { broken, describeCame, RATE_ADVICE } from './judge.ts';
import { type Kit, runProbe } from './probe.ts';
import { PROBES } from './probes.ts';
import type { Subject } from './subject.ts';
import { type Came, RATE_LIMITED, type Wire } from './wire.ts';

export interface CheckOptions {
  readonly subject: Subject;
  readonly wire: Wire;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Beside `valid`, without which the others mean nothing. */
  readonly wanted: ReadonlySet<ProbeId>;
}

/**
 * Runs the probes one after the other and gives what each found, those that did not run included. Throws the
 * NetworkFailure of the first delivery, where that reaches no receiver, and Failure `usage` for a secret that
 * cannot sign.
 */
export async function* check(options: CheckOptions): AsyncGenerator<Reported, void, undefined> {
  const { subject, wire, clock, signal, wanted } = options;
  const kit: Kit = { deliveries: new Deliveries(subject, clock), wire, clock, signal };
  /** Why nothing more is looked at. */
  let over: Finding | null = null;
  /** Which was the last to send anything. */
  let last: ProbeId = 'valid';
  for (const id of PROBE_IDS) {
    const isWanted = id === 'valid' || wanted.has(id);
    const looked: Looked = isWanted
      ? await lookUnless(over, id, last, kit)
      : { finding: skipped(NOT_ASKED_FOR), over };
    over = looked.over;
    if (looked.finding.result !== 'skipped') last = id;
    yield { id, ...CATALOGUE[id], ...looked.finding };
  }
}

interface Looked {
  readonly finding: Finding;
  readonly over: Finding | null;
}

async function lookUnless(over: Finding | null, id: ProbeId, last: ProbeId, kit: Kit): Promise<Looked> {
  if (over !== null) return { finding: over, over };
  try {
    return await look(id, last, kit);
  } catch (error) {
    if (!kit.signal.aborted) throw error;
    const stopped = skipped('Stopped before its end');
    return { finding: stopped, over: stopped };
  }
}

async function look(id: ProbeId, last: ProbeId, kit: Kit): Promise<Looked> {
  const probe = PROBES[id];
  const reason = probe.unless?.(kit.deliveries.subject, kit.wire) ?? null;
  if (reason !== null) return { finding: skipped(reason), over: null };
  const { level } = CATALOGUE[id];
  const { reached } = kit.wire;
  const finding = await runProbe(probe, kit, level);
  if (id === 'valid') return { finding, over: finding.result === 'passed' ? null : skipped(NOT_VALID) };
  if (kit.wire.reached === reached) return gone(last);
  const isControlled = finding.result !== 'skipped' && !isSuccess(finding.status);
  return isControlled ? control(id, level, finding, kit) : { finding, over: null };
}

const NOT_VALID = 'A valid delivery is not accepted, so that this says nothing';

/**
 * Tells what a probe did to the receiver from what it showed: a refusal counts where a valid delivery is accepted
 * after it. One that is down, or has shut us out, would refuse all that follows.
 */
async function control(
  id: ProbeId,
  level: Level,
  finding: Finding,
  { deliveries, wire }: Kit,
): Promise<Looked> {
  const came = await wire.deliver(deliveries.make());
  if (isSuccess(came.status)) return { finding, over: null };
  const isDown = finding.status === null || came.failure?.reason === 'refused';
  return isDown ? tookDown(id, level, finding, came) : shutOut(id, finding, came);
}

function tookDown(id: ProbeId, level: Level, finding: Finding, came: Came): Looked {
  const detail = `${finding.detail}; this request took it down: after it a valid delivery ${afterwards(came)}`;
  return {
    finding: { ...finding, result: broken(level), detail, advice: DOWN_ADVICE },
    over: unjudged(`The receiver is down since ${id}`, null),
  };
}

/** It answered the last probe, and died of it; none of this one came to it. */
function gone(last: ProbeId): Looked {
  const detail = `Nothing listens any more since ${last}: that took it down`;
  return { finding: unjudged(detail, LOST_ADVICE), over: unjudged(detail, null) };
}

function shutOut(id: ProbeId, finding: Finding, came: Came): Looked {
  const { word, advice } = doubtOf(came);
  const detail = `${finding.detail}; after it a valid delivery ${afterwards(came)}: ${word}`;
  return {
    finding: { ...finding, ...unjudged(detail, advice), status: finding.status },
    over: unjudged(`Since ${id} a valid delivery is not accepted any more: ${word}`, null),
  };
}

const afterwards = (came: Came): string =>
  came.failure?.reason === 'refused' ? 'finds nothing that listens' : describeCame(came);

function doubtOf({ status }: Came): { readonly word: string; readonly advice: string } {
  if (status === RATE_LIMITED) return { word: 'a rate limit', advice: RATE_ADVICE };
  const isRefused = status !== null && status >= 400 && status < 500;
  return isRefused ? { word: 'a lock-out', advice: LOCK_ADVICE } : { word: 'it fails', advice: LOST_ADVICE };
}

const DOWN_ADVICE =
  'One request takes the receiver down: its log says where. Catch what goes wrong while verifying, and answer 401.';

const LOCK_ADVICE =
  'Lift the lock-out after bad signatures for the time of the check, then run it again: what a locked-out sender is ' +
  'refused says nothing of the signature.';

const LOST_ADVICE = 'See in the log of the receiver why it does not take any more what it took before.';
