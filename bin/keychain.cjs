/**
 * Asks the keychain of the system, in a process of its own: a keychain that is locked blocks whoever asks it, and
 * only a process can be ended. Reads a question as JSON on each line of standard input and answers on a line of
 * standard output. Ends with its input, and after a while without a question.
 */
const { createInterface } = require('node:readline');

const SERVICE = 'kycgenie-cli';
const IDLE_MS = 2_000;
/** The library's errors are sentences. */
const MAX_PROBLEM_CHARS = 300;

// Ctrl-C is for the one that asks: what it has begun to store is stored.
process.on('SIGINT', () => undefined);

let idle = setTimeout(leave, IDLE_MS);
const lines = createInterface({ input: process.stdin, terminal: false });
lines.on('line', (line) => void answer(line));
lines.on('close', leave);
// Whoever asked has gone.
process.stdout.on('error', leave);

async function answer(line) {
  clearTimeout(idle);
  const found = await look(JSON.parse(line)).catch(problemOf);
  process.stdout.write(`${JSON.stringify(found)}\n`);
  idle = setTimeout(leave, IDLE_MS);
}

async function look({ op, account, value }) {
  const { AsyncEntry } = require('@napi-rs/keyring');
  // Unless told, it takes the kernel's keyring where there is no Secret Service, which forgets all at a restart.
  const entry = new AsyncEntry(SERVICE, account, { linux: { store: 'secret-service' } });
  if (op === 'delete') return { deleted: await entry.deleteCredential() };
  if (op === 'put') await entry.setPassword(value);
  return { value: (await entry.getPassword()) ?? null };
}

function problemOf(error) {
  if (error.code === 'MODULE_NOT_FOUND' || /native binding/i.test(error.message)) return { missing: true };
  return { problem: String(error.message).slice(0, MAX_PROBLEM_CHARS) };
}

/** At once: an orderly exit waits for the thread that the keychain holds up. */
function leave() {
  process.kill(process.pid, 'SIGKILL');
}
