// Whether a process stays as large as it is. The first third is for warming up. Flat is what has a median in the last
// third that is above that of the middle third by no more than a share of it, a margin, and what the process keeps of
// each delivery by design, up to a bound that a soak does not reach.
const MIB = 1024 * 1024;

/** Bytes: an entry of the sandbox's log (100,000), an id that listen recognises (10,000), an entry known to a tail (200,000). */
const KEPT_BYTES = { sandbox: 1024, listen: 400, tail: 256 };

const MEASURES = [
  { name: 'memory', unit: ' MiB', divisor: MIB, share: 0.1, more: 8, keeps: true },
  { name: 'heap', unit: ' MiB', divisor: MIB, share: 0.1, more: 2, keeps: true },
  { name: 'descriptors', unit: '', divisor: 1, share: 0, more: 8 },
  { name: 'handles', unit: '', divisor: 1, share: 0, more: 8 },
  { name: 'timers', unit: '', divisor: 1, share: 0, more: 8 },
];

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/** One row for each process and measure: medians of the thirds, and whether it is flat. */
export function judge(tools) {
  return tools.flatMap(({ name, samples }) => MEASURES.map((measure) => judgeOne(name, samples, measure)));
}

function judgeOne(process, samples, { name, unit, divisor, share, more, keeps = false }) {
  const field = name === 'memory' ? 'rss' : name;
  const thirds = mediansOfThirds(samples.map((sample) => sample[field] / divisor));
  const [, middle, last] = thirds;
  const [, itemsBefore, items] = mediansOfThirds(samples.map((sample) => sample.items));
  const kept = keeps ? ((items - itemsBefore) * KEPT_BYTES[process]) / divisor : 0;
  return { process, name, unit, thirds, flat: last <= middle * (1 + share) + more + kept };
}

function mediansOfThirds(values) {
  const third = Math.floor(values.length / 3);
  return [values.slice(0, third), values.slice(third, 2 * third), values.slice(2 * third)].map(median);
}

export function table(rows) {
  const line = (cells) =>
    cells.map((cell, index) => (index < 2 ? cell.padEnd(13) : cell.padStart(12))).join('');
  const head = line(['process', 'measure', 'first third', 'middle', 'last', 'flat']);
  const body = rows.map(({ process, name, unit, thirds, flat }) =>
    line([
      process,
      name,
      ...thirds.map((value) => `${value.toFixed(unit === '' ? 0 : 1)}${unit}`),
      flat ? 'yes' : 'NO',
    ]),
  );
  return [head, ...body].join('\n');
}
