// The processes of the soak, and how each stands.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const BIN = join(import.meta.dirname, '..', '..', 'bin', 'kycgenie.cjs');
const REPORT = join(import.meta.dirname, 'report.mjs');
const APP = join(import.meta.dirname, 'app.mjs');
const REPORT_WAIT_MS = 5_000;
const STOP_WAIT_MS = 15_000;

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** A tool that goes on; `onLine` gets each line of its JSON. */
export async function startTool(name, argv, { folder, env, onLine = () => undefined }) {
  const report = join(folder, `${name}.report`);
  const child = spawn(process.execPath, ['--expose-gc', '--import', REPORT, BIN, ...argv, '--json'], {
    env: { ...env, SOAK_REPORT: report },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ready = await readLines(child, onLine);
  return { name, child, ready, report, samples: [] };
}

/** Runs a tool to its end; gives its exit code and what it printed. */
export async function runTool(argv, env, input = '') {
  const child = spawn(process.execPath, [BIN, ...argv], { env, stdio: 'pipe' });
  const printed = { stdout: '', stderr: '' };
  for (const output of ['stdout', 'stderr'])
    child[output].setEncoding('utf8').on('data', (text) => {
      printed[output] += text;
    });
  child.stdin.on('error', () => undefined).end(input);
  const [code] = await once(child, 'close');
  return { code, ...printed };
}

export async function startApp(port, notes) {
  const child = spawn(process.execPath, [APP, String(port), notes], { stdio: ['ignore', 'pipe', 'inherit'] });
  return { child, ready: await readLines(child, () => undefined) };
}

function readLines(child, onLine) {
  return new Promise((resolve, reject) => {
    child.once('exit', (code, signal) =>
      reject(new Error(`It ended before it was ready: ${code ?? signal}`)),
    );
    createInterface({ input: child.stdout }).on('line', (text) => {
      const line = JSON.parse(text);
      if (line.type === 'ready') resolve(line);
      onLine(line);
    });
  });
}

export async function stop({ child }, signal = 'SIGTERM') {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, 'close');
  child.kill(signal);
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_WAIT_MS);
  await closed;
  clearTimeout(timer);
}

/**
 * Asks the process how it stands, and the system how many descriptors it has open; `items` are the deliveries that it
 * has had so far.
 */
export async function takeSample(tool, items) {
  rmSync(tool.report, { force: true });
  tool.child.kill('SIGUSR2');
  const end = Date.now() + REPORT_WAIT_MS;
  while (Date.now() < end) {
    await pause(20);
    const text = textOf(tool.report);
    if (!text.endsWith('\n')) continue;
    const descriptors = readdirSync(`/proc/${tool.child.pid}/fd`).length;
    tool.samples.push({ ...JSON.parse(text), descriptors, items });
    return;
  }
  throw new Error(`${tool.name} does not say how it stands`);
}

function textOf(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
