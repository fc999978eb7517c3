import type { DeliveryRow } from '../inspector/protocol.ts';

const two = (number: number): string => String(number).padStart(2, '0');

/** `14:03:02` here, or the day before it where it is not `today`'s. */
export function localTime(iso: string, today: Date): string {
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return iso;
  const time = [at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(':');
  return at.toDateString() === today.toDateString()
    ? time
    : `${two(at.getMonth() + 1)}-${two(at.getDate())} ${time.slice(0, -3)}`;
}

/** `2026-11-22 14:03:02.118`, as the clock on the wall says. */
export function localMoment(iso: string): string {
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return iso;
  const date = [at.getFullYear(), at.getMonth() + 1, at.getDate()].map(two).join('-');
  const time = [at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(':');
  return `${date} ${time}.${String(at.getMilliseconds()).padStart(3, '0')}`;
}

export const utc = (iso: string): string => iso.replace('T', ' ').replace(/Z$/, ' UTC');

/** `12 ms`, `1.4 s`. */
export function duration(ms: number): string {
  if (ms < 1) return '<1 ms';
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`;
}

const KILO = 1024;

export function size(bytes: number): string {
  if (bytes < KILO) return `${bytes} ${bytes === 1 ? 'byte' : 'bytes'}`;
  return bytes < KILO * KILO ? `${(bytes / KILO).toFixed(1)} kB` : `${(bytes / KILO / KILO).toFixed(1)} MB`;
}

/** `1,204`. */
export const count = (number: number): string => number.toLocaleString('en-GB');

/** `1 delivery`, `3 deliveries`. */
export const counted = (number: number, one: string, many: string): string =>
  `${count(number)} ${number === 1 ? one : many}`;

type Answered = Pick<DeliveryRow, 'forward' | 'response_status'>;

const FIRST_ERROR = 400;

/** The app's answer in a word; where it was not asked ours, if that was a refusal. */
export function answer({ forward, response_status: status }: Answered): string {
  if (forward === null) return status === 0 ? 'not answered' : status >= FIRST_ERROR ? String(status) : '';
  return forward.status === null ? 'no answer' : String(forward.status);
}
