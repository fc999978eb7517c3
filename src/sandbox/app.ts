import { createHash, randomUUID, timingSafeEqual } from 'node:crypto';
import { Hono } from 'hono';
import type { ApiVersion } from '../api/wire.ts';
import type { Answer, Handler, ReceivedRequest } from '../serve.ts';
import { asAnswer, asRequest, type Call, headerOf, type Rooms, type Router, refused } from './exchange.ts';
import { cut, drawFault, refuseByFault } from './faults.ts';
import { type Notify, problemNotice } from './notices.ts';
import { RateLimit } from './rate-limit.ts';
import { invalidRequest, Refusal, refuse } from './refusal.ts';
import { addEventRoutes } from './routes/events.ts';
import { addLogRoutes } from './routes/logs.ts';
import { addTestRoute } from './routes/test-call.ts';
import { addWebhookRoutes } from './routes/webhooks.ts';
import { iso } from './shapes.ts';

const VERSIONS: readonly ApiVersion[] = ['v1', 'v2'];

export interface AppOptions extends Rooms {
  /** Undefined: no limit. */
  readonly rateLimitPerSecond: number | undefined;
  /** Share of API calls that fail, from 0 to 1. */
  readonly failRate: number;
  readonly latencyMs: number;
  readonly random: () => number;
  readonly notify: Notify;
}

/** The whole API as a function from request to answer. It rejects only when the client is gone. */
export function createHandler(options: AppOptions): Handler {
  const router = createRouter(options);
  return async (received) => {
    const startedMs = options.clock.now();
    const requestId = randomUUID();
    const answer = await exchange(router, options, received, requestId);
    options.notify({
      type: 'request',
      at: iso(startedMs),
      request_id: requestId,
      method: received.method,
      path: received.target,
      status: answer.status,
      duration_ms: options.clock.now() - startedMs,
    });
    return answer;
  };
}

async function exchange(
  router: Router,
  options: AppOptions,
  received: ReceivedRequest,
  requestId: string,
): Promise<Answer> {
  const { clock, latencyMs, failRate, random, store } = options;
  const isApiCall = received.target.startsWith('/api/');
  if (isApiCall && latencyMs > 0) await clock.sleep(latencyMs, received.signal);
  const fault = isApiCall ? drawFault(failRate, random) : undefined;
  const respond = async (): Promise<Response> => {
    refuseByFault(fault);
    const request = asRequest(received);
    if (!request) throw invalidRequest('The request target is no path.');
    const response = await router.fetch(request, { received });
    await store.synced();
    return response;
  };
  const response = await respond().catch((error: unknown) => {
    received.signal.throwIfAborted();
    return refused(refusalOf(error, options), requestId);
  });
  const answer = await asAnswer(response, requestId);
  return fault === 'cut' ? cut(answer) : answer;
}

/** Anything but a Refusal is a failure of the sandbox itself: its owner hears which, the caller no more than that. */
function refusalOf(error: unknown, { notify, clock }: AppOptions): Refusal {
  if (error instanceof Refusal) return error;
  notify(problemNotice(error, 'A call failed inside the sandbox', clock.now()));
  return refuse(500, 'The sandbox failed to handle this call.');
}

function createRouter(options: AppOptions): Router {
  const router: Router = new Hono();
  const { rateLimitPerSecond, clock } = options;
  const limit = rateLimitPerSecond === undefined ? undefined : new RateLimit(clock, rateLimitPerSecond);
  for (const paths of ['/api/*', '/sandbox/*'])
    router.use(paths, async (call, next) => {
      authenticate(call, options);
      if (limit && paths === '/api/*') spend(limit);
      await next();
    });
  for (const version of VERSIONS) {
    addTestRoute(router, version, options);
    addLogRoutes(router, version, options);
    addWebhookRoutes(router, version, options);
  }
  addEventRoutes(router, options);
  router.notFound((call) => {
    throw unknownPath(call.req.path);
  });
  // Errors go where all others go: to the end of `exchange`.
  router.onError((error) => {
    throw error;
  });
  return router;
}

function authenticate({ env: { received } }: Call, { store }: Rooms): void {
  const [scheme = '', key = ''] = (headerOf(received, 'authorization') ?? '').split(/ +/, 2);
  const expected = store.apiKey?.reveal() ?? '';
  if (scheme.toLowerCase() === 'bearer' && expected !== '' && timingSafeEqual(digest(key), digest(expected)))
    return;
  const message = key === '' ? 'Authentication credentials were not provided.' : 'Invalid API key.';
  throw new Refusal(401, 'authentication_failed', message, { headers: [['www-authenticate', 'Bearer']] });
}

/** Of equal length whatever the text, as a comparison in constant time needs it. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function spend(limit: RateLimit): void {
  const waitS = limit.take();
  if (waitS > 0)
    throw refuse(429, `Too many requests: try again in ${waitS} s.`, [['retry-after', String(waitS)]]);
}

function unknownPath(path: string): Refusal {
  const hint =
    path.startsWith('/api/') && !path.endsWith('/') ? ' Every path of the API ends in a slash.' : '';
  return refuse(404, `There is nothing at this path.${hint}`);
}
