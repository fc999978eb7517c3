import type { Context } from '../cli/context.ts';
import { defineCommand } from '../cli/define.ts';
import { API_EXITS } from '../cli/failure.ts';
import { readJsonObject, single, wholeNumber } from '../cli/options.ts';
import { Failure } from '../errors.ts';
import { EVENT_TYPES } from '../events/catalog.ts';
import type { PooledSend } from '../http.ts';
import type { Outgoing } from '../sending/attempt.ts';
import type { Scheme } from '../signing/scheme.ts';
import { USER_AGENT } from '../version.ts';
import { checkEventType } from './event-type.ts';
import { SCHEME_HELP, signingScheme } from './scheme-name.ts';
import { readSecretEnv, type SigningSecret, secretForEvent, storedSecret } from './signing-secret.ts';
import { exitOf, type Triggered, toTriggered, viewTriggered } from './trigger/view.ts';

/** Where `kycgenie listen` stands by default. */
const DEFAULT_TARGET = 'http://127.0.0.1:4242/';
const MAX_COUNT = 1_000_000;
const MAX_CONCURRENCY = 256;
const DEFAULT_CONCURRENCY = 10;
/** Of --data; made-up data goes three deep. */
const MAX_DATA_NESTING = 100;

export const command = defineCommand({
  description:
    'Each delivery has made-up data, a fresh id and time, and "simulated": true beside them. --data is merged into ' +
    'that data: objects key by key, anything else in place of what was there, new keys are added; everything ' +
    'beside the data stays as it is. Without --webhook and --secret-env the stored secret of a webhook of the ' +
    'event type signs, else that of any; without a stored secret nothing does, and a warning says so.\n\n' +
    `Event types: ${EVENT_TYPES.map(({ type }) => type).join(', ')}.`,
  examples: [
    { command: 'kycgenie trigger screening.completed' },
    {
      command: `kycgenie trigger case.opened --to http://localhost:3000/kyc --data '{"status": "escalated"}'`,
    },
    {
      command: 'kycgenie trigger alert.created --count 1000 --concurrency 20 --json',
      means: 'a small load test: exit 8 unless every answer is 2xx',
    },
  ],
  exits: [3, 8, ...API_EXITS],
  setup: (command) =>
    command
      .argument('<event_type>', 'one of the event types above; others are sent with a warning')
      .option(
        '--to <url>',
        `receiver; http only on this machine (default: ${DEFAULT_TARGET})`,
        single('--to'),
      )
      .option('--webhook <id>', 'send to this webhook, signed with its stored secret', single('--webhook'))
      .option(
        '--data <json>',
        'changes to the made-up data: JSON, @file, or - for standard input',
        single('--data'),
      )
      .option(
        '--count <n>',
        `how many, up to ${MAX_COUNT} (default: 1)`,
        wholeNumber('--count', { min: 1, max: MAX_COUNT }),
      )
      .option(
        '--concurrency <n>',
        `how many at once, up to ${MAX_CONCURRENCY} (default: ${DEFAULT_CONCURRENCY})`,
        wholeNumber('--concurrency', { min: 1, max: MAX_CONCURRENCY }),
      )
      .optionsGroup('Signature:')
      .option('--scheme <scheme>', SCHEME_HELP, single('--scheme'))
      .option(
        '--secret-env <name>',
        'sign with the secret in this environment variable',
        single('--secret-env'),
      ),
  async run(context, options, eventType): Promise<Triggered> {
    await checkEventType(context, eventType);
    const { count = 1 } = options;
    const changes = options.data === undefined ? {} : await readData(context, options.data);
    const url = await chooseTarget(context, options);
    const scheme = await signingScheme(context, options.scheme);
    const signer = await chooseSigner(context, options, eventType);
    const make = await maker(context, { eventType, changes, url, scheme, signer });
    const concurrency = Math.min(count, options.concurrency ?? DEFAULT_CONCURRENCY);
    const sent = await sendAll(context, { make, count, concurrency });
    return toTriggered({ eventType, url, scheme, signer, ...sent });
  },
  view: viewTriggered,
  ids: ({ event_id: id }) => (id === null ? [] : [id]),
  exit: (done) => exitOf(done),
});

