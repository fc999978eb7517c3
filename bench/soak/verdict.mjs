// Whether a process stays as large as it is. Its first third is for warming up; flat is what has a median in the last
// third that is not above that of the middle third by more than what is allowed here.
const MIB = 1024 * 1024;

const MEASURES = [
  { name: 'memory', unit: ' MiB', divisor: MIB, share: 0.1, more: 8 },
  { name: 'heap', unit: ' MiB', divisor: MIB, share: 0.1, more: 2 },
  { name: 'descriptors', unit: '', divisor: 1, share: 0, more: 8 },
  { name: 'handles', unit: '', divisor: 1, share: 0, more: 8 },
  { name: 'timers', unit: '', divisor: 1, share: 0, more: 8 },
];

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/** One row for each process and measure: medians of the thirds, and whether it is flat. */
export function judge(tools) {
  return tools.flatMap(({ name, samples }) => MEASURES.map((measure) => judgeOne(name, samples, measure)));
}

function judgeOne(process, samples, { name, unit, divisor, share, more }) {
  const field = name === 'memory' ? 'rss' : name;
  const values = samples.map((sample) => sample[field] / divisor);
  const third = Math.floor(values.length / 3);
  const thirds = [values.slice(0, third), values.slice(third, 2 * third), values.slice(2 * third)].map(
    median,
  );
  const [, middle, last] = thirds;
  return { process, name, unit, thirds, flat: last <= middle * (1 + share) + more };
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
