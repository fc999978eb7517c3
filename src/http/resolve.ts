import { isIP } from 'node:net';
import { bareHost } from './address.ts';
import { networkFailure } from './failure.ts';
import { lookupHost } from './lookup.ts';

/** The addresses that a request to this URL would try, as the system resolves its name. Throws NetworkFailure. */
export function resolveHost(url: URL): Promise<readonly string[]> {
  const host = bareHost(url.hostname);
  if (isIP(host) !== 0) return Promise.resolve([host]);
  return new Promise((resolve, reject) => {
    lookupHost(host, { all: true }, (error, found) => {
      const place = { target: host, proxy: null, connected: false, answered: false };
      if (error) reject(networkFailure(error, place));
      else resolve(typeof found === 'string' ? [found] : found.map(({ address }) => address));
    });
  });
}
