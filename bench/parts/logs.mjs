// Reading the delivery log, against a plain node:http loop over the same local server.
import { openSync } from 'node:fs';
import { devNull } from 'node:os';
import { join } from 'node:path';
import { BIN, HERE, inTurn, KEY, median, ratio, run, start, stop } from '../measure.mjs';

const NO_LOG = Object.fromEntries(
  ['stripe', 'hookdeck', 'resend', 'gh', 'smee', 'webhook'].map((name) => [
    name,
    'has no delivery log that can be read from a server on this machine',
  ]),
);

export async function* rows({ env, rounds, full }) {
  const entries = full ? 300_000 : 100_000;
  const server = await start([join(HERE, 'servers', 'logs.mjs')], {
    ...env,
    BENCH_ENTRIES: String(entries),
  });
  const sink = openSync(devNull, 'w');
  const settings = (version) => ({
    ...env,
    KYCGENIE_BASE_URL: `http://127.0.0.1:${server.port}`,
    KYCGENIE_API_KEY: KEY,
    KYCGENIE_API_VERSION: version,
  });
  const compare = async (what, version, argv, more) => {
    const contenders = [[join(HERE, 'bare', 'export.mjs')], [BIN, ...argv]];
    const [bare, ours] = await inTurn(contenders, rounds, (one) =>
      run(process.execPath, one, { env: settings(version), output: sink }),
    );
    const share = ratio(ours, bare, (one, floor) => floor.seconds / one.seconds).toFixed(2);
    const peak = (runs) => `${Math.round(median(runs.map((one) => one.peak)))} MiB`;
    const rate = Math.round(median(bare.map(({ seconds }) => entries / seconds / 1000)));
    return {
      what,
      against: `a plain loop, ${rate} thousand entries/s in ${peak(bare)}`,
      ours: `${share} in ${peak(ours)}`,
      ...more,
    };
  };
  const all = ['logs', 'list', '--all', '-o', 'ndjson'];
  const tail = ['logs', 'tail', '--since', '2020-01-01', '--exit-after', String(entries), '-o', 'ndjson'];
  try {
    yield await compare('logs list --all, v2', 'v2', all, { goal: '0.9 in at most 70 MiB', without: NO_LOG });
    yield await compare('logs list --all, v1', 'v1', all, { goal: 'above 1' });
    yield await compare('logs tail --since, from the start, v2', 'v2', tail);
  } finally {
    await stop(server);
  }
}
