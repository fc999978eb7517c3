// npm run bench [-- part ...] [--write] [--full]: what the tool costs, as ratios, in one table; with PEERS=<folder>
// (made by npm run bench:peers) the tools that others would use, in the same run. --write puts the table into
// BENCHMARKS.md; --full takes a million deliveries for the memory, and longer logs.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { ROOT } from './measure.mjs';
import { findNodes, findPeers } from './peers.mjs';

const PARTS = ['start', 'listen', 'logs', 'bulk', 'memory', 'size'];
const BENCHMARKS = join(ROOT, 'BENCHMARKS.md');
const [BEGIN, END] = ['<!-- table -->', '<!-- end of table -->'];
const GIB = 1024 ** 3;

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: { write: { type: 'boolean' }, full: { type: 'boolean' } },
});
const parts = positionals.length > 0 ? positionals : PARTS;
const unknown = parts.filter((part) => !PARTS.includes(part));
if (unknown.length > 0) throw new Error(`There is no part ${unknown}: ${PARTS}`);

const peersFolder = process.env.PEERS && resolve(process.env.PEERS);
const home = mkdtempSync(join(tmpdir(), 'kycgenie-bench-'));
const world = {
  home,
  env: { PATH: process.env.PATH, HOME: home, KYCGENIE_CONFIG_DIR: home },
  full: flags.full === true,
  peers: findPeers(peersFolder),
  peersFolder,
  nodes: findNodes(peersFolder),
};
/** Of runs that are short; those of a second or more are repeated less. */
const ROUNDS = { start: 20, listen: 3, logs: 3, bulk: 1 };
const rounds = process.env.BENCH_ROUNDS && Number(process.env.BENCH_ROUNDS);

const rows = [];
try {
  for (const part of parts) {
    const { rows: measure } = await import(`./parts/${part}.mjs`);
    const given = { ...world, rounds: rounds ?? ROUNDS[part], windowMs: 3000 };
    for await (const row of measure(given)) {
      rows.push(row);
      process.stderr.write(`${row.what}: ${row.ours}\n`);
    }
  }
} finally {
  rmSync(home, { recursive: true, force: true, maxRetries: 5 });
}
const report = [machine(), '', ...table(), ...reasons()].join('\n');
console.log(report);
if (flags.write) write(report);

function machine() {
  const nodes = [process.version, ...world.nodes.map(({ version }) => version)];
  const memory = Math.round(totalmem() / GIB);
  return `${process.platform} ${process.arch}, ${cpus().length} cores, ${memory} GiB, Node ${nodes.join(', ')}; ${new Date().toISOString().slice(0, 10)}.`;
}

function table() {
  const cells = rows.map(({ what, against, ours, goal = '', peers = [] }) => [
    what,
    ours,
    goal,
    peers.map(([name, value]) => `${name} ${value}`).join(', '),
    against,
  ]);
  return [
    ['what', 'kycgenie', 'goal', 'others', 'against'],
    ['---', '---', '---', '---', '---'],
    ...cells,
  ].map((row) => `| ${row.join(' | ')} |`);
}

/** Why a peer is not in a row. */
function reasons() {
  const missing = world.peers.missing.map((name) => `- ${name}: is not installed here`);
  const seen = new Map();
  for (const { what, without = {} } of rows) {
    for (const why of new Set(Object.values(without))) {
      const names = Object.keys(without).filter((name) => without[name] === why);
      const line = `${names.join(', ')}: ${why}`;
      seen.set(line, [...(seen.get(line) ?? []), what]);
    }
  }
  const lines = [...seen].map(([line, whats]) => `- ${line} (${whats.join('; ')})`);
  return missing.length + lines.length > 0 ? ['', 'Left blank:', '', ...missing, ...lines] : [];
}

function write(text) {
  const before = readFileSync(BENCHMARKS, 'utf8');
  const [head, tail] = [before.indexOf(BEGIN), before.indexOf(END)];
  if (head < 0 || tail < head) throw new Error(`BENCHMARKS.md has no ${BEGIN} and ${END}`);
  writeFileSync(BENCHMARKS, `${before.slice(0, head)}${BEGIN}\n\n${text}\n\n${before.slice(tail)}`);
}
