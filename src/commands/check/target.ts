import type { Context } from '../../cli/context.ts';
import { Failure } from '../../errors.ts';
import { isLoopback } from '../../loopback.ts';

interface Permitted {
  readonly iOwnThisHost?: string | undefined;
  readonly insecure?: true | undefined;
}

/** The receiver, where it is on this machine or the user says whose it is. Throws Failure `usage`. */
export async function permittedTarget(
  context: Context,
  text: string,
  { iOwnThisHost: owned, insecure }: Permitted,
): Promise<URL> {
  const { readTarget } = await import('../../sending/target.ts');
  const url = readTarget(text, '<url>');
  if (owned !== undefined && !isSameHost(owned, url)) {
    throw new Failure('usage', `--i-own-this-host does not name the host of the URL, ${url.hostname}`, {
      hint: `If it is yours: --i-own-this-host ${url.hostname}`,
    });
  }
  const isHere = await isThisMachine(context, url);
  if (!isHere && owned === undefined) {
    throw new Failure(
      'usage',
      `${url.hostname} is not this machine: forged deliveries go to your own host alone`,
      {
        hint: `If it is yours: --i-own-this-host ${url.hostname}`,
      },
    );
  }
  if (!isHere && insecure) {
    throw new Failure('usage', `--insecure is for this machine alone, and ${url.hostname} is not`, {
      hint: 'Trust your own certificate authority with NODE_EXTRA_CA_CERTS=<file.pem>.',
    });
  }
  return url;
}

function isSameHost(owned: string, { hostname, host }: URL): boolean {
  const lower = owned.toLowerCase();
  return lower === hostname || lower === host;
}

/** A name counts where all of its addresses are of this machine, and no proxy looks it up instead. */
async function isThisMachine({ env }: Context, url: URL): Promise<boolean> {
  if (isLoopback(url.hostname)) return true;
  const { proxyFor } = await import('../../http/proxy.ts');
  if (proxyFor(env, url) !== null) return false;
  const { resolveHost } = await import('../../http/resolve.ts');
  const addresses = await resolveHost(url).catch(() => []);
  return addresses.length > 0 && addresses.every(isLoopback);
}
