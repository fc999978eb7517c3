import type { Clock } from '../clock.ts';
import { Failure } from '../errors.ts';
import type { Answer, Handler, ReceivedRequest, Serving, serve } from '../serve.ts';
import { answerOf, guarded, refusal } from './answers.ts';
import { isAsset, pageAsset, type ReadAsset } from './assets.ts';
import type { Deliveries } from './deliveries.ts';
import { Guard, type Purpose } from './guard.ts';
import { nothingHere, Routes } from './routes.ts';
import type { Sources } from './sources.ts';

/** Never another one: what is shown is for this machine alone. */
const HOST = '127.0.0.1';
const LIMITS = { maxBodyBytes: 64 * 1024, maxHeldBytes: 4 * 1024 * 1024, maxConnections: 64 };
/** How long an answer under way may take once it is time to stop. */
const CLOSE_GRACE_MS = 500;

interface InspectorOptions {
  readonly serve: typeof serve;
  /** 0 takes a free one. */
  readonly port: number;
  /** By which a person names the port: `--port`. */
  readonly portOption: string;
  readonly clock: Clock;
  readonly deliveries: Deliveries;
  readonly sources: Sources;
  /** Called for each file that is asked for: a few in the life of a page. */
  readonly asset: ReadAsset;
  /** Hears what went wrong and was not foreseen. */
  readonly onError: (error: unknown) => void;
}

export interface Inspector {
  /** For a person: it holds the token. */
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

/** The local server of the page. Throws Failure where the port cannot be had. */
export async function openInspector(options: InspectorOptions): Promise<Inspector> {
  const { onError, asset } = options;
  const routes = new Routes(options);
  const serving = await listening(options, async (request) => guarded(await door.answer(request)));
  const guard = new Guard(serving.port);
  // There is no request before this turn ends.
  const door = new Door({ guard, routes, asset, onError });
  return { url: guard.url, port: serving.port, close: () => serving.close(CLOSE_GRACE_MS) };
}

async function listening(
  { serve, port, portOption, onError }: InspectorOptions,
  handler: Handler,
): Promise<Serving> {
  try {
    return await serve({ host: HOST, port, limits: LIMITS, onError, handler });
  } catch (error) {
    if (error instanceof Failure)
      error.hint = `Name another port, or let the system pick a free one: ${portOption} 0.`;
    throw error;
  }
}

interface DoorOptions extends Pick<InspectorOptions, 'onError' | 'asset'> {
  readonly guard: Guard;
  readonly routes: Routes;
}

/** Every request: what it wants, whether it may, and its answer. */
class Door {
  readonly #options: DoorOptions;

  constructor(options: DoorOptions) {
    this.#options = options;
  }

  async answer(request: ReceivedRequest): Promise<Answer> {
    const { guard } = this.#options;
    const { method, target } = request;
    if (method !== 'GET' && method !== 'POST') return refusal(405, 'Only GET and POST are taken here');
    const { path: whole, query } = targetOf(target);
    const path = guard.within(whole);
    if (path === null) return guard.enter(request, whole === '/' ? query.get('token') : null);
    const stopped = guard.stop(request, purposeOf(method, path));
    if (stopped) return stopped;
    try {
      return await this.#handle(request, path, query);
    } catch (error) {
      if (request.signal.aborted) throw error;
      const answer = answerOf(error);
      if (answer === null) this.#options.onError(error);
      return answer ?? refusal(500, 'Something failed here that should not have');
    }
  }

  async #handle(request: ReceivedRequest, path: string, query: URLSearchParams): Promise<Answer> {
    const { routes, asset } = this.#options;
    if (request.method === 'POST') return routes.post(path, request);
    if (path.startsWith('/api/')) return routes.get(path, query, request);
    if (!isAsset(path)) throw nothingHere();
    const { type, bytes } = await pageAsset(asset, path);
    return { status: 200, headers: [['content-type', type]], body: bytes };
  }
}

function purposeOf(method: 'GET' | 'POST', path: string): Purpose {
  if (method === 'POST') return 'change';
  if (path === '/') return 'page';
  return path.endsWith('/live') ? 'stream' : 'read';
}

/** Undecoded. */
function targetOf(target: string): { readonly path: string; readonly query: URLSearchParams } {
  const mark = target.indexOf('?');
  const path = mark < 0 ? target : target.slice(0, mark);
  return { path, query: new URLSearchParams(mark < 0 ? '' : target.slice(mark + 1)) };
}
