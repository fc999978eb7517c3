import type { Context } from '../../cli/context.ts';
import type { Forwarder } from '../../listen/forward.ts';
import type { Inbox } from '../../listen/inbox.ts';
import type { ListenOptions } from '../../listen/listen.ts';
import type { Owed } from '../../listen/owed.ts';
import { accent } from '../../terminal/view.ts';
import { forwardTargets, readForwardHeaders } from './options.ts';

interface Given {
  readonly save: boolean;
  readonly path: string;
  readonly forwardTo?: URL | undefined;
  readonly route?: readonly string[] | undefined;
  readonly forwardHeader?: readonly string[] | undefined;
  readonly forwardInsecure?: true | undefined;
  readonly ack?: 'after-forward' | 'on-receipt' | undefined;
  readonly respond?: readonly number[] | undefined;
  readonly delay?: number | undefined;
}

/** What `listen` does with accepted deliveries. */
export interface Replies extends Pick<ListenOptions, 'reply' | 'keep' | 'amend' | 'owed'> {
  /** After the last delivery: stops what is under way. */
  close(): Promise<void>;
}

/** Opens the inbox and the way to the app, as far as they are wanted. */
export async function openReplies(context: Context, given: Given): Promise<Replies> {
  const { replyInTurn } = await import('../../listen/reply.ts');
  const inbox = given.save ? await openInboxOf(context) : null;
  const keep = inbox ? { keep: inbox.keep.bind(inbox), amend: inbox.amend.bind(inbox) } : {};
  const plain = replyInTurn(context.clock, { statuses: given.respond, delayMs: given.delay });
  if (given.forwardTo === undefined && given.route === undefined) {
    return { ...keep, reply: plain, close: async () => inbox?.close() };
  }
  const stop = new AbortController();
  stopWhenInterrupted(context, stop);
  const { forwarder, send } = await openForwarder(context, given);
  for (const text of [given.forwardTo?.href, ...(given.route ?? [])])
    if (text !== undefined) context.talk.notice(['Forwarding to ', accent(text)]);
  const close = async (): Promise<void> => {
    stop.abort();
    await Promise.all([send.close(), inbox?.close()]);
  };
  const { replyAfterForward, replyOnReceipt } = await import('../../listen/reply.ts');
  if (given.ack !== 'on-receipt' || inbox === null) {
    return { ...keep, reply: replyAfterForward(forwarder, stop.signal, plain), close };
  }
  const owed = await openOwed(context, forwarder, inbox);
  return { ...keep, reply: replyOnReceipt(forwarder, owed, plain), owed, close };
}

/** Shortly before what is open is cut off: those who wait for the app are told to send again. */
const FORWARD_GRACE_MS = 3_000;

function stopWhenInterrupted({ signal, clock }: Context, stop: AbortController): void {
  const begin = (): void => {
    clock.sleep(FORWARD_GRACE_MS, stop.signal).then(
      () => stop.abort(),
      () => undefined,
    );
  };
  if (signal.aborted) begin();
  else signal.addEventListener('abort', begin, { once: true });
}

async function openInboxOf(context: Context): Promise<Inbox> {
  const { openInbox } = await import('../../listen/inbox.ts');
  const { dataDir } = await context.places();
  return openInbox({
    dataDir: dataDir.value,
    clock: context.clock,
    processes: context.processes,
    onProblem: (problem) => context.talk.warn(problem.message),
  });
}

async function openForwarder(context: Context, given: Given) {
  const { createForwarder, FORWARD_CONNECTIONS } = await import('../../listen/forward.ts');
  const { createPooledSend } = await import('../../http.ts');
  const insecure = given.forwardInsecure === true;
  const send = createPooledSend({ env: context.env, connections: FORWARD_CONNECTIONS, insecure });
  await send.ready();
  const forwarder = createForwarder({
    send: send.send,
    targets: forwardTargets(context, given),
    headers: await readForwardHeaders(context, given.forwardHeader ?? []),
    root: given.path,
    clock: context.clock,
  });
  return { forwarder, send };
}

async function openOwed(context: Context, { forward }: Forwarder, inbox: Inbox): Promise<Owed> {
  const { openLookup } = await import('../../listen/inbox/lookup.ts');
  const { takeOverOwed } = await import('../../listen/inbox/owed.ts');
  const { Owed } = await import('../../listen/owed.ts');
  const dataDir = (await context.places()).dataDir.value;
  return new Owed({
    forward,
    clock: context.clock,
    amend: (id, change) => inbox.amend(id, change),
    load: openLookup(dataDir),
    resume: () => takeOverOwed({ dataDir, clock: context.clock, processes: context.processes }),
  });
}
