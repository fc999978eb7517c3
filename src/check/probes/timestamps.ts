import type { PlainProbe } from '../probe.ts';
import type { Subject } from '../subject.ts';

/** Far beyond the few minutes that any scheme allows. */
const AN_HOUR_MS = 3_600_000;

/** Twice as far as the scheme allows, where that is more. */
const farFrom = (toleratedMs = 0): number => Math.max(AN_HOUR_MS, 2 * toleratedMs);

function withoutTimestamp({ scheme }: Subject): string | null {
  if (scheme.timestamp !== null && scheme.templates[0].includes('{timestamp}')) return null;
  return `The scheme ${scheme.name} signs no timestamp`;
}

export const oldTimestamp: PlainProbe = {
  unless: withoutTimestamp,
  requests: 1,
  sends: ({ make, subject: { scheme } }) => [[null, make({ offsetMs: -farFrom(scheme.tolerance?.pastMs) })]],
  expects: 'refused',
  advice:
    'Refuse a signed timestamp that is more than five minutes off: else whoever records a delivery can send it again ' +
    'for ever.',
};

export const futureTimestamp: PlainProbe = {
  unless: withoutTimestamp,
  requests: 1,
  sends: ({ make, subject: { scheme } }) => [[null, make({ offsetMs: farFrom(scheme.tolerance?.futureMs) })]],
  expects: 'refused',
  advice:
    'Compare the absolute difference to your clock: a timestamp in the future stretches the replay window.',
};
