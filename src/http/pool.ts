import type { buildConnector, Dispatcher } from 'undici';
import { hostAndPort } from './address.ts';
import { DIALLING, type Trust, trust } from './dialling.ts';
import { type Answer, type Bounds, type Exchange, exchange } from './exchange.ts';
import { proxyFailure } from './failure.ts';
import { joinRepeats, type Message, wireHeaders } from './headers.ts';
import { type Env, type HttpProxy, proxyFor } from './proxy.ts';
import { wireTarget } from './target.ts';

/** Of one connection; an exchange may end sooner by its own bound. */
const CONNECT_TIMEOUT_MS = 30_000;
const PROXY_LOGIN_REQUIRED = 407;

export interface PoolOptions extends Trust {
  readonly env: Env;
  /** At most so many at once to one target. */
  readonly connections: number;
}

/** undici's connections: a plain set, and one that reaches https targets through their proxy. */
export interface Pool {
  send(request: Message & Bounds): Promise<Answer>;
  close(): Promise<void>;
}

export async function loadPool({ env, ca, insecure, connections }: PoolOptions): Promise<Pool> {
  const { Agent, buildConnector } = await import('undici');
  const dial = buildConnector({ timeout: CONNECT_TIMEOUT_MS, ...DIALLING, ...trust({ ca, insecure }) });
  const connect: buildConnector.connector = (wanted, done) => dial(withoutServerName(wanted), done);
  // The exchange has the only deadline.
  const settings = { connections, pipelining: 1, headersTimeout: 0, bodyTimeout: 0 };
  const direct = new Agent({ ...settings, connect });
  const tunnels = new Agent({ ...settings, connect: tunnelling(connect, env, ca) });
  return {
    async send(request) {
      const proxy = proxyFor(env, request.url);
      const isTunnel = proxy !== null && request.url.protocol === 'https:';
      return sendOver(isTunnel ? tunnels : direct, request, proxy);
    },
    async close() {
      await Promise.all([direct.close(), tunnels.close()]);
    },
  };
}

/** undici takes the name from the Host header, which a forwarded request brings from elsewhere: the URL decides. */
function withoutServerName({ servername: _, ...wanted }: buildConnector.Options): buildConnector.Options {
  return wanted;
}

function tunnelling(
  connect: buildConnector.connector,
  env: Env,
  ca: string | undefined,
): buildConnector.connector {
  return async (wanted, done) => {
    const url = new URL(`https://${wanted.host}`);
    try {
      const proxy = proxyFor(env, url);
      if (proxy === null) return connect(wanted, done);
      const { openTunnel } = await import('./tunnel.ts');
      const target = hostAndPort(url);
      const httpSocket = await openTunnel({ proxy, target, timeoutMs: CONNECT_TIMEOUT_MS, ca });
      connect({ ...wanted, httpSocket }, done);
    } catch (error) {
      done(error instanceof Error ? error : new Error(String(error)), null);
    }
  };
}

function sendOver(
  dispatcher: Dispatcher,
  request: Message & Bounds,
  proxy: HttpProxy | null,
): Promise<Answer> {
  const relay = request.url.protocol === 'http:' ? proxy : null;
  return exchange(request, proxy && hostAndPort(proxy.url), (running) => {
    const reader = new Reader(running, relay);
    dispatcher.dispatch(dispatchOptions(request, relay), reader);
    return (why) => reader.stop(why);
  });
}

/** A relay is sent the whole URL, as proxies want it for http; https goes through a tunnel instead. */
function dispatchOptions(request: Message, relay: HttpProxy | null): Dispatcher.DispatchOptions {
  const { url, method, body = null } = request;
  const path = wireTarget(request);
  const headers = wireHeaders(request).flat();
  if (relay === null) return { origin: url.origin, method, path, body, headers };
  const pass = relay.authorization === null ? [] : ['proxy-authorization', relay.authorization];
  return { origin: relay.url.origin, method, path: url.origin + path, body, headers: [...headers, ...pass] };
}

/** Tells undici's events to the exchange. */
class Reader implements Dispatcher.DispatchHandler {
  readonly #running: Exchange;
  readonly #relay: HttpProxy | null;
  #controller: Dispatcher.DispatchController | null = null;

  constructor(running: Exchange, relay: HttpProxy | null) {
    this.#running = running;
    this.#relay = relay;
  }

  /** Before the request has its connection nothing can be stopped: then onRequestStart does it. */
  stop(why: Error): void {
    this.#controller?.abort(why);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    this.#running.connected();
    if (this.#running.settled) controller.abort(new Error('stopped'));
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: Readonly<Record<string, string | readonly string[] | undefined>>,
  ): void {
    if (status < 200) return;
    if (this.#relay && status === PROXY_LOGIN_REQUIRED) {
      const failure = proxyFailure(
        `The proxy ${hostAndPort(this.#relay.url)} asks for credentials (HTTP 407)`,
      );
      this.#running.failed(failure);
      controller.abort(failure);
      return;
    }
    const pairs = Object.entries(headers).flatMap(([name, value = '']) =>
      [value].flat().map((one) => [name, one] as const),
    );
    this.#running.answered(status, joinRepeats(pairs));
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#running.data(chunk);
  }

  onResponseEnd(): void {
    this.#running.ended();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#running.failed(error);
  }
}
