import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { Failure } from '../../src/errors.ts';
import { PRESETS } from '../../src/signing/scheme.ts';
import { parseScheme, schemeToData } from '../../src/signing/scheme-file.ts';
import { anyScheme } from './any-scheme.ts';
import { accepts } from './json-schema.ts';
import { ALL_SCHEMES } from './schemes.ts';

const SCHEMA: unknown = JSON.parse(
  readFileSync(new URL('../../src/signing/scheme.schema.json', import.meta.url), 'utf8'),
);

const PLAIN = {
  name: 'acme',
  signature: { header: 'X-Acme', format: 'bare', encoding: 'hex' },
  signed: '{body}',
};
const TIMED = { ...PLAIN, signed: '{timestamp}.{body}', timestamp: { header: 'X-Time', unit: 's' } };

function refusalOf(data: unknown): Failure {
  try {
    parseScheme(data, 'acme.yaml');
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error('was accepted');
}

describe('a scheme as a file', () => {
  it('is read back as the same scheme, whatever the scheme', () => {
    fc.assert(
      fc.property(anyScheme, (scheme) => {
        const data = schemeToData(scheme);
        expect(parseScheme(data, 'x')).toEqual(scheme);
        expect(parseScheme(parse(stringify(data)), 'x')).toEqual(scheme);
        expect(parseScheme(JSON.parse(JSON.stringify(data)), 'x')).toEqual(scheme);
        expect(accepts(SCHEMA, data)).toBe(true);
      }),
    );
  });

  it.each(ALL_SCHEMES)('is read back as the same scheme: $name', (scheme) => {
    expect(parseScheme(parse(stringify(schemeToData(scheme))), 'x')).toEqual(scheme);
  });

  it('can be written by hand with the least there is to say', () => {
    expect(parseScheme(PLAIN, 'x')).toEqual({
      name: 'acme',
      description:
        'X-Acme carries the signature alone: HMAC-SHA256 in hex over {body}; the key is the secret as text.',
      signatureHeaders: ['X-Acme'],
      grammar: { kind: 'bare' },
      timestamp: null,
      idHeaders: null,
      templates: ['{body}'],
      hash: 'sha256',
      encoding: 'hex',
      key: { kind: 'utf8' },
      tolerance: null,
    });
  });

  it('checks a signed timestamp unless it says none', () => {
    expect(parseScheme(TIMED, 'x').tolerance).toEqual({ pastMs: 300_000, futureMs: 300_000 });
    expect(parseScheme({ ...TIMED, tolerance: '90s' }, 'x').tolerance).toEqual({
      pastMs: 90_000,
      futureMs: 90_000,
    });
    expect(parseScheme({ ...TIMED, tolerance: { past: '1h', future: '0s' } }, 'x').tolerance).toEqual({
      pastMs: 3_600_000,
      futureMs: 0,
    });
    expect(parseScheme({ ...TIMED, tolerance: 'none' }, 'x').tolerance).toBeNull();
  });
});

type Mapping = Readonly<Record<string, unknown>>;

const isMapping = (value: unknown): value is Mapping =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function put(base: unknown, path: string, value: unknown): Mapping {
  const [key = '', ...rest] = path.split('.');
  const inner = isMapping(base) ? base : {};
  return { ...inner, [key]: rest.length === 0 ? value : put(inner[key], rest.join('.'), value) };
}

describe('a scheme file that is not right', () => {
  it.each([
    ['nmae', 'x', 'nmae is not a key of a scheme', 'Did you mean name?'],
    ['signature.haeder', 'x', 'signature.haeder is not a key of a scheme', 'Did you mean header?'],
    ['signature.Prefix', 'x', 'signature.Prefix is not a key of a scheme', 'Did you mean prefix?'],
    ['timestamp.feild', 't', 'timestamp.feild is not a key of a scheme', 'Did you mean field?'],
    ['tolerance.pats', '5m', 'tolerance.pats is not a key of a scheme', 'Did you mean past?'],
    ['secret.prefx', 'x', 'secret.prefx is not a key of a scheme', 'Did you mean prefix?'],
    ['id.name', 'x', 'id.name is not a key of a scheme', 'Known here are header.'],
    [
      'constructor',
      'x',
      'constructor is not a key of a scheme',
      'Known here are name, description, signature,',
    ],
    ['hash', { header: 'X', names: [{ nam: 'x' }] }, 'hash.names.0.nam is not a key', 'Did you mean name?'],
    [
      'signature.separator',
      ',',
      'signature.separator does not go with what stands beside it',
      'help signatures',
    ],
    ['name', undefined, 'name has to be up to 64 letters', 'help signatures'],
    ['name', 'two words', 'name has to be up to 64 letters', 'help signatures'],
    ['description', 'two\nlines', 'description has to be one line', 'help signatures'],
    ['signature', 5, 'signature has to be', 'help signatures'],
    ['signature.format', 'bear', 'signature.format has to be one of "bare", "prefix"', 'help signatures'],
    ['signature.format', 'prefix', 'signature.prefix is missing', 'help signatures'],
    ['signature.header', 'X Acme', 'signature.header has to be the name of a header', 'help signatures'],
    ['signature.header', ['X', ''], 'signature.header.1 has to be the name of a header', 'help signatures'],
    ['signature.header', [], 'signature.header has to list between 1 and 8', 'help signatures'],
    [
      'signature.header',
      Array(9).fill('X'),
      'signature.header has to list between 1 and 8',
      'help signatures',
    ],
    ['signature.encoding', 'HEX', 'signature.encoding has to be one of "hex", "base64"', 'help signatures'],
    ['timestamp.unit', 'seconds', 'timestamp.unit has to be one of "s", "ms", "iso8601"', 'help signatures'],
    ['timestamp', { field: 't', unit: 's' }, 'timestamp.field needs a signature of the format "pairs"', ''],
    ['hash', 'md5', 'hash has to be one of "sha1", "sha256", "sha512"', 'help signatures'],
    ['hash', { header: 'X', names: [] }, 'hash.names has to name one hash at least', 'help signatures'],
    ['secret.encoding', 'utf-8', 'secret.encoding has to be one of "utf8", "hex", "base64"', ''],
    ['tolerance', 300, 'tolerance has to be a duration such as 5m, up to 366d', 'help signatures'],
    ['tolerance', '400d', 'tolerance has to be a duration such as 5m, up to 366d', 'help signatures'],
    ['tolerance.past', '5m', 'tolerance.future is missing', 'help signatures'],
    ['signed', '{timestamp}', 'signed has to name {body}', 'help signatures'],
    ['signed', '{body}', 'timestamp is not signed: name {timestamp} in signed', 'help signatures'],
    [
      'signed',
      ['{timestamp}{body}', '{bdy}'],
      'signed.1 names {bdy}, and there are {id}, {timestamp}, {body}',
      '',
    ],
    ['signed', '{timestamp}{body}{body}', 'signed names a part twice', ''],
    ['signed', '{id}{timestamp}{body}', 'signed names {id}, and the scheme has no id', ''],
    ['signed', '\u00e9{body}', 'signed has to be ASCII text around {body}', ''],
    ['id', { header: 'X-Id' }, 'id is not signed: name {id} in signed', ''],
  ])('is refused by its path: %s: %j', (path, value, message, hint) => {
    const failure = refusalOf(put(TIMED, path, value));
    expect(failure.kind).toBe('usage');
    expect(failure.message).toContain(`acme.yaml: ${message}`);
    expect(failure.hint).toContain(hint);
  });

  it('is refused where a time is named that is not there', () => {
    expect(refusalOf({ ...PLAIN, signed: '{timestamp}{body}' }).message).toContain(
      'the scheme has no timestamp',
    );
    expect(refusalOf({ ...PLAIN, tolerance: '5m' }).message).toContain('tolerance needs a timestamp');
  });

  it.each([null, [], 'name', 5, undefined])('is refused when it is no mapping: %j', (data) => {
    expect(refusalOf(data).message).toBe('acme.yaml: the scheme has to be a mapping of keys to values');
  });

  it('is refused with a key that only JSON can bring in', () => {
    expect(refusalOf(JSON.parse('{"__proto__": 1, "name": "x"}')).message).toContain(
      '__proto__ is not a key',
    );
  });
});

describe('the published JSON Schema', () => {
  const SENSE = /names|is not signed|needs a|has to name \{body\}|up to 366d/;
  const paths = fc.constantFrom(
    ...['name', 'description', 'signature', 'signature.header', 'signature.format', 'signature.key', 'x'],
    ...['signature.prefix', 'signature.optional', 'signature.separator', 'signature.version', 'signature.x'],
    ...['timestamp', 'timestamp.header', 'timestamp.field', 'timestamp.unit', 'id', 'id.header', 'signed'],
    ...['hash', 'hash.header', 'hash.names', 'secret', 'secret.encoding', 'secret.prefix', 'secret.x'],
    ...['tolerance', 'tolerance.past', 'tolerance.future', 'tolerance.x'],
  );
  const values = fc.constantFrom<unknown>(
    ...[null, 5, '', 'x', 'sha1', 'hex', 's', ',', 'bare', 'pairs', '5m', 'none', true, [], ['x'], [5], {}],
    ...[
      '{body}',
      ['{body}'],
      '\u00e9',
      'a\nb',
      { header: 'x' },
      { header: 'x', unit: 's' },
      'x'.repeat(1_001),
    ],
    ...[{ field: 'x', unit: 'ms' }, { header: 'x', names: [{ name: 'x', hash: 'sha1' }] }, { past: '1s' }],
  );

  it('accepts and refuses the same documents, but for what no schema can say', () => {
    fc.assert(
      fc.property(anyScheme, paths, values, (scheme, path, value) => {
        const data = put(schemeToData(scheme), path, value);
        const refused = ((): string | null => {
          try {
            parseScheme(data, 'x');
            return null;
          } catch (error) {
            return error instanceof Failure ? error.message : String(error);
          }
        })();
        if (accepts(SCHEMA, data)) expect(refused ?? 'names').toMatch(SENSE);
        else expect(refused).not.toBeNull();
      }),
      { numRuns: 1_000 },
    );
  });

  it('shows an example of each preset to those who write one', () => {
    for (const preset of Object.values(PRESETS)) expect(accepts(SCHEMA, schemeToData(preset))).toBe(true);
  });
});
