import { isRecord } from '../../record.ts';
import { carriesSeveral } from '../../signing/grammar.ts';
import { LARGE_BODY_KIB } from '../catalogue.ts';
import type { Deliveries } from '../deliveries.ts';
import type { Named, PlainProbe } from '../probe.ts';

const LARGE_BODY_BYTES = LARGE_BODY_KIB * 1024;
const INDENT = 2;
const NON_ASCII = /[\u0080-\uffff]/g;

const WORDS = { note: 'Zoë Großmann, 张伟, Ωmega 🦉 https://example.com/a?b=<c>&d' } as const;

/** Each is the same JSON written in a way that a parser and a writer do not give back. */
const WRITINGS: Readonly<Record<string, (json: string) => string>> = {
  'white space': (json) => `${JSON.stringify(JSON.parse(json), null, INDENT).replaceAll('\n', '\r\n')}\n`,
  'unicode as it is': (json) => json,
  'unicode and slashes escaped': (json) => json.replace(NON_ASCII, escaped).replaceAll('/', '\\/'),
  'another order of keys': (json) => reordered(json),
  'large and long numbers': (json) =>
    json.replace('"simulated":true', '"simulated":true,"numbers":[12345678901234567890,1.10,1E2,-0,0.1000]'),
};

const escaped = (letter: string): string => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** Backwards, and with numbers for names, which many languages sort. */
function reordered(json: string): string {
  const event: unknown = JSON.parse(json);
  const entries = isRecord(event) ? Object.entries(event).reverse() : [];
  const written = entries.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
  return `{"order":{"10":"a","9":"b","b":1,"a":2},${written.join(',')}}`;
}

export const rawBody: PlainProbe = {
  requests: Object.keys(WRITINGS).length,
  sends: ({ make }) =>
    Object.entries(WRITINGS).map(([name, rewrite]): Named => [name, make({ data: WORDS, rewrite })]),
  expects: 'accepted',
  advice:
    'Compute the signature over the raw bytes of the body, before anything parses it (express.raw(), request.text(), ' +
    'request.get_data()), not over JSON that was parsed and written anew; and let fields be that you do not know.',
};

export const rotation: PlainProbe = {
  unless: ({ previous }) => (previous === null ? 'Only one secret is known' : null),
  requests: 3,
  sends: rotating,
  expects: 'accepted',
  advice:
    'Accept a delivery that any of your secrets verifies, the current or the one before, until the change-over is ' +
    'done; if it is done, use --skip rotation.',
};

function rotating({ make, subject: { secret, previous, scheme } }: Deliveries): readonly Named[] {
  if (previous === null) return [];
  const both: Named = ['signed with both', make({ secrets: [previous, secret] })];
  return [
    ['signed with the old secret', make({ secrets: [previous] })],
    ['signed with the new secret', make({ secrets: [secret] })],
    ...(carriesSeveral(scheme.grammar) ? [both] : []),
  ];
}

export const unknownEvent: PlainProbe = {
  requests: 1,
  sends: ({ make }) => [[null, make({ eventType: 'simulated.not_known_yet' })]],
  expects: 'accepted',
  advice:
    'Answer 2xx to event types that you do not handle: senders add new ones, and retry or switch off what is refused.',
};

export const largeBody: PlainProbe = {
  requests: 1,
  sends: ({ make }) => [[null, make({ rewrite: enlarged })]],
  expects: 'accepted',
  advice:
    "Raise the limit of the body to 1 MB (express.raw({ limit: '1mb' }), client_max_body_size): many stop at 100 kB.",
};

/** To exactly LARGE_BODY_BYTES. */
function enlarged(json: string): string {
  const [before, after] = [json.slice(0, -1), '"}'];
  const opened = `${before},"padding":"`;
  return opened + 'x'.repeat(LARGE_BODY_BYTES - Buffer.byteLength(opened) - after.length) + after;
}
