import type { Context } from '../cli/context.ts';
import { defineStream } from '../cli/define.ts';
import { duration, host, port, wholeNumber } from '../cli/options.ts';
import { parseDuration } from '../duration.ts';
import { Failure } from '../errors.ts';
import type { SandboxLine } from '../sandbox/run.ts';
import { viewSandboxLine } from './sandbox-view.ts';
import { findScheme, readScheme } from './scheme-name.ts';

const DEFAULT_PORT = 4010;
/** Deliveries to one receiver at a time. */
const CONNECTIONS = 16;
const MAX_RETRIES = 50;
const MAX_SEED_LOGS = 100_000;

export const command = defineStream({
  description:
    'Answers as the API reference says, with a key of its own, and makes real signed deliveries. ' +
    'POST /sandbox/events {"event_type": "…", "data": {…}} fires an event. How it signs, wraps and retries is ' +
    'borrowed from Standard Webhooks: the reference does not say how the provider does.',
  examples: [
    { command: 'kycgenie sandbox' },
    { command: 'kycgenie sandbox --retry-schedule 1s,2s,5s --seed-logs 500' },
    {
      command: 'kycgenie sandbox --port 0 --json --rate-limit 5 --fail 0.1',
      means: 'a flaky API on a free port',
    },
  ],
  setup: (command) =>
    command
      .option('--port <port>', `port, 0 for a free one (default: ${DEFAULT_PORT})`, port('--port'))
      .option('--host <host>', 'address to listen on', host('--host'), '127.0.0.1')
      .option('--data <folder>', 'keep everything there, for the next start')
      .option(
        '--seed-logs <n>',
        'made-up deliveries to begin with',
        wholeNumber('--seed-logs', { max: MAX_SEED_LOGS }),
      )
      .optionsGroup('Deliveries:')
      .option('--scheme <name>', 'how deliveries are signed: see kycgenie help signatures')
      .option('--retry-schedule <waits>', 'waits between attempts, such as 5s,5m,30m', retrySchedule)
      .option(
        '--delivery-timeout <duration>',
        'of one attempt (default: 15s)',
        duration('--delivery-timeout'),
      )
      .optionsGroup('Trouble:')
      .option('--rate-limit <n>', 'API calls a second before 429', wholeNumber('--rate-limit', { min: 1 }))
      .option('--fail <rate>', 'share of API calls that fail, 0 to 1', failRate)
      .option('--latency <duration>', 'added to each API call', duration('--latency')),
  async *run(context, options): AsyncGenerator<SandboxLine> {
    const { runSandbox } = await import('../sandbox/run.ts');
    const { serve } = await import('../serve.ts');
    const { createPooledSend } = await import('../http.ts');
    const pool = createPooledSend({ env: context.env, connections: CONNECTIONS });
    try {
      yield* runSandbox({
        serve,
        send: pool.send,
        clock: context.clock,
        scheme: await (options.scheme === undefined
          ? findScheme(undefined)
          : readScheme(context, options.scheme)),
        apiKey: await givenKey(context),
        host: options.host,
        port: options.port ?? DEFAULT_PORT,
        pid: context.processes.pid,
        signal: context.signal,
        retryScheduleMs: options.retrySchedule,
        deliveryTimeoutMs: options.deliveryTimeout,
        rateLimitPerSecond: options.rateLimit,
        failRate: options.fail,
        latencyMs: options.latency,
        dataDir: options.data,
        seedLogs: options.seedLogs,
      });
    } finally {
      await pool.close();
    }
  },
  view: (line) => viewSandboxLine(line),
  id: (line) => (line.type === 'ready' ? line.url : null),
});

function retrySchedule(text: string): readonly number[] {
  const waits = text.split(',').map((part) => parseDuration(part.trim()));
  const valid = waits.filter((wait) => wait !== undefined);
  if (valid.length === waits.length && valid.length <= MAX_RETRIES) return valid;
  throw new Failure('usage', `--retry-schedule takes durations with commas between, not "${text}"`, {
    hint: `Such as 5s,5m,30m; at most ${MAX_RETRIES}.`,
  });
}

function failRate(text: string): number {
  const rate = /^(?:0|1|0?\.\d+|1\.0+)$/.test(text) ? Number(text) : Number.NaN;
  if (rate >= 0 && rate <= 1) return rate;
  throw new Failure('usage', `--fail takes a share from 0 to 1, not "${text}"`, {
    hint: 'Such as 0.1 for one in ten.',
  });
}

/** Only a key that was named for this run: that of an account is not the sandbox's. */
async function givenKey(context: Context) {
  const { apiKey } = await context.settings();
  return apiKey.origin === 'flag' ? ((await context.apiKey()) ?? undefined) : undefined;
}
