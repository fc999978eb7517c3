import type { JSX } from 'preact';
import type { DeliveryRow } from '../inspector/protocol.ts';
import { localMoment, localTime, utc } from './format.ts';

export type Verdict = DeliveryRow['signature']['status'];

/** Told apart by shape as well as by colour. */
const SHAPES: Readonly<Record<Verdict, string>> = {
  valid: 'M4.6 8.3 7 10.7l4.4-5',
  invalid: 'M5.4 5.4l5.2 5.2M10.6 5.4l-5.2 5.2',
  unverified: 'M5 8h6',
};

export function Mark({ verdict }: { readonly verdict: Verdict }): JSX.Element {
  return (
    <span class={`mark ${verdict}`}>
      <svg viewBox="0 0 16 16" aria-hidden="true">
        <circle cx="8" cy="8" r="6.75" />
        <path d={SHAPES[verdict]} />
      </svg>
      <span class="for-ears">{verdict}</span>
    </span>
  );
}

interface WhenProps {
  readonly iso: string;
  /** Null: the whole moment. */
  readonly today: Date | null;
}

export function When({ iso, today }: WhenProps): JSX.Element {
  return (
    <time dateTime={iso} title={utc(iso)}>
      {today === null ? localMoment(iso) : localTime(iso, today)}
    </time>
  );
}
