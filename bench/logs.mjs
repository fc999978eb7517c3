// What `logs list --all` costs: entries a second as a ratio to a plain node:http loop over the same local server, and
// the peak memory of both. They take turns, so that a machine whose speed drifts slows both alike; medians are printed.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { devNull, tmpdir } from 'node:os';
import { join } from 'node:path';

const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 5);
const ENTRIES = Number(process.env['BENCH_ENTRIES'] ?? 300_000);
/** Of the server for each answer, as a network would have. */
const DELAY_MS = Number(process.env['BENCH_DELAY_MS'] ?? 0);
const SAMPLE_EVERY_MS = 20;
const ROOT = process.env['BENCH_ROOT'] ?? join(import.meta.dirname, '..');
const HERE = join(import.meta.dirname, 'logs');
const LIST = [join(ROOT, 'bin', 'kycgenie.cjs'), 'logs', 'list', '--all', '-o', 'ndjson'];
const GOALS = { v2: 'goal 0.90 in at most 70 MiB', v1: 'goal above 1' };

const home = mkdtempSync(join(tmpdir(), 'kycgenie-bench-'));
const server = spawn(process.execPath, [join(HERE, 'server.mjs')], {
  env: { PATH: process.env['PATH'], BENCH_ENTRIES: String(ENTRIES), BENCH_DELAY_MS: String(DELAY_MS) },
  stdio: ['ignore', 'pipe', 'inherit'],
});
const [port] = await once(server.stdout, 'data');
const sink = openSync(devNull, 'w');

const environment = (version) => ({
  PATH: process.env['PATH'],
  KYCGENIE_CONFIG_DIR: home,
  KYCGENIE_BASE_URL: `http://127.0.0.1:${Number(port)}`,
  KYCGENIE_API_KEY: 'kycg_0123456789abcdef0123456789abcdef',
  KYCGENIE_API_VERSION: version,
});

/** Peak resident memory so far in MiB; null where the system does not tell. */
function peakOf(pid) {
  try {
    const [, kib] = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return kib === undefined ? null : Number(kib) / 1024;
  } catch {
    return null;
  }
}

async function measure(argv, version) {
  const begin = process.hrtime.bigint();
  const child = spawn(process.execPath, argv, {
    env: environment(version),
    stdio: ['ignore', sink, 'inherit'],
  });
  let peak = null;
  const sampling = setInterval(() => {
    peak = peakOf(child.pid) ?? peak;
  }, SAMPLE_EVERY_MS);
  const [code] = await once(child, 'exit');
  clearInterval(sampling);
  if (code !== 0) throw new Error(`${argv.join(' ')} ended with ${code}`);
  const seconds = Number(process.hrtime.bigint() - begin) / 1e9;
  return { rate: ENTRIES / seconds, peak };
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
const mib = (values) => `${(median(values) ?? Number.NaN).toFixed(0)} MiB`;

async function compare(version) {
  const rounds = [];
  for (let round = 0; round < ROUNDS + 1; round += 1) {
    const bare = await measure([join(HERE, 'bare.mjs')], version);
    const ours = await measure(LIST, version);
    if (round > 0) rounds.push({ bare, ours });
  }
  const ratio = median(rounds.map(({ bare, ours }) => ours.rate / bare.rate)).toFixed(2);
  const rate = (name) => `${(median(rounds.map((each) => each[name].rate)) / 1000).toFixed(0)} thousand/s`;
  const memory = (name) => mib(rounds.map((each) => each[name].peak));
  console.log(
    `${version}: ${ratio} of plain node:http; ${rate('ours')} in ${memory('ours')}, plain ${rate('bare')} in ${memory('bare')}; ${GOALS[version]}`,
  );
}

try {
  console.log(
    `Node ${process.version}, ${ENTRIES} entries, ${DELAY_MS} ms added to each answer, ${ROUNDS} rounds`,
  );
  for (const version of ['v2', 'v1']) await compare(version);
} finally {
  server.kill();
  rmSync(home, { recursive: true });
}
