// Receiving: deliveries a second as a share of a bare node:http server that reads the same bodies.
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { load, PLAIN_SECRET, requests, SECRET } from '../load.mjs';
import { BIN, freePort, HERE, inTurn, pause, ratio, start, stop } from '../measure.mjs';

const SIZES = [
  { name: '1 KB', bytes: 1024, goal: 0.6 },
  { name: '10 KB', bytes: 10_240, goal: 0.45 },
];
const BARE = join(HERE, 'bare', 'receiver.mjs');
export const LISTEN = [
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
const NO_RECEIVER = {
  stripe: 'receives from its own service alone',
  hookdeck: 'receives from its own service alone',
  smee: 'receives from its own service alone',
  resend: 'receives from its own service alone',
  gh: 'has no receiver',
};

export async function* rows({ home, env, rounds, windowMs, peers, peersFolder }) {
  const settings = {
    ...env,
    SIGNING: SECRET,
    ...(peersFolder && { PEERS: join(peersFolder, 'express-svix') }),
  };
  const contenders = [
    () => start([BARE], settings),
    () => start(LISTEN, settings),
    () => start([...LISTEN, '--no-save'], settings),
    () => forwarding(settings),
  ];
  const names = [];
  if (peersFolder) {
    names.push('express with svix');
    contenders.push(() => start([join(HERE, 'servers', 'express-svix.mjs')], settings));
  }
  if (peers.found.webhook) {
    names.push('webhook (after /bin/true)');
    contenders.push(() => debianWebhook(peers.found.webhook, home));
  }
  for (const { name, bytes, goal } of SIZES) {
    const all = requests(bytes);
    const [bare, ours, unsaved, forwarded, ...theirs] = await inTurn(contenders, rounds, async (open) => {
      const server = await open();
      const result = await load(server, all, windowMs);
      await stop(server);
      if (server.target) await stop(server.target);
      return result;
    });
    const share = (results) => ratio(results, bare, (one, floor) => one.rate / floor.rate).toFixed(2);
    const micros = (results) => Math.round(ratio(results, bare, (one) => one.each));
    const against = `a bare server, ${Math.round(ratio(bare, bare, (one) => one.rate))}/s at ${micros(bare)} µs`;
    const row = (what, results, more) => ({
      what,
      against,
      ours: `${share(results)}, ${micros(results)} µs of processor time each`,
      ...more,
    });
    yield row(`listen, ${name}, inbox synced`, ours, {
      goal: `at least ${goal}`,
      peers: names.map((peer, index) => [peer, share(theirs[index])]),
      without: NO_RECEIVER,
    });
    yield row(`listen --no-save, ${name}`, unsaved);
    yield row(`listen --forward-to, ${name}, inbox synced`, forwarded);
  }
}

async function forwarding(env) {
  const target = await start([BARE], env);
  const server = await start([...LISTEN, '--forward-to', `http://127.0.0.1:${target.port}`], env);
  return { ...server, target };
}

async function debianWebhook(command, home) {
  const signature = { source: 'header', name: 'X-Signature' };
  const match = { type: 'payload-hmac-sha256', secret: PLAIN_SECRET, parameter: signature };
  const hooks = join(home, 'hooks.json');
  // It can only run commands; without this it answers first, and they pile up behind.
  const answersAfter = { 'include-command-output-in-response': true };
  const hook = { id: 'kyc', 'execute-command': '/bin/true', ...answersAfter, 'trigger-rule': { match } };
  writeFileSync(hooks, JSON.stringify([hook]));
  const port = await freePort();
  const child = spawn(command, ['-hooks', hooks, '-ip', '127.0.0.1', '-port', String(port)], {
    stdio: 'ignore',
  });
  while (!(await answers(port))) await pause(50);
  return { child, port };
}

const answers = (port) =>
  new Promise((resolve) => {
    get({ host: '127.0.0.1', port, agent: false }, (response) => {
      response.resume();
      resolve(true);
    }).on('error', () => resolve(false));
  });
