import { isRecord } from '../../record.ts';
import { carriesSeveral } from '../../signing/grammar.ts';
import { LARGE_BODY_KIB } from '../catalogue.ts';
import type { Deliveries } from '../deliveries.ts';
import type { Named, PlainProbe } from '../probe.ts';

const LARGE_BODY_BYTES = LARGE_BODY_KIB * 1024;
const INDENT = 2;
const NON_ASCII = /[\u0080-\uffff]/g;

const WORDS = 'Zoë Großmann, 张伟, Ωmega 🦉 https://example.com/a?b=<c>&d';

/**
 * Each is the same JSON written in a way that a parser and a writer do not give back; with no field that other events
 * do not have, since a receiver with a strict schema would refuse it for that.
 */
const WRITINGS: Readonly<Record<string, (json: string) => string>> = {
  'white space': (json) => `${JSON.stringify(JSON.parse(json), null, INDENT).replaceAll('\n', '\r\n')}\n`,
  'unicode as it is': (json) => json,
  'unicode and slashes escaped': (json) => json.replace(NON_ASCII, escaped).replaceAll('/', '\\/'),
  'another order of keys': (json) => JSON.stringify(backwards(JSON.parse(json))),
};

const escaped = (letter: string): string => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`;

function backwards(value: unknown): unknown {
  if (!isRecord(value)) return value;
  const entries = Object.entries(value).map(([key, inner]) => [key, backwards(inner)] as const);
  return Object.fromEntries(entries.toReversed());
}

/** With this for the first text of the data that people read (it has a space), so that no field is new. */
function withText(json: string, text: string): string {
  const event: unknown = JSON.parse(json);
  if (!isRecord(event) || !isRecord(event['data'])) return json;
  const { data } = event;
  const key = Object.keys(data).find((name) => /\S \S/.test(String(data[name]))) ?? 'note';
  return JSON.stringify({ ...event, data: { ...data, [key]: text } });
}

export const rawBody: PlainProbe = {
  requests: Object.keys(WRITINGS).length,
  sends: ({ make }) =>
    Object.entries(WRITINGS).map(
      ([name, write]): Named => [name, make({ rewrite: (json) => write(withText(json, WORDS)) })],
    ),
  expects: 'accepted',
  advice:
    'Compute the signature over the raw bytes of the body, before anything parses it (express.raw(), request.text(), ' +
    'request.get_data()), not over JSON that was parsed and written anew.',
};

export const rotation: PlainProbe = {
  unless: ({ previous }) => (previous === null ? 'Only one secret is in use' : null),
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
  requests: 2,
  sends: ({ make }) => [
    ['an unknown type', make({ eventType: 'simulated.not_known_yet' })],
    ['an unknown field', make({ rewrite: (json) => json.replace(/}$/, ',"not_known_yet":{}}') })],
  ],
  expects: 'accepted',
  advice:
    'Answer 2xx to event types that you do not handle, and let be fields that you do not know: senders add both, and ' +
    'retry or switch off what is refused.',
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
  const rest = Buffer.byteLength(withText(json, ''));
  return withText(json, 'x'.repeat(LARGE_BODY_BYTES - rest));
}
