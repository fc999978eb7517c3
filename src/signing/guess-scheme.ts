import { choosePart, guessParts, type StampGuess } from './guess-parts.ts';
import { guessSignatures, type SignatureGuess } from './guess-signature.ts';
import { guessTemplates } from './guess-template.ts';
import type { Headers } from './read.ts';
import { FIVE_MINUTES, findPreset, type Scheme, type TimestampSource } from './scheme.ts';
import type { Template } from './template.ts';

/** What a header's shape says of a scheme, and which part of the templates to try with it. */
export interface Outline {
  readonly scheme: Scheme;
  readonly templates: readonly Template[];
}

/** Every scheme that the headers allow; the likeliest first. */
export function guessSchemes(headers: Headers, nowMs: number): readonly Outline[] {
  const signatures = guessSignatures(headers);
  if (signatures.length === 0) return [];
  const parts = guessParts(headers);
  const schemes = signatures.flatMap((signature) => {
    const stamps = signature.field ? [] : choosePart(parts.stamps, signature.header, nowMs);
    const field = signature.field ? [fieldSource(signature.field)] : [];
    const ids = choosePart(parts.ids, signature.header, nowMs);
    return [...field, null, ...stamps.map(headerSource)].flatMap((timestamp) =>
      [null, ...ids].map((id) => outline(signature, timestamp, id?.header ?? null)),
    );
  });
  return [true, false]
    .flatMap((often) =>
      schemes.map((scheme) => {
        const scope = { timed: scheme.timestamp !== null, named: scheme.idHeaders !== null };
        return { scheme, templates: guessTemplates(scope, often) };
      }),
    )
    .filter(({ templates }) => templates.length > 0);
}

const headerSource = ({ header, unit }: StampGuess): TimestampSource => ({
  from: 'header',
  headers: [header],
  unit,
});

const fieldSource = (field: NonNullable<SignatureGuess['field']>): TimestampSource => ({
  from: 'field',
  ...field,
});

function outline(signature: SignatureGuess, timestamp: TimestampSource | null, id: string | null): Scheme {
  const { header, grammar, hash, encoding } = signature;
  return {
    name: nameAfter(header),
    description: '',
    signatureHeaders: [header],
    grammar,
    timestamp,
    idHeaders: id === null ? null : [id],
    templates: ['{body}'],
    hash,
    encoding,
    key: { kind: 'utf8' },
    tolerance: timestamp === null ? null : FIVE_MINUTES,
  };
}

/** In the letters that a scheme file allows, and never the name of another scheme. */
function nameAfter(header: string): string {
  const name = header
    .toLowerCase()
    .replaceAll(/[^a-z0-9_.-]/g, '-')
    .replace(/^[_.-]+/, '')
    .slice(0, 48);
  if (name === '') return 'detected';
  return name === 'auto' || findPreset(name) ? `detected-${name}` : name;
}
