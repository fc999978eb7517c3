import type { Context } from '../../../cli/context.ts';
import { isSuccess } from '../../../http/status.ts';
import type { Secret } from '../../../secret.ts';
import type { Outcome, Outgoing } from '../../../sending/attempt.ts';
import type { Scheme } from '../../../signing/scheme.ts';
import { USER_AGENT } from '../../../version.ts';

/** What a probe is, to its receiver: the event type that the API itself uses to test. */
const EVENT_TYPE = 'test';
const FIRST_PAUSE_MS = 500;
const MAX_PAUSE_MS = 5_000;

/** Which deliveries are made to find out whether a receiver accepts a secret. */
export interface Probing {
  readonly url: URL;
  readonly scheme: Scheme;
  /** How long a receiver may take until it accepts the new secret. */
  readonly timeoutMs: number;
}

export interface Probed {
  readonly attempts: number;
  /** Of the last one. */
  readonly outcome: Outcome;
}

/** Makes one delivery that this secret signs. Throws Failure `usage` for a secret that cannot sign. */
export async function probe(context: Context, { url, scheme }: Probing, secret: Secret): Promise<Outcome> {
  const { clock, env, signal } = context;
  const { attempt } = await import('../../../sending/attempt.ts');
  const { createSend } = await import('../../../http.ts');
  const timeoutMs = (await context.settings()).timeoutMs.value;
  return attempt(
    { send: createSend({ env }), clock, timeoutMs },
    await delivery(context, url, scheme, secret),
    signal,
  );
}

/** Makes deliveries, each fresh, until one is accepted or the time is up. */
export async function probeUntilAccepted(
  context: Context,
  probing: Probing,
  secret: Secret,
): Promise<Probed> {
  const { clock, signal } = context;
  const endMs = clock.now() + probing.timeoutMs;
  let pauseMs = FIRST_PAUSE_MS;
  for (let attempts = 1; ; attempts += 1) {
    const outcome = await probe(context, probing, secret);
    const isOver = isSuccess(outcome.status) || signal.aborted || clock.now() + pauseMs > endMs;
    if (isOver) return { attempts, outcome };
    // Where it is interrupted, the next delivery is not made, and says so.
    await clock.sleep(pauseMs, signal).catch(() => undefined);
    pauseMs = Math.min(pauseMs * 2, MAX_PAUSE_MS);
  }
}

async function delivery({ clock }: Context, url: URL, scheme: Scheme, secret: Secret): Promise<Outgoing> {
  const { simulateEvent } = await import('../../../sending/simulated-event.ts');
  const { sign } = await import('../../../signing/sign.ts');
  const timestampMs = clock.now();
  const simulation = { eventType: EVENT_TYPE, changes: {}, random: () => clock.random() };
  const { id, body } = simulateEvent(simulation, timestampMs);
  return {
    id,
    method: 'POST',
    url,
    headers: [
      ['content-type', 'application/json'],
      ['user-agent', `${USER_AGENT} (rotate)`],
      ...sign(scheme, { id, timestampMs, body }, [secret]),
    ],
    body,
  };
}
