import { formatDuration } from '../../duration.ts';
import { Failure } from '../../errors.ts';
import { hostAndPort } from '../../http/address.ts';
import { NetworkFailure } from '../../http/failure.ts';
import { systemCode } from '../../system-error.ts';

const BAD_GATEWAY = 502;
const GATEWAY_TIMEOUT = 504;

/** Why the app gave no answer. */
export interface Trouble {
  /** For people. */
  readonly message: string;
  /** What the sender of the delivery is answered. */
  readonly answerStatus: number;
}

export function troubleOf(error: unknown, url: URL, timeoutMs: number): Trouble {
  const isLate = error instanceof NetworkFailure && error.reason === 'timeout';
  return {
    message: messageOf(error, url, timeoutMs),
    answerStatus: isLate ? GATEWAY_TIMEOUT : BAD_GATEWAY,
  };
}

function messageOf(error: unknown, url: URL, timeoutMs: number): string {
  if (!(error instanceof NetworkFailure)) {
    return error instanceof Failure ? error.message : 'the delivery could not be sent on';
  }
  const place = hostAndPort(url);
  switch (error.reason) {
    case 'refused':
      // A proxy in between says so itself.
      return error.message.startsWith(place)
        ? `nothing answers on ${place}: is your server running there?`
        : error.message;
    case 'timeout':
      return `${place} gave no whole answer within ${formatDuration(timeoutMs)}`;
    case 'tls':
      return tlsMessage(error, place);
    case 'protocol':
      return `what ${place} answers is not HTTP: does it want https?`;
    default:
      return error.message;
  }
}

/** Either the certificate is not trusted, or the other side speaks no TLS at all. */
function tlsMessage(error: NetworkFailure, place: string): string {
  const code = systemCode(error.cause) ?? 'unknown reason';
  return code === 'EPROTO' || code.startsWith('ERR_SSL_')
    ? `no TLS connection to ${place} (${code}): does it want http instead of https?`
    : `the certificate of ${place} is not trusted (${code}): take it all the same with --forward-insecure`;
}
