import { inWords } from './hints.ts';
import type { Grammar, HeaderNames, KeyDecoding, Scheme, TimestampSource, Tolerance } from './scheme.ts';

const UNIT_WORDS = { s: 'in seconds', ms: 'in milliseconds', iso8601: 'in ISO 8601' } as const;

/** How deliveries are signed, as one sentence for people. */
export function describeScheme(scheme: Scheme): string {
  const { signatureHeaders, grammar, templates, timestamp, tolerance } = scheme;
  const places = [
    `${named(signatureHeaders)} carries ${writtenAs(grammar, timestamp)}`,
    `${describeHash(scheme)} over ${templates.map(showTemplate).join(' or ')}`,
  ].join(': ');
  const sources = [
    ...(scheme.idHeaders ? [`the id from ${named(scheme.idHeaders)}`] : []),
    ...(timestamp ? [`the timestamp ${sourceOf(timestamp)} ${UNIT_WORDS[timestamp.unit]}`] : []),
  ];
  const skew = timestamp ? [`, ${allowance(tolerance)}`] : [];
  const parts = sources.length > 0 ? `, with ${sources.join(' and ')}${skew.join('')}` : '';
  return `${places}${parts}; ${keyWords(scheme.key)}.`;
}

const named = ([first, ...others]: HeaderNames): string =>
  others.length === 0 ? first : `${first} (or ${others.join(', ')})`;

/** Line ends would break the sentence. */
const showTemplate = (template: string): string => template.replaceAll('\n', '\\n');

function writtenAs(grammar: Grammar, timestamp: TimestampSource | null): string {
  switch (grammar.kind) {
    case 'bare':
      return 'the signature alone';
    case 'prefix':
      return `"${grammar.prefix}<signature>"${grammar.optional ? ', or the signature alone' : ''}`;
    case 'versions':
      return `"${grammar.version},<signature>"`;
    case 'pairs': {
      const stamp = timestamp?.from === 'field' ? [`${timestamp.key}=<timestamp>`] : [];
      return `"${[...stamp, `${grammar.signatureKey}=<signature>`].join(grammar.separator)}"`;
    }
  }
}

function describeHash({ hash, encoding }: Scheme): string {
  const name =
    typeof hash === 'string' ? `HMAC-${hash.toUpperCase()}` : `the HMAC that ${hash.header} names,`;
  return `${name} in ${encoding}`;
}

function sourceOf(timestamp: TimestampSource): string {
  return timestamp.from === 'field' ? `in "${timestamp.key}"` : `from ${named(timestamp.headers)}`;
}

function allowance(tolerance: Tolerance | null): string {
  if (tolerance === null) return 'however old';
  const { pastMs, futureMs } = tolerance;
  return pastMs === futureMs
    ? `up to ${inWords(pastMs)} off`
    : `up to ${inWords(pastMs)} old or ${inWords(futureMs)} ahead`;
}

function keyWords({ kind, prefix = '' }: KeyDecoding): string {
  const text = prefix === '' ? 'the secret' : `the secret without ${JSON.stringify(prefix)}`;
  return kind === 'utf8' ? `the key is ${text} as text` : `the key is ${text}, decoded from ${kind}`;
}
