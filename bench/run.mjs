// What starting costs, as ratios to an empty Node process: pairs of runs in turn, so that a machine whose speed
// drifts slows both alike; the median of the ratios is printed.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 40);
const BIN = join(import.meta.dirname, '..', 'bin', 'kycgenie.cjs');
const WEBHOOK = {
  id: 'f67f165d-0d1e-4eb7-81e6-3494a260dcd4',
  event_type: 'screening.completed',
  webhook_url: 'https://example.com/kyc',
  is_active: true,
  description: '',
  filters: {},
  created_at: '2026-01-19T10:30:00.000Z',
  stats: { total_deliveries: 127, successful_deliveries: 125, failed_deliveries: 2 },
  last_triggered_at: null,
};

const server = createServer((_request, response) => {
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ count: 1, results: [WEBHOOK] }));
}).listen(0, '127.0.0.1');
await once(server, 'listening');

const folder = mkdtempSync(join(tmpdir(), 'kycgenie-bench-'));
// NODE_EXTRA_CA_CERTS triples the time of an empty process on Node 20: left out, with all else of the environment.
const env = {
  PATH: process.env['PATH'],
  KYCGENIE_CONFIG_DIR: folder,
  KYCGENIE_BASE_URL: `http://127.0.0.1:${server.address().port}`,
  KYCGENIE_API_KEY: 'kycg_0123456789abcdef0123456789abcdef',
};

const CASES = [
  { name: '--version', argv: [BIN, '--version'], budget: 1.6 },
  { name: '--help', argv: [BIN, '--help'], budget: 1.6 },
  { name: 'webhooks create --help', argv: [BIN, 'webhooks', 'create', '--help'] },
  { name: 'Tab: a command', argv: [BIN, '__complete', 'webhooks', 'l'], budget: 1.5 },
  {
    name: 'Tab: an event type',
    argv: [BIN, '__complete', 'webhooks', 'create', '--event', 'scr'],
    budget: 1.7,
  },
  { name: 'Tab: a webhook', argv: [BIN, '__complete', 'webhooks', 'get', 'f'], budget: 1.8 },
  { name: 'events types', argv: [BIN, 'events', 'types'] },
  { name: 'webhooks list --json', argv: [BIN, 'webhooks', 'list', '--json'], budget: 2.6 },
  { name: 'webhooks list', argv: [BIN, 'webhooks', 'list'] },
];

/** Milliseconds of one run; the server of this process must go on, so the child is awaited. */
async function time(argv) {
  const begin = process.hrtime.bigint();
  const child = spawn(process.execPath, argv, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  child.stdout.resume();
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`${argv.join(' ')} ended with ${code}`);
  return Number(process.hrtime.bigint() - begin) / 1e6;
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

async function ratio(argv) {
  const ratios = [];
  for (let round = 0; round < ROUNDS + 2; round += 1) {
    const floor = await time(['-e', '0']);
    const taken = await time(argv);
    if (round >= 2) ratios.push(taken / floor);
  }
  return median(ratios);
}

console.log(`Node ${process.version}, ${ROUNDS} pairs each, medians over \`node -e 0\``);
for (const { name, argv, budget } of CASES) {
  const measured = (await ratio(argv)).toFixed(2);
  console.log(`${name.padEnd(24)} ${measured}${budget === undefined ? '' : `   budget ${budget}`}`);
}
server.close();
rmSync(folder, { recursive: true });
