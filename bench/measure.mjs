// What every part measures with. Runs that are compared take turns, so that a machine whose speed drifts slows all
// alike; medians of the ratios are told.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export const ROOT = process.env.BENCH_ROOT ?? join(import.meta.dirname, '..');
export const BIN = join(ROOT, 'bin', 'kycgenie.cjs');
export const HERE = import.meta.dirname;
export const KEY = 'kycg_0123456789abcdef0123456789abcdef';

/** No run takes so long, on a slow disk either. */
const RUN_MS = 300_000;

export const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Seconds of one whole run, and its peak resident memory in MiB where the system tells. Throws where it fails, or
 * after RUN_MS.
 */
export async function run(command, argv, { env, input = 'ignore', output = 'pipe' }) {
  const begin = process.hrtime.bigint();
  const child = spawn(command, argv, { env, stdio: [input, output, 'pipe'], timeout: RUN_MS });
  let said = '';
  child.stdout?.resume();
  child.stderr.on('data', (data) => {
    said = (said + data).slice(-500);
  });
  let peak = null;
  const sampling = setInterval(() => {
    peak = peakOf(child.pid) ?? peak;
  }, 20);
  const [code] = await once(child, 'exit').finally(() => clearInterval(sampling));
  if (code !== 0) throw new Error(`${[command, ...argv].join(' ')} ended with ${code}: ${said}`);
  return { seconds: Number(process.hrtime.bigint() - begin) / 1e9, peak };
}

/** Runs all in turn, `rounds` times after one that does not count: for each, its results in order. */
export async function inTurn(contenders, rounds, measure) {
  const results = contenders.map(() => []);
  for (let round = 0; round <= rounds; round += 1) {
    for (const [index, contender] of contenders.entries()) {
      const result = await measure(contender);
      if (round > 0) results[index].push(result);
    }
  }
  return results;
}

/** The median of what `pick` makes of a result and that of the same round of the floor. */
export const ratio = (results, floor, pick) =>
  median(results.map((result, round) => pick(result, floor[round])));

/** A child that prints a line of JSON with its port once it listens. */
export async function start(argv, env, input = 'ignore') {
  const child = spawn(process.execPath, argv, { env, stdio: [input, 'pipe', 'pipe'] });
  let said = '';
  child.stderr.on('data', (data) => {
    said = (said + data).slice(-500);
  });
  const port = await new Promise((resolve, reject) => {
    const lines = createInterface({ input: child.stdout });
    lines.once('line', (line) => {
      lines.close();
      resolve(JSON.parse(line).port);
    });
    child.once('exit', (code) => reject(new Error(`${argv.join(' ')} ended with ${code}: ${said}`)));
  });
  child.stdout.resume();
  return { child, port };
}

export async function stop({ child }) {
  child.kill();
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}

export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

function statusOf(pid, field) {
  try {
    const [, kib] = new RegExp(`${field}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return kib === undefined ? null : Number(kib) / 1024;
  } catch {
    return null;
  }
}

/** MiB, null where the system does not tell. */
export const peakOf = (pid) => statusOf(pid, 'VmHWM');
export const residentOf = (pid) => statusOf(pid, 'VmRSS');

/** Microseconds of processor time that a process has used; NaN where the system does not tell. */
export function cpuOf(pid) {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return (Number(fields[11]) + Number(fields[12])) * 10_000;
  } catch {
    return Number.NaN;
  }
}
