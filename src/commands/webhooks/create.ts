import type { CreatedWebhook } from '../../api/client.ts';
import type { NewWebhook } from '../../api/wire.ts';
import type { Context } from '../../cli/context.ts';
import { defineCommand } from '../../cli/define.ts';
import { type FailureReport, worstExitCode } from '../../cli/failure.ts';
import { chooseEvents, collect, readJsonObject, single } from '../../cli/options.ts';
import { Failure } from '../../errors.ts';
import { EVENT_GROUPS, EVENT_TYPES, typesOfGroup } from '../../events/catalog.ts';
import type { Keeping } from '../../provision/keeping.ts';
import type { Recovery } from '../../provision/recover.ts';
import { bad, dim, good, MARKS, type View } from '../../terminal/view.ts';
import { batch, batchExit, why } from '../batch.ts';
import {
  handedExit,
  openSecretSinks,
  type SecretSinks,
  viewHandedOver,
  type WithHandedOver,
} from './handing-over.ts';
import { openKeeping, recoverFirst } from './keeping.ts';
import { checkReceiverUrl, receiverProblem } from './receiver-url.ts';
import { printable, type SecretOptions, withSecretOptions } from './secret-options.ts';

/** A new subscription as it is printed; `id` and `secret_key` are null where creating it failed. */
interface Created extends WithHandedOver {
  readonly id: string | null;
  readonly event_type: string;
  readonly webhook_url: string;
  readonly description: string | null;
  readonly message: string | null;
  /** Masked, unless --show-secret. */
  readonly secret_key: string | null;
  readonly secret_stored: boolean;
}

type Item = Created & { readonly error: FailureReport | null };

interface CreateOptions extends SecretOptions {
  readonly event?: readonly string[] | undefined;
  readonly url?: string | undefined;
  readonly description?: string | undefined;
  readonly filters?: string | undefined;
  readonly idempotencyKey?: string | undefined;
}

export const command = defineCommand({
  description:
    'One subscription for each event type; a group such as "screening.*" stands for its documented types. ' +
    'The signing secret is given only once: it is stored on this machine before anything is printed.',
  examples: [
    { command: 'kycgenie webhooks create --event screening.completed --url https://example.com/kyc' },
    {
      command:
        "kycgenie webhooks create --event 'onboarding.*' --event case.opened --url https://example.com/kyc",
    },
    {
      command:
        "kycgenie webhooks create --event 'case.*' --url https://example.com/kyc --dotenv .env --env-name 'KYC_{EVENT_TYPE}_SECRET'",
    },
    {
      command:
        "kycgenie webhooks create --event all --url https://example.com/kyc --secret-exec 'gh secret set KYC_SECRET'",
      means: 'straight into another store',
    },
    { command: 'kycgenie webhooks create --event all --url https://example.com/kyc --json | jq -r .id' },
  ],
  exits: [4, 5, 6, 7],
  setup: (command) =>
    withSecretOptions(
      command
        .option('--event <type>', 'event type or group; repeat for more', collect)
        .option(
          '--url <url>',
          'where deliveries go: https, or http to this machine with the sandbox',
          single('--url'),
        )
        .option('--description <text>', 'note for people')
        .option('--filters <json>', 'event filters: a JSON object, @file, or - for standard input')
        .option('--idempotency-key <key>', 'repeat-safe key of your own, 16 to 255 characters'),
    ),
  async run(context, options: CreateOptions): Promise<Created | readonly Item[]> {
    const { requests, many } = await readRequests(context, options);
    const expected = requests.map(({ event_type: eventType }) => ({ webhookId: null, eventType }));
    const sinks = await openSecretSinks(context, options, expected);
    const items = await createAll(context, requests, { ...options, sinks });
    return many ? items : withoutError(items);
  },
  view: (data) => ('event_type' in data ? viewOne(data) : viewMany(data)),
  ids: (data) => ('event_type' in data ? [data] : data).flatMap(({ id }) => (id === null ? [] : [id])),
  exit: (data) =>
    'event_type' in data ? handedExit([data]) : worstExitCode([batchExit(data), handedExit(data)]),
});

interface Wish {
  readonly requests: readonly NewWebhook[];
  readonly many: boolean;
}

