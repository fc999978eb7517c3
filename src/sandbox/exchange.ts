import type { Context, Hono } from 'hono';
import type { Clock } from '../clock.ts';
import type { Answer, ReceivedRequest } from '../serve.ts';
import type { Dispatcher } from './dispatch.ts';
import type { Sealed } from './idempotency.ts';
import { type Refusal, refuse } from './refusal.ts';
import type { Store } from './store.ts';

/** What routes work with. */
export interface Rooms {
  readonly store: Store;
  readonly dispatcher: Dispatcher;
  readonly clock: Clock;
}

/** The request as it came, beside hono's view of its path. */
interface Env {
  Bindings: { readonly received: ReceivedRequest };
}

export type Router = Hono<Env>;
export type Call = Context<Env>;

export function headerOf({ headers }: ReceivedRequest, wanted: string): string | undefined {
  return headers.find(([name]) => name.toLowerCase() === wanted)?.[1];
}

/** An answer of the API as hono carries it. */
export function json(status: number, value: unknown): Response {
  return sealedJson({ status, text: JSON.stringify(value) });
}

export function sealedJson({ status, text }: Sealed): Response {
  return new Response(text, { status, headers: { 'content-type': 'application/json' } });
}

export function refused(refusal: Refusal, requestId: string): Response {
  const response = json(refusal.status, refusal.envelope(requestId));
  for (const [name, value] of refusal.parts.headers ?? []) response.headers.append(name, value);
  return response;
}

/** The last route of a path: whatever its other routes did not take. */
export function onlyMethods(router: Router, path: string, methods: string): void {
  router.all(path, () => {
    throw refuse(405, `This path takes ${methods}.`, [['allow', methods]]);
  });
}

/** hono's view of a request: its routing needs no more than method and URL. Undefined for an unusable target. */
export function asRequest({ method, target }: ReceivedRequest): Request | undefined {
  try {
    return target.startsWith('/') ? new Request(`http://sandbox${target}`, { method }) : undefined;
  } catch {
    return undefined;
  }
}

export async function asAnswer(response: Response, requestId: string): Promise<Answer> {
  const body = new Uint8Array(await response.arrayBuffer());
  return { status: response.status, headers: [...response.headers, ['x-request-id', requestId]], body };
}
