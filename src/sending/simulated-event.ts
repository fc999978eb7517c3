import { randomUUID } from 'node:crypto';
import { samplePayload } from '../events/payloads.ts';
import { isRecord } from '../record.ts';

type Data = Readonly<Record<string, unknown>>;

export interface SimulatedEvent {
  readonly id: string;
  /** JSON. */
  readonly body: Uint8Array;
}

export interface Simulation {
  readonly eventType: string;
  /** Merged into the made-up data: mappings key by key, anything else in place of what was there. */
  readonly changes: Data;
  /** A number in [0, 1), as often as asked. */
  readonly random: () => number;
}

export const newEventId = (): string => `evt_${randomUUID().replaceAll('-', '')}`;

/**
 * An event with a fresh id, its data made up. Assumption: the provider documents no envelope; this one is what the
 * sandbox delivers, and marked as simulated.
 */
export function simulateEvent({ eventType, changes, random }: Simulation, nowMs: number): SimulatedEvent {
  const id = newEventId();
  const event = {
    id,
    event_type: eventType,
    created_at: new Date(nowMs).toISOString(),
    data: merge(samplePayload(eventType, random, nowMs), changes),
    simulated: true,
  };
  return { id, body: new TextEncoder().encode(JSON.stringify(event)) };
}

/** Only as deep as both go. */
function merge(data: Data, changes: Data): Data {
  const merged = Object.entries(changes).map(([key, change]) => {
    const before = Object.hasOwn(data, key) ? data[key] : undefined;
    return [key, isRecord(before) && isRecord(change) ? merge(before, change) : change] as const;
  });
  return { ...data, ...Object.fromEntries(merged) };
}
