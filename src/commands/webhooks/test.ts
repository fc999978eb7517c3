import type { Api } from '../../api/client.ts';
import type { Context } from '../../cli/context.ts';
import { defineCommand } from '../../cli/define.ts';
import { API_EXITS, type FailureReport, worstExitCode } from '../../cli/failure.ts';
import { collect } from '../../cli/options.ts';
import { Failure } from '../../errors.ts';
import { bad, dim, good } from '../../terminal/view.ts';
import { batch, batchExit } from '../batch.ts';
import { checkReceiverUrl } from './receiver-url.ts';

interface Tested {
  /** Null for an id that could not be looked up; then `message` names it. */
  readonly webhook_url: string | null;
  readonly success: boolean;
  /** What the receiver answered; null where it gave no answer. */
  readonly http_status_code: number | null;
  readonly message: string | null;
  readonly duration_ms: number;
  /** Set when the API could not run the test at all. */
  readonly error: FailureReport | null;
}

export const command = defineCommand({
  description: 'The API delivers one synthetic event to each URL and waits for the answer.',
  examples: [
    { command: 'kycgenie webhooks test f67f165d-0d1e-4eb7-81e6-3494a260dcd4' },
    { command: 'kycgenie webhooks test --url https://example.com/kyc' },
    { command: 'kycgenie webhooks test --all --json', means: 'in CI: exit 8 when a receiver fails' },
  ],
  exits: [3, 8, ...API_EXITS],
  setup: (command) =>
    command
      .argument('[id...]', 'webhook ids')
      .option('--url <url>', 'receiver URL; repeat for more', collect)
      .option('--all', 'every URL of the account, each once'),
  async run(context, { url, all }, ids): Promise<readonly Tested[]> {
    const api = await context.api();
    const targets = await chooseTargets(context, api, { ids, urls: url ?? [], all: all === true });
    return batch<Target, Tested>(context, targets, {
      label: 'Testing',
      name: (target) => ('url' in target ? target.url : target.id),
      work: (target) => test(context, api, target),
      failed: (target, error) => ({
        webhook_url: 'url' in target ? target.url : null,
        success: false,
        http_status_code: null,
        message: 'url' in target ? error.message : `${target.id}: ${error.message}`,
        duration_ms: 0,
        error,
      }),
    });
  },
  view: (tested) => ({
    kind: 'table',
    columns: [
      { title: 'URL', shrink: true },
      { title: 'RESULT' },
      { title: 'STATUS', align: 'right' },
      { title: 'TIME', align: 'right' },
      { title: 'MESSAGE', shrink: true },
    ],
    rows: tested.map(({ webhook_url, success, http_status_code, duration_ms, message }) => [
      webhook_url ?? dim('-'),
      success ? good('delivered') : bad('failed'),
      http_status_code === null ? dim('none') : String(http_status_code),
      `${duration_ms} ms`,
      message ?? '',
    ]),
    empty: 'There is no webhook to test.',
  }),
  ids: (tested) =>
    tested.flatMap(({ success, webhook_url }) => (success && webhook_url ? [webhook_url] : [])),
  exit: (tested) => worstExitCode([batchExit(tested), tested.every(({ success }) => success) ? 0 : 8]),
});

interface Named {
  readonly ids: readonly string[];
  readonly urls: readonly string[];
  readonly all: boolean;
}

/** What to test, or a subscription whose URL could not be had. */
type Target = { readonly url: string } | { readonly id: string; readonly error: unknown };

/** Each URL once. */
async function chooseTargets(
  context: Context,
  api: Api,
  { ids, urls, all }: Named,
): Promise<readonly Target[]> {
  if ([ids.length > 0, urls.length > 0, all].filter(Boolean).length !== 1) {
    throw new Failure('usage', 'Name what to test: webhook ids, or --url, or --all', {
      hint: 'One of the three, such as: kycgenie webhooks test --all',
    });
  }
  const { signal } = context;
  const targets: Target[] = [];
  for (const url of urls) targets.push({ url: await checkReceiverUrl(context, url) });
  for (const id of new Set(ids)) targets.push(await lookUp(api, id, signal));
  if (all) targets.push(...(await api.listWebhooks({ signal })).map(({ webhook_url: url }) => ({ url })));
  return [...new Map(targets.map((target) => ['url' in target ? target.url : target.id, target])).values()];
}

async function lookUp(api: Api, id: string, signal: AbortSignal): Promise<Target> {
  try {
    return { url: (await api.getWebhook(id, { signal })).webhook_url };
  } catch (error) {
    signal.throwIfAborted();
    return { id, error };
  }
}

async function test(context: Context, api: Api, target: Target): Promise<Tested> {
  if (!('url' in target)) throw target.error;
  const start = context.clock.now();
  const outcome = await api.testWebhook(target.url, { signal: context.signal });
  return { webhook_url: target.url, ...outcome, duration_ms: context.clock.now() - start, error: null };
}
