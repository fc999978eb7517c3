import { hostname } from 'node:os';
import type { Context } from '../../cli/context.ts';
import type { Command, OptionValues } from '../../cli/define.ts';
import { reportFailure } from '../../cli/failure.ts';
import { chooseEvents, collect, single } from '../../cli/options.ts';
import { Failure } from '../../errors.ts';
import { isLoopback } from '../../loopback.ts';
import type { Removal } from '../../provision/temporary/remove.ts';
import type { Temporary } from '../../provision/temporary.ts';
import { parseTunnel, type TunnelChoice } from '../../tunnel/choice.ts';
import { openKeeping, recoverFirst } from '../webhooks/keeping.ts';
import { checkReceiverUrl } from '../webhooks/receiver-url.ts';
import { pruneWith } from './leftovers.ts';
import { openReach } from './reach.ts';

/** Temporary subscriptions of `listen`: what is asked for, and the resource that lasts as long as it listens. */

interface SubscribeOptions {
  readonly subscribe?: readonly string[] | undefined;
  readonly tunnel?: TunnelChoice | undefined;
  readonly publicUrl?: string | undefined;
}

export const withSubscribeOptions = <A extends unknown[], O extends OptionValues, G extends OptionValues>(
  command: Command<A, O, G>,
) =>
  command
    .optionsGroup('Temporary subscriptions:')
    .option(
      '--subscribe <type>',
      'event type or group to subscribe to while listening; repeat for more',
      collect,
    )
    .option(
      '--tunnel <program>',
      'how the API reaches this machine: cloudflared, ngrok or ssh:<user@host>',
      parseTunnel,
    )
    .option('--public-url <url>', 'where deliveries from outside reach this machine', single('--public-url'));

/** What to subscribe to, and how deliveries get here. */
export interface SubscribeWish {
  readonly eventTypes: readonly string[];
  readonly tunnel: TunnelChoice | null;
  /** Null: the tunnel tells it, or the API is on this machine. */
  readonly publicUrl: string | null;
}

/** Null where nothing is asked for. Throws Failure before anything is begun: bad options, no key, no program. */
export async function readSubscribe(
  context: Context,
  { subscribe, tunnel, publicUrl }: SubscribeOptions,
): Promise<SubscribeWish | null> {
  if (subscribe === undefined) {
    if (tunnel === undefined && publicUrl === undefined) return null;
    throw new Failure('usage', '--tunnel and --public-url go with --subscribe', {
      hint: "Such as --subscribe 'screening.*'.",
    });
  }
  if (publicUrl !== undefined) {
    if (tunnel !== undefined && tunnel.program !== 'ssh')
      throw new Failure('usage', `--public-url and --tunnel ${tunnel.program} exclude each other`);
    await checkReceiverUrl(context, publicUrl);
  } else if (tunnel === undefined && !isLoopback((await context.settings()).baseUrl.value.hostname)) {
    throw new Failure('usage', '--subscribe needs to know how deliveries get here', {
      hint: 'Give --tunnel cloudflared (or ngrok, ssh:<user@host>), or --public-url.',
    });
  }
  if (tunnel) (await import('../../tunnel.ts')).requireProgram(tunnel, context.env);
  await context.api();
  const { types, unknown } = chooseEvents(subscribe);
  for (const type of unknown)
    context.talk.warn(`${type} is not a documented event type. See kycgenie events types.`);
  return { eventTypes: types, tunnel: tunnel ?? null, publicUrl: publicUrl ?? null };
}

interface Receiving {
  /** Of the receiver, without a path: `http://127.0.0.1:4242`. */
  readonly origin: string;
  /** The path that takes deliveries: `/` or `/kyc`. */
  readonly path: string;
  /** Hears of a tunnel that went down, and of what comes of it. */
  readonly onProblem: (message: string) => void;
}

export interface Subscription {
  /** Where the subscriptions deliver to at first. */
  readonly publicUrl: string;
  readonly webhookIds: readonly string[];
  /** Aborts, with a Failure as reason, when no delivery can get here any more. */
  readonly lost: AbortSignal;
  /** Deletes the subscriptions and ends the tunnel, within a few seconds; says what could not be. Throws nothing. */
  close(): Promise<void>;
}

/** To be called once the socket accepts. Leaves nothing behind where it throws, as far as the API can be reached. */
export async function openSubscription(
  context: Context,
  wish: SubscribeWish,
  { origin, path, onProblem }: Receiving,
): Promise<Subscription> {
  const { openTemporary } = await import('../../provision/temporary.ts');
  const keeping = await openKeeping(context);
  await recoverFirst(context, keeping);
  await pruneWith(context, keeping);
  let temporary: Temporary | undefined;
  const onMoved = async (url: string): Promise<void> => temporary?.moveTo(url);
  const reach = await openReach(context, wish, { origin, path, onProblem, onMoved });
  const publicUrl = reach.url();
  try {
    temporary = await openTemporary(keeping, {
      eventTypes: wish.eventTypes,
      url: publicUrl,
      hostname: hostname(),
      onLeftBehind: (left) => tellLeft(context, left),
    });
    // The tunnel may have moved while they were made.
    if (reach.url() !== publicUrl) await temporary.moveTo(reach.url());
  } catch (error) {
    await Promise.all([reach.close(), temporary && closeAndTell(context, temporary)]);
    throw error;
  }
  const { webhookIds } = temporary;
  const opened = temporary;
  const close = async (): Promise<void> => {
    await Promise.all([reach.close(), closeAndTell(context, opened)]);
  };
  return { publicUrl, webhookIds, lost: reach.lost, close };
}

async function closeAndTell(context: Context, temporary: Temporary): Promise<void> {
  tellLeft(
    context,
    (await temporary.close()).filter(({ status }) => status === 'failed'),
  );
}

function tellLeft({ talk }: Context, left: readonly Removal[]): void {
  for (const { lease, error } of left) {
    talk.warn(
      `The temporary subscription to ${lease.eventType} could not be deleted (webhook ${lease.webhookId}): ${reportFailure(error).message}`,
    );
  }
  if (left.length > 0) talk.warn('The next listen tries again; so does kycgenie webhooks prune.');
}
