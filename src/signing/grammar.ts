import type { Grammar, Scheme } from './scheme.ts';

/** One signature as its header has it, with the timestamp where that stands beside it. */
export interface WrittenSignature {
  readonly signature: string;
  readonly timestamp: string | null;
}

/** Everything that one line of the signature header offers; nothing when it does not follow the grammar. */
export function parseSignatures(line: string, scheme: Scheme): readonly WrittenSignature[] {
  const { grammar } = scheme;
  switch (grammar.kind) {
    case 'bare':
      return untimed([line.trim()]);
    case 'prefix':
      return untimed(afterPrefix(line.trim(), grammar));
    case 'versions':
      return untimed(ofVersion(line, `${grammar.version},`));
    case 'pairs':
      return parsePairs(line, grammar, scheme.timestamp?.from === 'field' ? scheme.timestamp.key : null);
  }
}

const untimed = (signatures: readonly string[]): readonly WrittenSignature[] =>
  signatures.map((signature) => ({ signature, timestamp: null }));

function afterPrefix(line: string, grammar: Grammar & { readonly kind: 'prefix' }): readonly string[] {
  if (line.startsWith(grammar.prefix)) return [line.slice(grammar.prefix.length)];
  return grammar.optional ? [line] : [];
}

function ofVersion(line: string, start: string): readonly string[] {
  return line
    .split(' ')
    .filter((entry) => entry.startsWith(start))
    .map((entry) => entry.slice(start.length));
}

/** A space or a second timestamp begins a new set; a space behind a separator does not. */
function parsePairs(
  line: string,
  grammar: Grammar & { readonly kind: 'pairs' },
  timestampKey: string | null,
): readonly WrittenSignature[] {
  let set: PairSet = { timestamp: null, signatures: [] };
  const sets = [set];
  for (const { key, value, opensSet } of pairsOf(line, grammar.separator)) {
    const isTimestamp = key === timestampKey;
    if (opensSet || (isTimestamp && set.timestamp !== null)) {
      set = { timestamp: null, signatures: [] };
      sets.push(set);
    }
    if (isTimestamp) set.timestamp = value;
    else if (key === grammar.signatureKey) set.signatures.push(value);
  }
  return sets.flatMap(({ timestamp, signatures }) =>
    signatures.map((signature) => ({ signature, timestamp })),
  );
}

interface PairSet {
  timestamp: string | null;
  readonly signatures: string[];
}

interface Pair {
  readonly key: string;
  readonly value: string;
  readonly opensSet: boolean;
}

export function pairsOf(line: string, separator: string): readonly Pair[] {
  return line.split(separator).flatMap((part) =>
    part
      .trim()
      .split(/[ \t]+/)
      .map((pair, index) => {
        const [key = '', ...value] = pair.split('=');
        return { key, value: value.join('='), opensSet: index > 0 };
      }),
  );
}

/** True where a header can hold the signatures of several secrets at once. */
export function carriesSeveral({ kind }: Grammar): boolean {
  return kind === 'pairs' || kind === 'versions';
}

/** The signature header's value. */
export function formatSignatures(scheme: Scheme, signatures: readonly string[], timestamp: string): string {
  const { grammar } = scheme;
  switch (grammar.kind) {
    case 'bare':
      return signatures.slice(0, 1).join('');
    case 'prefix':
      return `${grammar.prefix}${signatures.slice(0, 1).join('')}`;
    case 'versions':
      return signatures.map((signature) => `${grammar.version},${signature}`).join(' ');
    case 'pairs': {
      const stamp = scheme.timestamp?.from === 'field' ? [`${scheme.timestamp.key}=${timestamp}`] : [];
      const pairs = signatures.map((signature) => `${grammar.signatureKey}=${signature}`);
      return [...stamp, ...pairs].join(grammar.separator);
    }
  }
}
