import type { LookupAddress, LookupOptions } from 'node:dns';

type LookupDone = (
  error: NodeJS.ErrnoException | null,
  found: string | LookupAddress[],
  family?: number,
) => void;

const LOOPBACK: readonly LookupAddress[] = [
  { address: '127.0.0.1', family: 4 },
  { address: '::1', family: 6 },
];

/**
 * As the system resolves names, but `localhost` is always both addresses of this machine: many hosts files know
 * only one of them, and a server may listen on the other.
 */
export function lookupHost(hostname: string, options: LookupOptions, done: LookupDone): void {
  const name = hostname.toLowerCase().replace(/\.$/, '');
  if (name === 'localhost' && options.all === true) {
    done(null, [...LOOPBACK]);
    return;
  }
  // Not before a name is to be resolved: it takes a twentieth of an empty process to load.
  import('node:dns')
    .then(({ lookup }) => lookup(hostname, options, done))
    .catch((error: NodeJS.ErrnoException) => done(error, []));
}
