import type { Context } from '../../cli/context.ts';
import { Failure } from '../../errors.ts';
import { NetworkFailure } from '../../http/failure.ts';
import { isLoopback } from '../../loopback.ts';
import { systemCode } from '../../system-error.ts';
import { completed } from '../listen/options.ts';

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
  const whole = completed(text);
  checkPort(whole);
  checkHost(whole);
  const url = readTarget(whole, '<url>');
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

const MAX_PORT = 65_535;

/** Told alone, since no URL can be made of it; the rest is not quoted: it may hold a password. */
function checkPort(text: string): void {
  const [, port] = /^(?:https?:\/\/[^/?#]*:)?(\d+)(?:[/?#]|$)/i.exec(text) ?? [];
  if (port === undefined || (Number(port) > 0 && Number(port) <= MAX_PORT)) return;
  throw new Failure('usage', `<url> has the port ${port.slice(0, 10)}, and ports are 1 to ${MAX_PORT}`);
}

/** Where servers listen, and nobody can be reached. */
function checkHost(text: string): void {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url?.hostname !== '0.0.0.0' && url?.hostname !== '[::]') return;
  const { protocol, port, pathname, hostname } = url;
  const place = `${protocol}//127.0.0.1${port === '' ? '' : `:${port}`}${pathname}`;
  throw new Failure('usage', `${hostname} is where a server listens, and no address to send to`, {
    hint: `Use ${place}`,
  });
}

/** Says more of a connection without TLS that both sides trust. */
export function explainTls(error: unknown, url: URL): void {
  if (!(error instanceof NetworkFailure) || error.reason !== 'tls' || !isLoopback(url.hostname)) return;
  const code = systemCode(error.cause) ?? '';
  const isNoTls = code === 'EPROTO' || code.startsWith('ERR_SSL_');
  error.hint = isNoTls
    ? `If it speaks http: use http://${url.host}${url.pathname}`
    : 'If the certificate is your own: --insecure accepts it, on this machine.';
}
