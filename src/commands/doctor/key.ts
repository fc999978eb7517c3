import type { Context } from '../../cli/context.ts';
import type { Settings } from '../../config/settings.ts';
import { Failure } from '../../errors.ts';
import { type Check, failedBy, look, ok, skipped, warned } from './check.ts';
import { NETWORK_TIMEOUT_MS } from './network.ts';
import { counted } from './store.ts';

/** Whether the API takes the key: one list call, tried once. */
export const checkKey = (context: Context, { apiKey, apiVersion, profile }: Settings): Promise<Check> =>
  look(context, 'key', async (signal) => {
    const key = await context.apiKey();
    if (key === null) {
      return warned(
        `No API key in profile ${profile.value}`,
        'kycgenie login stores one; without an account: kycgenie sandbox.',
      );
    }
    try {
      const api = await context.api({ timeoutMs: NETWORK_TIMEOUT_MS, maxRetries: 0 });
      const webhooks = await api.listWebhooks({ signal });
      const source = apiKey.source ?? apiKey.origin;
      return ok(
        `${key.mask()} (${source}) works, ${apiVersion.value}: ${counted(webhooks.length, 'webhook')}`,
      );
    } catch (error) {
      return judge(error);
    }
  });

function judge(error: unknown) {
  if (!(error instanceof Failure)) throw error;
  switch (error.kind) {
    case 'network':
    case 'timeout':
      return skipped('The API was not reached');
    case 'rate_limited':
      return warned(error.message, error.hint ?? 'Try again later.');
    default:
      return failedBy(error);
  }
}
