import fc from 'fast-check';
import { Secret } from '../../src/secret.ts';
import { PRESET_NAMES, PRESETS, type Scheme } from '../../src/signing/scheme.ts';

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Schemes that no preset covers, one for each axis that would otherwise go untried. */
const VARIANTS: readonly Scheme[] = [
  {
    ...PRESETS.hex,
    name: 'plain-timed',
    templates: ['{timestamp}.{body}'],
    hash: 'sha512',
    encoding: 'base64',
    key: { kind: 'hex' },
    timestamp: { from: 'header', headers: ['X-Timestamp'], unit: 'iso8601' },
  },
  {
    ...PRESETS.hex,
    name: 'plain-ms',
    grammar: { kind: 'bare' },
    templates: ['{body}|{id}|{timestamp}'],
    idHeaders: ['X-Id'],
    hash: 'sha1',
    key: { kind: 'base64', prefix: 'sec_' },
    timestamp: { from: 'header', headers: ['X-Timestamp'], unit: 'ms' },
  },
  { ...PRESETS.stripe, name: 'pairs-untimed', templates: ['{body}'], timestamp: null, tolerance: null },
];

export const ALL_SCHEMES: readonly Scheme[] = [...PRESET_NAMES.map((name) => PRESETS[name]), ...VARIANTS];

/** Secrets that are a key of the scheme. */
export function secretsOf({ key }: Scheme): fc.Arbitrary<Secret> {
  const prefix = key.prefix ?? '';
  const raw = fc.uint8Array({ minLength: 1, maxLength: 48 }).map((key) => Buffer.from(key));
  if (key.kind === 'hex') return raw.map((bytes) => new Secret(`${prefix}${bytes.toString('hex')}`));
  if (key.kind === 'utf8')
    return fc.string({ minLength: 1, unit: 'binary' }).map((text) => new Secret(`${prefix}${text}`));
  return fc
    .tuple(raw, fc.constantFrom<BufferEncoding>('base64', 'base64url'))
    .map(([bytes, encoding]) => new Secret(`${prefix}${bytes.toString(encoding)}`));
}

export const ids = fc.stringMatching(/^[\x21-\x7e]{1,60}$/);
/** 2001 to 2128, so that it is a time in every unit. */
export const times = fc.integer({ min: 1_000_000_000_000, max: 5_000_000_000_000 });
export const bodies = fc.uint8Array({ maxLength: 300 });
