import type { Context } from '../../cli/context.ts';
import { Failure } from '../../errors.ts';
import type { PooledSend } from '../../http.ts';
import type { Sources } from '../../inspector/sources.ts';
import { chooseRoute, openOutgoing } from '../events/replay-outgoing.ts';
import { openResigner } from '../events/resigning.ts';

const CONNECTIONS = 4;

interface Replaying {
  readonly replay: Sources['replay'];
  close(): Promise<void>;
}

interface ReplayingOptions {
  readonly addressOf: Sources['addressOf'];
  /** To the app of this run with any certificate. */
  readonly insecure: boolean;
}

/** Sends kept deliveries again as `events replay` does; those that were not forwarded, to where they would have been. */
export async function openReplaying(
  context: Context,
  { addressOf, insecure }: ReplayingOptions,
): Promise<Replaying> {
  const { createPooledSend } = await import('../../http.ts');
  const { attempt } = await import('../../sending/attempt.ts');
  const { env, clock } = context;
  const toApp = createPooledSend({ env, connections: CONNECTIONS, insecure });
  const elsewhere = createPooledSend({ env, connections: CONNECTIONS });
  const timeoutMs = (await context.settings()).timeoutMs.value;
  return {
    async replay(kept, { to, resign }, signal) {
      const sentTo = addressOf(kept);
      if (to === null && sentTo === null) {
        throw new Failure('usage', 'It was not forwarded anywhere: say where to send it', {
          hint: 'Such as http://localhost:3000/kyc.',
        });
      }
      const route = await chooseRoute(to ?? undefined, 'The address');
      const resigner = resign ? await openResigner(context, {}) : null;
      const { delivery } = await (await openOutgoing(route, resigner))({ ...kept, sentTo });
      const pool: PooledSend = to === null ? toApp : elsewhere;
      const outcome = await attempt({ send: pool.send, clock, timeoutMs }, delivery, signal);
      const { url, status, duration_ms, error, body } = outcome;
      return { url, status, duration_ms, error, body };
    },
    async close() {
      await Promise.all([toApp.close(), elsewhere.close()]);
    },
  };
}
