import type { Context } from '../../cli/context.ts';
import { defineCommand } from '../../cli/define.ts';
import { oneOf } from '../../cli/one-of.ts';
import type { KeptSecret, WebhookSecrets } from '../../config/secrets.ts';
import { Failure } from '../../errors.ts';
import type { Subject } from '../../sinks/template.ts';
import { dim, type View } from '../../terminal/view.ts';
import {
  handedExit,
  openSecretSinks,
  viewHandedOver,
  type WithHandedOver,
  wantsPlace,
} from '../webhooks/handing-over.ts';
import { hideInLogs, reveal, type SecretOptions, withSinkOptions } from '../webhooks/secret-options.ts';
import { base64, DEFAULT_MANIFEST, FORMATS, type Format, formatSecrets, manifestName } from './formats.ts';

interface Exported {
  readonly webhook_id: string;
  readonly event_type: string | null;
  readonly webhook_url: string | null;
  readonly env_name: string;
  readonly secret_key: string;
}

interface HandedOn extends WithHandedOver {
  readonly webhook_id: string;
  readonly event_type: string | null;
}

interface ExportOptions extends SecretOptions {
  readonly format?: Format | undefined;
  readonly name?: string | undefined;
}

export const command = defineCommand({
  description:
    'Prints the current secrets of the named webhooks, or of all that are stored: as lines that a shell and dotenv ' +
    'read back, as one JSON object, or as the manifest of a Kubernetes Secret. With --secret-file, --dotenv or ' +
    '--secret-exec they go there instead, and nothing of them is printed: this repeats what failed on create or ' +
    'rotate. --env-name names the variables; {EVENT_TYPE} and {ID} stand for those of each webhook. By default it is ' +
    'KYC_{EVENT_TYPE}_SECRET, for webhooks whose event type is stored several times KYC_{EVENT_TYPE}_{ID}_SECRET, ' +
    'and KYC_{ID}_SECRET where it is not known.',
  examples: [
    { command: 'kycgenie secrets export > .env.local' },
    { command: 'kycgenie secrets export --format k8s --name kyc | kubectl apply -f -' },
    {
      command:
        "kycgenie secrets export f67f165d-0d1e-4eb7-81e6-3494a260dcd4 --secret-exec 'gh secret set KYC_SECRET'",
    },
  ],
  exits: [3],
  setup: (command) =>
    withSinkOptions(
      command
        .argument('[webhook_id...]', 'webhook ids')
        .option('--format <format>', `${FORMATS.join(', ')} (default: env)`, oneOf('--format', FORMATS))
        .option('--name <name>', `name of the Kubernetes Secret (default: ${DEFAULT_MANIFEST})`, manifestName)
        .optionsGroup('Instead of printing:'),
    ),
  async run(context, options: ExportOptions, ids): Promise<readonly Exported[] | readonly HandedOn[]> {
    checkOptions(options);
    const kept = await choose(context, ids);
    return wantsPlace(options) ? handOn(context, kept, options) : exportAll(context, kept, options);
  },
  view: (data, { options }) => viewData(data, options),
  ids: (data) => data.map(({ webhook_id }) => webhook_id),
  exit: (data) => handedExit(data.flatMap((one) => ('secret_key' in one ? [] : [one]))),
});

function checkOptions(options: ExportOptions): void {
  if (wantsPlace(options) && (options.format !== undefined || options.name !== undefined)) {
    throw new Failure('usage', '--format and --name go with printing: each place takes the bare secret', {
      hint: 'Pipe what is printed, such as: kycgenie secrets export --format k8s | kubectl apply -f -',
    });
  }
  if (options.name !== undefined && options.format !== 'k8s')
    throw new Failure('usage', '--name goes with --format k8s');
}

type Kept = WebhookSecrets & { readonly current: KeptSecret };

/** The named ones in their order, each once, or all. */
async function choose(context: Context, ids: readonly string[]): Promise<readonly Kept[]> {
  const secrets = await context.secrets();
  const chosen = ids.length === 0 ? await secrets.list() : [];
  const named = await Promise.all(
    [...new Set(ids)].map(async (id) => (await secrets.get(id)) ?? missing(id)),
  );
  const found = [...chosen, ...named].flatMap((kept) => {
    const [current] = kept.secrets;
    return current ? [{ ...kept, current }] : [];
  });
  if (found.length > 0) return found;
  throw new Failure('not_found', 'No signing secret is stored in this profile', {
    hint: 'webhooks create stores its own; see kycgenie config profiles for others.',
  });
}

function missing(id: string): never {
  throw new Failure('not_found', `No secret of webhook ${id} is stored here`, {
    hint: 'See kycgenie secrets list, perhaps of another --profile.',
  });
}

async function handOn(
  context: Context,
  kept: readonly Kept[],
  options: ExportOptions,
): Promise<readonly HandedOn[]> {
  const nameOf = options.envName === undefined ? await defaultNames(context) : undefined;
  const sinks = await openSecretSinks(context, options, kept, nameOf);
  const progress = context.talk.progress('Handing over', kept.length);
  const handed: HandedOn[] = [];
  try {
    for (const { webhookId, eventType, webhookUrl, current } of kept) {
      const done = await sinks.handOver({ webhookId, eventType, webhookUrl, secret: current.secret });
      handed.push({ webhook_id: webhookId, event_type: eventType, ...done });
      progress.advance();
    }
  } finally {
    progress.end();
  }
  return handed;
}

/** The same whichever of them are named: what is stored beside them decides, too. */
async function defaultNames(context: Context): Promise<(subject: Subject) => string> {
  const { namesByDefault } = await import('../../sinks/template.ts');
  return namesByDefault(await (await context.secrets()).survey());
}

async function exportAll(
  context: Context,
  kept: readonly Kept[],
  { envName, format }: ExportOptions,
): Promise<readonly Exported[]> {
  const { demandDistinctNames, namesAsTyped } = await import('../../sinks/template.ts');
  const nameOf = envName === undefined ? await defaultNames(context) : namesAsTyped(envName);
  demandDistinctNames(kept, nameOf);
  return kept.map((one) => {
    // The runner knows a secret in no other form than the one it was told.
    if (format === 'k8s') hideInLogs(context, base64(one.current.secret.reveal()));
    return {
      webhook_id: one.webhookId,
      event_type: one.eventType,
      webhook_url: one.webhookUrl,
      env_name: nameOf(one),
      secret_key: reveal(context, one.current.secret),
    };
  });
}

function viewData(data: readonly (Exported | HandedOn)[], { format = 'env', name }: ExportOptions): View {
  const printed = data.filter((one) => 'secret_key' in one);
  if (printed.length > 0)
    return { kind: 'lines', lines: formatSecrets(format, printed, name ?? DEFAULT_MANIFEST) };
  return {
    kind: 'table',
    columns: [{ title: 'WEBHOOK' }, { title: 'EVENT TYPE' }, { title: 'OUTCOME', shrink: true }],
    rows: data.map((one) => [
      one.webhook_id,
      one.event_type ?? dim('-'),
      'secret_key' in one ? '' : viewHandedOver(one),
    ]),
    empty: 'Nothing was handed over.',
  };
}
