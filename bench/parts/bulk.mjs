// Many calls: bulk retry and apply, against a plain node:http loop of the same calls, as many at a time.
import { mkdtempSync, openSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { devNull } from 'node:os';
import { join } from 'node:path';
import { BIN, HERE, inTurn, KEY, median, ratio, run, start, stop } from '../measure.mjs';

const RETRIES = 5_000;
const WEBHOOKS = 1_000;
const NO_BULK = Object.fromEntries(
  ['stripe', 'hookdeck', 'resend', 'gh', 'smee', 'webhook'].map((name) => [
    name,
    'has no such command, or only for its own service',
  ]),
);

export async function* rows({ home, env, rounds }) {
  const server = await start([join(HERE, 'servers', 'account.mjs')], env);
  const base = `http://127.0.0.1:${server.port}`;
  const sink = openSync(devNull, 'w');
  const compare = async (what, calls, { kind, atOnce, ours }) => {
    const settings = () => ({
      ...env,
      KYCGENIE_CONFIG_DIR: mkdtempSync(join(home, 'config-')),
      KYCGENIE_BASE_URL: base,
      KYCGENIE_API_KEY: KEY,
      KYCGENIE_API_VERSION: 'v2',
      BENCH_CALLS: String(calls),
      BENCH_AT_ONCE: String(atOnce),
      BENCH_KIND: kind,
    });
    const bare = () =>
      run(process.execPath, [join(HERE, 'bare', 'posts.mjs')], { env: settings(), output: sink });
    const results = await inTurn([bare, () => ours(settings())], rounds, async (contender) => {
      await forget(base);
      return contender();
    });
    const [floor, own] = results;
    const rate = (runs) => Math.round(median(runs.map(({ seconds }) => calls / seconds)));
    return {
      what,
      against: `a plain loop, ${rate(floor)} calls/s`,
      ours: `${ratio(own, floor, (one, plain) => plain.seconds / one.seconds).toFixed(2)}, ${rate(own)} calls/s`,
      without: NO_BULK,
    };
  };
  const ids = join(home, 'ids.txt');
  writeFileSync(ids, Array.from({ length: RETRIES }, (_none, index) => `entry-${index}\n`).join(''));
  const manifest = join(home, 'manifest.json');
  const webhooks = Array.from({ length: WEBHOOKS }, (_none, index) => ({
    event: 'screening.completed',
    url: `https://hooks.acme.example/${index}`,
  }));
  writeFileSync(manifest, JSON.stringify({ version: 1, webhooks }));
  const retry = [BIN, 'logs', 'retry', '-', '--concurrency', '16', '--json'];
  const apply = [BIN, 'webhooks', 'apply', '-f', manifest, '--yes', '--json', '--concurrency', '4'];
  try {
    yield await compare(`bulk retry of ${RETRIES}, written down`, RETRIES, {
      kind: 'retry',
      atOnce: 16,
      ours: (settings) =>
        run(process.execPath, retry, { env: settings, input: openSync(ids, 'r'), output: sink }),
    });
    yield await compare(`apply of ${WEBHOOKS}, every secret synced`, WEBHOOKS, {
      kind: 'create',
      atOnce: 4,
      ours: (settings) => run(process.execPath, apply, { env: settings, output: sink }),
    });
  } finally {
    await stop(server);
  }
}

const forget = (base) =>
  new Promise((resolve, reject) => {
    get(`${base}/forget`, { agent: false }, (response) => response.resume().on('end', resolve)).on(
      'error',
      reject,
    );
  });
