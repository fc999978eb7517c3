import type { ClientRequest } from 'node:http';
import type { Socket } from 'node:net';
import { bareHost, hostAndPort } from './address.ts';
import { networkFailure, proxyFailure } from './failure.ts';
import type { HttpProxy } from './proxy.ts';

export interface TunnelOptions {
  readonly proxy: HttpProxy;
  /** `host:port` to be connected to. */
  readonly target: string;
  readonly timeoutMs: number;
  readonly ca?: string | undefined;
}

/**
 * Asks a proxy for a connection to the target (CONNECT) and gives the open stream. Throws NetworkFailure.
 * Ours because undici's ProxyAgent dials for ever when a proxy hangs up, merges repeated headers, and tells the
 * proxy's status in a text alone (7.30).
 */
export async function openTunnel(options: TunnelOptions): Promise<Socket> {
  const request = await connectRequest(options);
  return new Promise((resolve, reject) => {
    request.once('connect', ({ statusCode = 0 }, socket, head) => {
      if (statusCode >= 200 && statusCode < 300) {
        if (head.length > 0) socket.unshift(head);
        resolve(socket);
        return;
      }
      socket.destroy();
      reject(refusal(options, statusCode));
    });
    request.once('error', (error) => reject(failure(options, error)));
    request.end();
  });
}

async function connectRequest({ proxy, target, timeoutMs, ca }: TunnelOptions): Promise<ClientRequest> {
  const { request } =
    proxy.url.protocol === 'https:' ? await import('node:https') : await import('node:http');
  return request({
    method: 'CONNECT',
    host: bareHost(proxy.url.hostname),
    port: proxy.url.port || (proxy.url.protocol === 'https:' ? 443 : 80),
    path: target,
    headers: { host: target, ...(proxy.authorization && { 'proxy-authorization': proxy.authorization }) },
    agent: false,
    // The deadline of a socket, not the program's clock.
    signal: AbortSignal.timeout(timeoutMs),
    ...(ca === undefined ? {} : { ca }),
  });
}

const refusal = ({ proxy, target }: TunnelOptions, status: number) =>
  proxyFailure(`The proxy ${hostAndPort(proxy.url)} refused a connection to ${target} (HTTP ${status})`);

function failure({ proxy, target, timeoutMs }: TunnelOptions, error: Error): Error {
  const name = hostAndPort(proxy.url);
  if (error.name === 'AbortError') {
    return proxyFailure(`The proxy ${name} opened no connection to ${target} within ${timeoutMs} ms`, error);
  }
  return networkFailure(error, { target, proxy: name, connected: false, answered: false });
}
