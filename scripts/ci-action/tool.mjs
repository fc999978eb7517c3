import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { createInterface } from 'node:readline';

/** Of the tool's result; 1,000 subscriptions take about half a megabyte. */
const MAX_RESULT_CHARS = 64 * 1024 * 1024;
const SIGNAL_BASE = 128;

/**
 * Runs kycgenie without a shell. Gives its exit code, its result as text, null where that is too long, and what its
 * error says; each other line of its stderr is told as it comes.
 */
export async function runTool({ tool, argv, env, tell }) {
  const child = spawn(process.execPath, [tool, ...argv], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const pass = (signal) => child.kill(signal);
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, pass);
  let result = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    if (result.length <= MAX_RESULT_CHARS) result += text;
  });
  let error = null;
  createInterface({ input: child.stderr }).on('line', (line) => {
    const said = errorOf(line);
    if (said === null) tell(line);
    else error = said;
  });
  const [code, signal] = await once(child, 'close');
  for (const name of ['SIGINT', 'SIGTERM']) process.off(name, pass);
  return {
    code: code ?? SIGNAL_BASE + (constants.signals[signal] ?? 0),
    result: result.length > MAX_RESULT_CHARS ? null : result,
    error,
  };
}

/** With --json an error is one line of JSON. */
function errorOf(line) {
  if (!line.startsWith('{')) return null;
  try {
    const { message, hint } = JSON.parse(line).error;
    if (typeof message !== 'string') return null;
    return typeof hint === 'string' ? `${message}. ${hint}` : message;
  } catch {
    return null;
  }
}
