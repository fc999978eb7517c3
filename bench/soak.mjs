// `npm run soak [-- --minutes <n>]`: the built tool for half an hour under faults, all on this machine. A sandbox that
// fails and limits, `listen` that forwards to an app which refuses, resets and is killed, a tail, triggers and
// retries. At the end: is each process as large as it was, is all that was acknowledged in the inbox and with the app,
// and was each log entry told once. Linux only: it reads /proc.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { pause, runTool, startApp, startTool, stop, takeSample } from './soak/processes.mjs';
import { judge, table } from './soak/verdict.mjs';

const DEFAULT_MINUTES = 30;
const SAMPLES = 90;
/** The inbox keeps 10,000: all of the soak has to fit in. */
const MOST_EVENTS = 7_000;
const MOST_EVENTS_A_SECOND = 8;
const MOST_TRIGGERED = 1_800;
const TRIGGER_EVERY_MS = 20_000;
const RETRY_EVERY_MS = 30_000;
const KILL_EVERY_MS = 25_000;
const DOWN_MS = 2_000;
/** For what is on its way when the load ends. */
const SETTLE_MS = 120_000;
const TRIGGERED_TYPE = 'alert.created';

const { values } = parseArgs({ options: { minutes: { type: 'string', default: String(DEFAULT_MINUTES) } } });
const runMs = Number(values.minutes) * 60_000;
if (!(runMs > 0)) throw new Error('--minutes takes a number above 0');
if (process.platform !== 'linux') throw new Error('The soak reads /proc: it runs on Linux alone');

const folder = mkdtempSync(join(tmpdir(), 'kycgenie-soak-'));
const notes = join(folder, 'app.notes');
const baseEnv = { PATH: process.env['PATH'], KYCGENIE_CONFIG_DIR: folder, KYCGENIE_NO_INPUT: '1' };
const seen = {
  received: 0,
  forwards: 0,
  fired: new Map(),
  lost: 0,
  triggered: 0,
  retried: 0,
  kills: 0,
  oddExits: [],
};
/** By the id of the log entry: how often it was told as new, and its last status. */
const told = new Map();

let app = await startApp(0, notes);
const { port } = app.ready;
const started = [];
try {
  await soak();
} finally {
  await Promise.all([...started.map((tool) => stop(tool)), stop(app, 'SIGKILL')]);
  rmSync(folder, { recursive: true, force: true });
}

async function start(name, argv, env, onLine) {
  const tool = await startTool(name, argv, { folder, env, onLine });
  started.push(tool);
  return tool;
}

async function soak() {
  const faults = [
    '--fail',
    '0.05',
    '--rate-limit',
    '100',
    '--latency',
    '5ms',
    '--retry-schedule',
    '1s,2s,4s',
  ];
  const sandbox = await start('sandbox', ['sandbox', '--port', '0', ...faults], baseEnv);
  const env = { ...baseEnv, KYCGENIE_BASE_URL: sandbox.ready.url, KYCGENIE_API_KEY: sandbox.ready.api_key };
  const forward = ['--ack', 'on-receipt', '--forward-to', `http://127.0.0.1:${port}/forwarded`];
  const listen = await start('listen', ['listen', '--port', '0', ...forward], env, hearListen);
  const inboxHook = await create(env, `${listen.ready.url}/kyc`, 'all');
  await create(env, `http://127.0.0.1:${port}/direct`, 'case.opened');
  const tail = await start('tail', ['logs', 'tail', '--lines', '0', '--interval', '500ms'], env, hearTail);
  const end = Date.now() + runMs;
  const until = (everyMs, work) => repeat(end, everyMs, work);
  const perSecond = Math.min(MOST_EVENTS_A_SECOND, (MOST_EVENTS * 1000) / runMs);
  const count = Math.max(1, Math.min(30, Math.floor((MOST_TRIGGERED * TRIGGER_EVERY_MS) / runMs)));
  await Promise.all([
    until(1000 / perSecond, () => fire(sandbox)),
    until(TRIGGER_EVERY_MS, () => trigger(env, inboxHook, count)),
    until(RETRY_EVERY_MS, () => retry(env)),
    until(KILL_EVERY_MS, killApp),
    until(runMs / SAMPLES, () => sample([sandbox, listen, tail])),
  ]);
  await settle();
  const rows = judge([sandbox, listen, tail]);
  await stop(tail);
  await stop(listen);
  const problems = [
    ...rows.filter(({ flat }) => !flat).map(({ process, name }) => `${process}: ${name} grows`),
  ];
  problems.push(...(await exactness(env)));
  report(rows, problems);
}

async function repeat(end, everyMs, work) {
  while (Date.now() + everyMs < end) {
    await pause(everyMs);
    await work();
  }
}

function hearListen({ type }) {
  if (type === 'event') seen.received += 1;
  if (type === 'forward') seen.forwards += 1;
}

function hearTail({ type, id, status, webhook_url }) {
  if (type !== 'entry' && type !== 'update') return;
  const known = told.get(id) ?? { times: 0 };
  told.set(id, { times: known.times + (type === 'entry' ? 1 : 0), status, url: webhook_url });
}