async function readRequests(context: Context, options: CreateOptions): Promise<Wish> {
  const chosen = chooseEvents(options.event ?? [await askEvent(context)]);
  const webhook_url = await checkReceiverUrl(context, options.url ?? (await askUrl(context)));
  const { description, idempotencyKey } = options;
  if (idempotencyKey !== undefined && chosen.types.length > 1) {
    throw new Failure('usage', '--idempotency-key goes with a single event type', {
      hint: 'Each subscription is a call of its own; without the flag each gets its own key.',
    });
  }
  const filters =
    options.filters === undefined ? undefined : await readJsonObject(context, '--filters', options.filters);
  for (const type of chosen.unknown) {
    context.talk.warn(
      `${type} is not a documented event type; it is sent as it is. See kycgenie events types.`,
    );
  }
  const rest = {
    webhook_url,
    ...(description !== undefined && { description }),
    ...(filters && { filters }),
  };
  return { requests: chosen.types.map((event_type) => ({ event_type, ...rest })), many: chosen.many };
}

async function askEvent(context: Context): Promise<string> {
  const groups = EVENT_GROUPS.map((group) => ({
    value: group,
    description: `Each of its ${typesOfGroup(group)?.length} types, one subscription each`,
  }));
  const types = EVENT_TYPES.map(({ type, description }) => ({ value: type, description }));
  const choices = [...types, ...groups];
  return (await context.ask()).search('Which event type?', '--event', choices);
}

async function askUrl(context: Context): Promise<string> {
  const { baseUrl } = await context.settings();
  const check = (answer: string) => receiverProblem(answer, baseUrl.value)?.message ?? true;
  return (await context.ask()).text('Deliver to which URL?', '--url', check);
}

async function createAll(
  context: Context,
  requests: readonly NewWebhook[],
  { sinks, ...options }: CreateOptions & { readonly sinks: SecretSinks },
): Promise<readonly Item[]> {
  const keeping = await openKeeping(context);
  const create = await openCreate(keeping, await recoverFirst(context, keeping), options.idempotencyKey);
  return batch<NewWebhook, Item>(context, requests, {
    label: 'Creating',
    name: ({ event_type }) => event_type,
    work: async (request) => {
      const { id, message, secret } = await create(request);
      return {
        id,
        ...about(request),
        message,
        secret_key: printable(context, secret, options),
        secret_stored: true,
        ...(await sinks.handOver({ webhookId: id, ...names(request), secret })),
        error: null,
      };
    },
    failed: (request, error) => ({
      id: null,
      ...about(request),
      message: null,
      secret_key: null,
      secret_stored: false,
      error,
    }),
  });
}

type Create = (request: NewWebhook) => Promise<CreatedWebhook>;

/** With a key of the user's own, the user says what is the same call. */
async function openCreate(
  keeping: Keeping,
  recoveries: Recovery[],
  key: string | undefined,
): Promise<Create> {
  if (key !== undefined) {
    const { createKept } = await import('../../provision/one-time.ts');
    return (request) => createKept(keeping, request, key);
  }
  const { createOnce } = await import('../../provision/earlier.ts');
  return (request) => createOnce(keeping, request, recoveries);
}

const about = ({ event_type, webhook_url, description }: NewWebhook) => ({
  event_type,
  webhook_url,
  description: description ?? null,
});

const names = ({ event_type: eventType, webhook_url: webhookUrl }: NewWebhook) => ({ eventType, webhookUrl });

function withoutError(items: readonly Item[]): Created {
  const [{ error: _none, ...created }] = items as readonly [Item];
  return created;
}

const viewOne = (created: Created): View => ({
  kind: 'record',
  title: [MARKS.ok, ' Webhook created'],
  fields: [
    ['id', created.id ?? ''],
    ['event type', created.event_type],
    ['url', created.webhook_url],
    ...(created.description === null ? [] : [['description', created.description] as const]),
    ['secret', [created.secret_key ?? '', dim('  stored; kycgenie secrets show prints it')]],
    ...(created.handed_over ? [['secret is', viewHandedOver(created)] as const] : []),
  ],
});

const viewMany = (items: readonly Item[]): View => ({
  kind: 'table',
  columns: [
    { title: 'ID' },
    { title: 'EVENT TYPE' },
    { title: 'SECRET' },
    { title: 'OUTCOME', shrink: true },
  ],
  rows: items.map((item) => [
    item.id ?? dim('-'),
    item.event_type,
    item.secret_key ?? dim('-'),
    item.error
      ? [bad('failed: '), why(item.error)].flat()
      : [good('created, secret stored'), ...(item.handed_over ? [', ', ...viewHandedOver(item)] : [])],
  ]),
  empty: 'Nothing to create.',
});
