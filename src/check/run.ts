import type { Clock } from '../clock.ts';
import { isSuccess } from '../http/status.ts';
import { CATALOGUE, type Level, PROBE_IDS, type ProbeId } from './catalogue.ts';
import { Deliveries } from './deliveries.ts';
import { type Finding, type Reported, skipped, unjudged } from './finding.ts';
import { broken, describeCame } from './judge.ts';
import { type Kit, runProbe } from './probe.ts';
import { PROBES } from './probes.ts';
import type { Subject } from './subject.ts';
import type { Wire } from './wire.ts';

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
 * NetworkFailure of the first delivery, where that is not answered at all, and Failure `usage` for a secret that
 * cannot sign.
 */
export async function* check(options: CheckOptions): AsyncGenerator<Reported, void, undefined> {
  const { subject, wire, clock, signal, wanted } = options;
  const kit: Kit = { deliveries: new Deliveries(subject, clock), wire, clock, signal };
  /** Why nothing more is looked at. */
  let over: Finding | null = null;
  for (const id of PROBE_IDS) {
    const isWanted = id === 'valid' || wanted.has(id);
    const looked: Looked = isWanted
      ? await lookUnless(over, id, kit)
      : { finding: skipped('Not asked for'), over };
    over = looked.over;
    yield { id, ...CATALOGUE[id], ...looked.finding };
  }
}

interface Looked {
  readonly finding: Finding;
  readonly over: Finding | null;
}

async function lookUnless(over: Finding | null, id: ProbeId, kit: Kit): Promise<Looked> {
  if (over !== null) return { finding: over, over };
  try {
    return await look(id, kit);
  } catch (error) {
    if (!kit.signal.aborted) throw error;
    const stopped = skipped('Stopped before its end');
    return { finding: stopped, over: stopped };
  }
}

async function look(id: ProbeId, kit: Kit): Promise<Looked> {
  const probe = PROBES[id];
  const reason = probe.unless?.(kit.deliveries.subject, kit.wire) ?? null;
  if (reason !== null) return { finding: skipped(reason), over: null };
  const { level } = CATALOGUE[id];
  const finding = await runProbe(probe, kit, level);
  if (id === 'valid') return { finding, over: finding.result === 'passed' ? null : skipped(NOT_VALID) };
  const isDoubtful = finding.result === 'failed' || finding.result === 'warned';
  return isDoubtful && !isSuccess(finding.status)
    ? control(id, level, finding, kit)
    : { finding, over: null };
}

const NOT_VALID = 'A valid delivery is not accepted, so that this says nothing';

/**
 * Tells what a probe did to the receiver from what it showed: a receiver that is down, or has shut us out, would
 * fail all that follows.
 */
async function control(
  id: ProbeId,
  level: Level,
  finding: Finding,
  { deliveries, wire }: Kit,
): Promise<Looked> {
  const came = await wire.deliver(deliveries.make());
  if (isSuccess(came.status)) return { finding, over: null };
  const over = unjudged(`Since ${id} a valid delivery is not accepted any more`, LOST_ADVICE);
  const detail = `${finding.detail}; after it a valid delivery ${describeCame(came)}`;
  if (finding.status === null) return { finding: { ...finding, result: broken(level), detail }, over };
  return { finding: { ...unjudged(detail, LOST_ADVICE), status: finding.status }, over };
}

const LOST_ADVICE =
  'See in the log of the receiver why it refuses what it took before: it is down, or has shut this sender out.';
