import type { Context } from '../../cli/context.ts';
import type { Settings } from '../../config/settings.ts';
import { formatDuration } from '../../duration.ts';
import { hostAndPort } from '../../http/address.ts';
import { NetworkFailure } from '../../http/failure.ts';
import type { HttpResponse } from '../../http.ts';
import { USER_AGENT } from '../../version.ts';
import { type Check, failed, failedBy, look, ok, skipped, warned } from './check.ts';

/** Of one question to the network. */
export const NETWORK_TIMEOUT_MS = 5_000;
/** The probe wants the head of an answer, whatever its body. */
const MAX_PROBE_BYTES = 1024;

/** Receivers refuse signatures that are five minutes off; whoever is half a minute off is on the way there. */
const BAD_SKEW_MS = 300_000;
const DOUBTFUL_SKEW_MS = 30_000;

export const checkProxy = (context: Context, { baseUrl }: Settings): Promise<Check> =>
  look(context, 'proxy', async () => {
    const proxy = await proxyOf(context, baseUrl.value);
    return ok(proxy === null ? 'None for the API' : `${hostAndPort(proxy)} for the API, by the environment`);
  });

async function proxyOf({ env }: Context, target: URL): Promise<URL | null> {
  const { proxyFor } = await import('../../http/proxy.ts');
  return proxyFor(env, target)?.url ?? null;
}

export const checkDns = (context: Context, { baseUrl }: Settings): Promise<Check> =>
  look(context, 'dns', async () => {
    const { resolveHost } = await import('../../http/resolve.ts');
    const proxy = await proxyOf(context, baseUrl.value);
    const asked = proxy ?? baseUrl.value;
    const addresses = await resolveHost(asked);
    return ok(`${asked.hostname} is ${addresses.join(', ')}`);
  });

/** One request without a key tells three things: whether the API answers, over which TLS, and what time it has. */
export async function checkReach(context: Context, { baseUrl }: Settings): Promise<readonly Check[]> {
  const url = baseUrl.value;
  const probing = probe(context, url);
  return Promise.all([
    look(context, 'reachable', async () => {
      const { response, tookMs } = await probing;
      // Without a key and a path, any answer will do: 404 is the usual one.
      const trouble = response.status >= 500 ? `, with HTTP ${response.status}` : '';
      return ok(`${hostAndPort(url)} answers, in ${formatDuration(tookMs)}${trouble}`);
    }),
    look(context, 'tls', () => judgeTls(url, probing)),
    look(context, 'clock', () => judgeClock(probing)),
  ]);
}

interface Probed {
  readonly response: HttpResponse;
  readonly tookMs: number;
  /** Milliseconds since the epoch, in the middle of the exchange. */
  readonly atMs: number;
}

async function probe({ clock, env, signal }: Context, url: URL): Promise<Probed> {
  const { createSend } = await import('../../http.ts');
  const beganMs = clock.now();
  const response = await createSend({ env })({
    method: 'GET',
    url: new URL('/', url),
    headers: [
      ['user-agent', USER_AGENT],
      ['cache-control', 'no-cache'],
    ],
    timeoutMs: NETWORK_TIMEOUT_MS,
    maxBodyBytes: MAX_PROBE_BYTES,
    cutsBody: true,
    signal,
  });
  const tookMs = clock.now() - beganMs;
  return { response, tookMs, atMs: beganMs + tookMs / 2 };
}

async function judgeTls(url: URL, probing: Promise<Probed>) {
  if (url.protocol === 'http:') return skipped('Plain http to this machine');
  try {
    await probing;
    return ok('The certificate is trusted');
  } catch (error) {
    if (error instanceof NetworkFailure && error.reason === 'tls') return failedBy(error);
    return skipped('The API was not reached');
  }
}

async function judgeClock(probing: Promise<Probed>) {
  const probed = await probing.catch(() => null);
  if (probed === null) return skipped('The API was not reached');
  const skewMs = skewOf(probed);
  if (skewMs === null) return skipped('The answer of the API has no date');
  const off = Math.abs(skewMs);
  const message = `This machine is ${formatDuration(Math.round(off / 1000) * 1000)} ${skewMs > 0 ? 'ahead of' : 'behind'} the API`;
  if (off < DOUBTFUL_SKEW_MS) return ok('Agrees with the API');
  const remedy =
    'Set the clock of this machine, and keep it set (timedatectl set-ntp true, sntp, w32tm /resync).';
  return off < BAD_SKEW_MS
    ? warned(message, remedy)
    : failed(`${message}: signatures of deliveries seem too old or in the future`, remedy);
}

/** How far this clock is ahead, in milliseconds; null where the answer does not tell. Dates are whole seconds. */
function skewOf({ response: { headers }, atMs }: Probed): number | null {
  const date = Date.parse(headers['date'] ?? '');
  // A stored answer was given so many seconds ago.
  const age = /^\d{1,9}$/.test(headers['age'] ?? '') ? Number(headers['age']) : 0;
  return Number.isNaN(date) ? null : atMs - (date + age * 1000 + 500);
}
