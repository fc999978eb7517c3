// What receiving costs: deliveries a second as a share of a bare node:http server that reads the same bodies. The
// servers take turns, so that a machine whose speed drifts slows all alike; medians of the shares are printed.
import { spawn } from 'node:child_process';
import { createHmac, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 5);
const WINDOW_MS = Number(process.env['BENCH_WINDOW_MS'] ?? 4000);
const WARM_MS = 1500;
const CONNECTIONS = 64;
const DISTINCT = 2000;
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const BIN = join(import.meta.dirname, '..', 'bin', 'kycgenie.cjs');
const BARE = join(import.meta.dirname, 'listen', 'bare.mjs');
const PEER = join(import.meta.dirname, 'listen', 'express-svix.mjs');

const home = mkdtempSync(join(tmpdir(), 'kycgenie-bench-'));
const env = {
  PATH: process.env['PATH'],
  KYCGENIE_CONFIG_DIR: home,
  SIGNING: SECRET,
  ...(process.env['PEERS'] && { PEERS: process.env['PEERS'] }),
};
const LISTEN = [
  BIN,
  'listen',
  '--port',
  '0',
  '--json',
  '--secret-env',
  'SIGNING',
  '--scheme',
  'standard-webhooks',
];

const SERVERS = [
  { name: 'bare node:http', argv: [BARE] },
  { name: 'kycgenie listen --no-save', argv: [...LISTEN, '--no-save'] },
  { name: 'kycgenie listen', argv: LISTEN },
  ...(process.env['PEERS'] ? [{ name: 'express with svix', argv: [PEER] }] : []),
];

/** Whole requests, each with an id and a signature of its own. */
function requests(bodyBytes) {
  const key = Buffer.from(SECRET.slice('whsec_'.length), 'base64');
  const timestamp = Math.floor(Date.now() / 1000);
  return Array.from({ length: DISTINCT }, (_none, index) => {
    const id = `msg_${index}_${randomBytes(6).toString('hex')}`;
    const frame = { id, type: 'screening.completed', data: { rows: [] } };
    const row = { name: 'Ada Example', status: 'clear', score: 0.25, note: 'näher geprüft' };
    while (Buffer.byteLength(JSON.stringify(frame)) < bodyBytes) frame.data.rows.push(row);
    const body = Buffer.from(JSON.stringify(frame));
    const signature = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64');
    const head = [
      'POST /kyc HTTP/1.1',
      'host: localhost',
      'content-type: application/json',
      'user-agent: bench/1',
      `webhook-id: ${id}`,
      `webhook-timestamp: ${timestamp}`,
      `webhook-signature: v1,${signature}`,
      `content-length: ${body.length}`,
    ];
    return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), body]);
  });
}

async function start(argv) {
  const child = spawn(process.execPath, argv, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const port = await new Promise((resolve, reject) => {
    const lines = createInterface({ input: child.stdout });
    lines.once('line', (line) => {
      lines.close();
      resolve(JSON.parse(line).port);
    });
    child.once('exit', (code) => reject(new Error(`It ended with ${code}`)));
  });
  child.stdout.resume();
  return { child, port };
}

/** Microseconds of processor time that a process has used; NaN where the system does not say. */
function cpuOf(pid) {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return (Number(fields[11]) + Number(fields[12])) * 10_000;
  } catch {
    return Number.NaN;
  }
}

/** Answers a second, and microseconds of processor time each, over connections that each wait for an answer before the next request. */
async function load({ child, port }, all) {
  let answered = 0;
  let refused = 0;
  let next = 0;
  let running = true;
  const connections = Array.from({ length: CONNECTIONS }, () => {
    const socket = connect(port, '127.0.0.1').setNoDelay(true);
    const send = () => {
      next = (next + 1) % all.length;
      socket.write(all[next]);
    };
    socket.on('connect', send);
    socket.on('data', (data) => {
      // Answers are small and come one at a time: each in one piece.
      if (data[9] === 0x32) answered++;
      else refused++;
      if (running) send();
      else socket.destroy();
    });
    return once(socket, 'close');
  });
  await new Promise((resolve) => setTimeout(resolve, WARM_MS));
  const [from, cpu, begin] = [answered, cpuOf(child.pid), process.hrtime.bigint()];
  await new Promise((resolve) => setTimeout(resolve, WINDOW_MS));
  const rate = ((answered - from) * 1e9) / Number(process.hrtime.bigint() - begin);
  const each = (cpuOf(child.pid) - cpu) / (answered - from);
  running = false;
  await Promise.all(connections);
  if (refused > 0) throw new Error(`${refused} were refused`);
  return { rate, each };
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

for (const bodyBytes of [1024, 10_240]) {
  const all = requests(bodyBytes);
  const runs = SERVERS.map(() => []);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [index, { argv }] of SERVERS.entries()) {
      const server = await start(argv);
      runs[index].push(await load(server, all));
      server.child.kill();
      await once(server.child, 'exit');
    }
  }
  console.log(`\nBodies of ${bodyBytes} bytes, ${CONNECTIONS} connections`);
  for (const [index, { name }] of SERVERS.entries()) {
    const of = (pick) => runs[index].map((run, round) => pick(run, runs[0][round]));
    const share = median(of((run, bare) => run.rate / bare.rate));
    const cpu = median(of((run, bare) => bare.each / run.each));
    const rate = Math.round(median(of((run) => run.rate)));
    const each = Math.round(median(of((run) => run.each)));
    console.log(
      `${name.padEnd(28)} ${share.toFixed(2)} of the rate (${rate}/s), ${cpu.toFixed(2)} by processor time (${each} µs)`,
    );
  }
}
rmSync(home, { recursive: true, force: true });
