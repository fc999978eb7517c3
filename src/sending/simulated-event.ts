import { randomUUID } from 'node:crypto';
import { samplePayload } from '../events/payloads.ts';
import { merge } from './merge.ts';

export interface SimulatedEvent {
  readonly id: string;
  /** JSON. */
  readonly body: Uint8Array;
}

export interface Simulation {
  readonly eventType: string;
  /** Merged into the made-up data: mappings key by key, anything else in place of what was there. */
  readonly changes: Readonly<Record<string, unknown>>;
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
