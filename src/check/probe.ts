import type { Clock } from '../clock.ts';
import type { Level } from './catalogue.ts';
import type { Deliveries, Delivery } from './deliveries.ts';
import type { Finding } from './finding.ts';
import { accepted, refused, type Sent } from './judge.ts';
import type { Subject } from './subject.ts';
import type { Wire } from './wire.ts';

/** What a probe works with. */
export interface Kit {
  readonly deliveries: Deliveries;
  readonly wire: Wire;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

interface Common {
  /** Why it means nothing for this receiver; null: it does mean something. */
  readonly unless?: (subject: Subject, wire: Wire) => string | null;
  /** The most that it sends, without repeats. */
  readonly requests: number;
}

/** Deliveries one after the other, each on a connection of its own, all judged alike. */
export interface PlainProbe extends Common {
  readonly sends: (deliveries: Deliveries) => readonly Named[];
  readonly expects: 'accepted' | 'refused';
  /** What to change where it is not as expected. */
  readonly advice: string;
}

/** The name tells several of one probe apart. */
export type Named = readonly [name: string | null, delivery: Delivery];

/** One that sends in its own way. */
export interface OwnProbe extends Common {
  readonly run: (kit: Kit, level: Level) => Promise<Finding>;
}

export type Probe = PlainProbe | OwnProbe;

export async function runProbe(probe: Probe, kit: Kit, level: Level): Promise<Finding> {
  if ('run' in probe) return probe.run(kit, level);
  const sent: Sent[] = [];
  for (const [name, delivery] of probe.sends(kit.deliveries)) {
    const came = await kit.wire.deliver(delivery);
    // What went before took the receiver down, not this.
    const isGone = came.failure?.reason === 'refused' && sent.at(-1)?.came.status === null;
    if (isGone) break;
    sent.push({ name, came });
  }
  const judge = probe.expects === 'accepted' ? accepted : refused;
  return judge(level, sent, probe.advice);
}