/** The API fails now and then: until it is there. */
async function create(env, url, event) {
  for (let tries = 0; tries < 20; tries += 1) {
    const made = await runTool(['webhooks', 'create', '--event', event, '--url', url, '-q'], env);
    if (made.code === 0) return made.stdout.trim();
  }
  throw new Error('The sandbox takes no webhook');
}

async function fire({ ready }) {
  try {
    const answer = await fetch(`${ready.url}/sandbox/events`, {
      method: 'POST',
      headers: { authorization: `Bearer ${ready.api_key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ event_type: 'case.opened', data: { filling: 'x'.repeat(500) } }),
    });
    const { id, log_ids } = await answer.json();
    if (answer.status === 202) seen.fired.set(id, log_ids);
  } catch {
    // Its answer was cut off: it was fired, and nobody knows as what.
    seen.lost += 1;
  }
}

async function trigger(env, webhook, count) {
  const argv = ['trigger', TRIGGERED_TYPE, '--webhook', webhook, '--count', String(count), '--json'];
  const { code, stdout } = await runTool(argv, env);
  if (code === 0) seen.triggered += count;
  else seen.oddExits.push(`trigger ended with ${code}: ${stdout.slice(0, 200)}`);
}

/** Failing calls are what this API is for: its exits are 5 to 8. */
async function retry(env) {
  const { code, stderr } = await runTool(
    ['logs', 'retry', '--status', 'failed', '--since', '1m', '--yes'],
    env,
  );
  seen.retried += 1;
  if (code !== 0 && !(code >= 5 && code <= 8))
    seen.oddExits.push(`retry ended with ${code}: ${stderr.slice(0, 200)}`);
}

async function killApp() {
  await stop(app, 'SIGKILL');
  seen.kills += 1;
  await pause(DOWN_MS);
  app = await startApp(port, notes);
}

async function sample(tools) {
  for (const tool of tools) await takeSample(tool, tool.name === 'listen' ? seen.received : told.size);
  const [{ samples }] = tools;
  if (samples.length % 10 !== 0) return;
  const now = tools.map(
    ({ name, samples: all }) => `${name} ${Math.round(all.at(-1).rss / 1024 / 1024)} MiB`,
  );
  console.log(
    `${samples.length}/${SAMPLES}: ${now.join(', ')}; ${seen.received} received, ${told.size} entries told`,
  );
}

/** What the app has taken, by the way it came; an id may be there more than once. */
function notedIds(way) {
  const lines = readFileSync(notes, 'utf8').split('\n');
  return new Set(
    lines.filter((line) => line.startsWith(`${way} `)).map((line) => line.slice(way.length + 1)),
  );
}

function isReceived([, logIds]) {
  return logIds.some((id) => told.get(id)?.status === 'delivered' && told.get(id).url.endsWith('/kyc'));
}

async function settle() {
  const end = Date.now() + SETTLE_MS;
  const isOver = () => {
    const taken = notedIds('forwarded');
    return (
      [...seen.fired].every((one) => isReceived(one) && taken.has(one[0])) &&
      taken.size >= seen.fired.size + seen.triggered
    );
  };
  while (!isOver() && Date.now() < end) await pause(500);
}

async function exactness(env) {
  const { code, stdout } = await runTool(['events', 'export'], env);
  if (code !== 0) return [`events export ended with ${code}`];
  const kept = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  const firsts = kept.filter(({ duplicate_of }) => duplicate_of === null);
  const inbox = new Set(firsts.map(({ event_id }) => event_id));
  const taken = notedIds('forwarded');
  const logIds = [...seen.fired.values()].flat();
  const isKnown = new Set(logIds);
  const counts = {
    'acknowledged deliveries that are not in the inbox': [...seen.fired].filter(
      (one) => isReceived(one) && !inbox.has(one[0]),
    ).length,
    'events fired that were not delivered to the receiver': [...seen.fired].filter((one) => !isReceived(one))
      .length,
    'triggered events that are not in the inbox':
      seen.triggered - firsts.filter(({ event_type }) => event_type === TRIGGERED_TYPE).length,
    'events in the inbox twice': firsts.length - inbox.size,
    'events in the inbox that did not reach the app': [...inbox].filter((id) => !taken.has(id)).length,
    'log entries that were not told once': logIds.filter((id) => told.get(id)?.times !== 1).length,
    'log entries told that are none': Math.max(
      0,
      [...told.keys()].filter((id) => !isKnown.has(id)).length - 2 * seen.lost,
    ),
  };
  const wrong = Object.entries(counts).filter(([, number]) => number !== 0);
  return [...wrong.map(([what, number]) => `${number} ${what}`), ...seen.oddExits];
}

function report(rows, problems) {
  console.log(`\n${table(rows)}\n`);
  console.log(
    `${seen.fired.size} events fired (the answers of ${seen.lost} more were lost), ${seen.triggered} triggered, ` +
      `${seen.received} received, ${seen.forwards} forwards, ${told.size} log entries told, ${seen.retried} bulk ` +
      `retries, the app killed ${seen.kills} times`,
  );
  for (const problem of problems) console.log(`NOT RIGHT: ${problem}`);
  console.log(problems.length === 0 ? 'Flat and exact.' : 'Not flat, or not exact.');
  if (problems.length > 0) process.exitCode = 1;
}