async function readData(context: Context, typed: string): Promise<Readonly<Record<string, unknown>>> {
  const data = await readJsonObject(context, '--data', typed);
  if (isDeeper(data, MAX_DATA_NESTING)) {
    throw new Failure('usage', `--data is nested more than ${MAX_DATA_NESTING} deep`);
  }
  const inner = ['data', 'event_type'].find((key) => Object.hasOwn(data, key));
  if (inner !== undefined) {
    context.talk.warn(`--data is the content of the event's data: its ${inner} is sent as data.${inner}`);
  }
  return data;
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => isDeeper(inner, levels - 1));
}

interface Chosen {
  readonly to?: string | undefined;
  readonly webhook?: string | undefined;
  readonly secretEnv?: string | undefined;
}

async function chooseTarget(context: Context, { to, webhook }: Chosen): Promise<URL> {
  const { readTarget } = await import('../sending/target.ts');
  if (to !== undefined) return readTarget(to, '--to');
  if (webhook === undefined) return new URL(DEFAULT_TARGET);
  const stored = (await (await context.secrets()).look(webhook))?.webhookUrl;
  const known =
    stored ?? (await (await context.api()).getWebhook(webhook, { signal: context.signal })).webhook_url;
  return readTarget(known, `The URL of webhook ${webhook}`);
}

/** Null: the deliveries stay unsigned. */
async function chooseSigner(
  context: Context,
  { webhook, secretEnv }: Chosen,
  eventType: string,
): Promise<SigningSecret | null> {
  if (secretEnv !== undefined) return { webhookId: null, secret: readSecretEnv(context, secretEnv) };
  if (webhook !== undefined) return storedSecret(context, webhook);
  const signer = await secretForEvent(context, eventType);
  if (signer === null) {
    context.talk.warn(
      'No signing secret is stored here, so it is sent unsigned: see kycgenie secrets import, or --secret-env',
    );
  }
  return signer;
}

interface Making {
  readonly eventType: string;
  readonly changes: Readonly<Record<string, unknown>>;
  readonly url: URL;
  readonly scheme: Scheme;
  readonly signer: SigningSecret | null;
}

/** Makes one delivery after the other, each fresh. Throws Failure `usage` for a secret that cannot sign. */
async function maker({ clock }: Context, { eventType, changes, url, scheme, signer }: Making) {
  const { simulateEvent } = await import('../sending/simulated-event.ts');
  const { sign } = await import('../signing/sign.ts');
  const simulation = { eventType, changes, random: () => clock.random() };
  return (): Outgoing => {
    const timestampMs = clock.now();
    const { id, body } = simulateEvent(simulation, timestampMs);
    const signature = signer ? sign(scheme, { id, timestampMs, body }, [signer.secret]) : [];
    return {
      id,
      method: 'POST',
      url,
      headers: [
        ['content-type', 'application/json'],
        ['user-agent', `${USER_AGENT} (trigger)`],
        ...signature,
      ],
      body,
    };
  };
}

interface Round {
  readonly make: () => Outgoing;
  readonly count: number;
  readonly concurrency: number;
}

async function sendAll(context: Context, { make, count, concurrency }: Round) {
  const { clock, env, signal, talk } = context;
  const { sendMany } = await import('../sending/send-many.ts');
  const { Tally } = await import('../sending/tally.ts');
  const timeoutMs = (await context.settings()).timeoutMs.value;
  const connections = await openConnections(env, count, concurrency);
  const tally = new Tally();
  let firstId: string | null = null;
  function* deliveries(): Generator<Outgoing> {
    for (let left = count; left > 0; left--) {
      const delivery = make();
      firstId ??= delivery.id;
      yield delivery;
    }
  }
  const progress = count > 1 ? talk.progress('Sending', count) : null;
  const startedMs = clock.now();
  try {
    const sending = { send: connections.send, clock, timeoutMs, concurrency, signal };
    for await (const outcome of sendMany({ ...sending, deliveries: deliveries() })) {
      tally.add(outcome);
      progress?.advance();
    }
  } finally {
    progress?.end();
    await connections.close();
  }
  const stopped = signal.aborted ? signal.reason : null;
  return { firstId, tally, elapsedMs: clock.now() - startedMs, stopped };
}

/** For one delivery the client that is quick to load; for many the one that is quick to send. */
async function openConnections(
  env: Context['env'],
  count: number,
  connections: number,
): Promise<Pick<PooledSend, 'send' | 'close'>> {
  const { createPooledSend, createSend } = await import('../http.ts');
  if (count === 1) return { send: createSend({ env }), close: async () => undefined };
  const pool = createPooledSend({ env, connections });
  await pool.ready();
  return pool;
}
