import { Failure } from '../errors.ts';

/** How an exchange broke, for callers that act on it. */
export type NetworkReason =
  | 'dns'
  | 'refused'
  | 'unreachable'
  /** Closed before the answer began. */
  | 'reset'
  /** Closed in the middle of the answer. */
  | 'cut'
  | 'tls'
  | 'timeout'
  | 'too_large'
  /** What came back is not HTTP. */
  | 'protocol'
  /** The proxy would not pass the request on. */
  | 'proxy'
  | 'other';

/** No whole answer arrived. `mayHaveHappened` is false where the request cannot have reached the server. */
export class NetworkFailure extends Failure {
  readonly reason: NetworkReason;

  constructor(
    reason: NetworkReason,
    message: string,
    options: {
      readonly hint?: string | undefined;
      readonly cause?: unknown;
      readonly mayHaveHappened?: boolean;
    },
  ) {
    super(reason === 'timeout' ? 'timeout' : 'network', message, options);
    this.name = 'NetworkFailure';
    this.reason = reason;
  }
}

/** Where an exchange was, for the message and the verdict. */
export interface Place {
  /** `host:port` of the target. */
  readonly target: string;
  /** `host:port` of the proxy in between. */
  readonly proxy: string | null;
  /** True once the connection stood, its TLS handshake included: the request may be on its way. */
  readonly connected: boolean;
  /** True once the answer's head was read. */
  readonly answered: boolean;
}

const REASONS: Readonly<Record<string, NetworkReason>> = {
  ENOTFOUND: 'dns',
  EAI_AGAIN: 'dns',
  EAI_FAIL: 'dns',
  EAI_NODATA: 'dns',
  ECONNREFUSED: 'refused',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  EHOSTDOWN: 'unreachable',
  ENETDOWN: 'unreachable',
  EADDRNOTAVAIL: 'unreachable',
  EACCES: 'unreachable',
  EPERM: 'unreachable',
  ECONNRESET: 'reset',
  ECONNABORTED: 'reset',
  EPIPE: 'reset',
  UND_ERR_SOCKET: 'reset',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'cut',
  ETIMEDOUT: 'timeout',
  UND_ERR_CONNECT_TIMEOUT: 'timeout',
  HTTPParserError: 'protocol',
  HPE_HEADER_OVERFLOW: 'too_large',
  UND_ERR_HEADERS_OVERFLOW: 'too_large',
  EPROTO: 'tls',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'tls',
  SELF_SIGNED_CERT_IN_CHAIN: 'tls',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'tls',
  UNABLE_TO_GET_ISSUER_CERT: 'tls',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'tls',
  UNABLE_TO_GET_CRL: 'tls',
  HOSTNAME_MISMATCH: 'tls',
  INVALID_CA: 'tls',
  INVALID_PURPOSE: 'tls',
  PATH_LENGTH_EXCEEDED: 'tls',
};

const REASONS_BY_PREFIX: readonly (readonly [prefix: string, reason: NetworkReason])[] = [
  ['CERT_', 'tls'],
  ['ERR_TLS_', 'tls'],
  ['ERR_SSL_', 'tls'],
  ['HPE_', 'protocol'],
];

/** Refusals that come before the request is on its way; of TLS those until the end of the handshake. */
const NEVER_SENT: ReadonlySet<NetworkReason> = new Set(['dns', 'refused', 'tls', 'proxy']);

const UNTRUSTED_HINT =
  'Check the host name and the clock of this machine. A certificate authority of your own is trusted with NODE_EXTRA_CA_CERTS=<file.pem>.';

const HINTS: Readonly<Record<NetworkReason, string>> = {
  dns: 'Check the host name, and that this machine has DNS and network access.',
  refused: 'Is a server running there? Check the host and the port.',
  unreachable: 'Check the network, the VPN and the firewall of this machine.',
  reset: 'Try again; check that the server is healthy and that nothing in between closes connections.',
  cut: 'Try again; check that the server is healthy and that nothing in between closes connections.',
  tls: UNTRUSTED_HINT,
  timeout: 'Check the network, or allow more time.',
  too_large: 'Check that the URL is the right one.',
  protocol: 'Check the port, and whether it wants http or https.',
  proxy: 'Check the credentials of the proxy and what it lets through, or list the host in NO_PROXY.',
  other: 'Check the URL and the network.',
};

/** Any error of a client, told by its code alone; a NetworkFailure stays as it is. */
export function networkFailure(error: unknown, place: Place): NetworkFailure {
  if (error instanceof NetworkFailure) return error;
  const code = textField(error, 'code') || textField(error, 'name');
  const reason = reasonOf(code, place.answered);
  const isNeverSent = NEVER_SENT.has(reason) && !(reason === 'tls' && place.connected);
  return new NetworkFailure(reason, describe(reason, place, code), {
    hint: HINTS[reason],
    cause: reason === 'protocol' ? withoutBytes(error, code) : error,
    mayHaveHappened: !isNeverSent && !isBeforeSending(error, code),
  });
}

/** A failure that the bounds of the exchange decided, not a client's error. */
export const boundFailure = (reason: 'timeout' | 'too_large', message: string): NetworkFailure =>
  new NetworkFailure(reason, message, { hint: HINTS[reason], mayHaveHappened: true });

export const proxyFailure = (message: string, cause?: unknown): NetworkFailure =>
  new NetworkFailure('proxy', message, { hint: HINTS.proxy, cause });

function reasonOf(code: string, answered: boolean): NetworkReason {
  const reason =
    REASONS[code] ?? REASONS_BY_PREFIX.find(([prefix]) => code.startsWith(prefix))?.[1] ?? 'other';
  return (reason === 'reset' || reason === 'tls') && answered ? 'cut' : reason;
}

function describe(reason: NetworkReason, { target, proxy }: Place, code: string): string {
  const through = proxy === null ? target : `${target} (through the proxy ${proxy})`;
  const next = proxy === null ? target : `The proxy ${proxy}`;
  switch (reason) {
    case 'dns':
      return `The name of ${proxy === null ? target : `the proxy ${proxy}`} cannot be resolved (${code})`;
    case 'refused':
      return `${next} refused the connection`;
    case 'unreachable':
      return `${next} cannot be reached from here (${code})`;
    case 'reset':
      return `${through} closed the connection before it answered`;
    case 'cut':
      return `The answer of ${through} broke off before its end`;
    case 'tls':
      return `No trusted TLS connection to ${through} (${code})`;
    case 'timeout':
      return `${next} did not accept the connection in time`;
    case 'too_large':
      return `The headers of the answer of ${through} are too long`;
    case 'protocol':
      return `What ${through} answered is not HTTP (${code})`;
    default:
      return `The request to ${through} failed${code === '' ? '' : ` (${code})`}`;
  }
}

/** Parser errors carry raw bytes of the answer, which may hold a secret. */
function withoutBytes(error: unknown, code: string): Error {
  return new Error(textField(error, 'message') || code);
}

function isBeforeSending(error: unknown, code: string): boolean {
  const call = textField(error, 'syscall');
  return call === 'connect' || call === 'getaddrinfo' || code === 'UND_ERR_CONNECT_TIMEOUT' || isMisuse(code);
}

/** A request that the client itself would not write, such as one with a line feed in a header. */
const isMisuse = (code: string): boolean =>
  code === 'ERR_INVALID_CHAR' ||
  code === 'ERR_UNESCAPED_CHARACTERS' ||
  code === 'ERR_INVALID_HTTP_TOKEN' ||
  code === 'UND_ERR_INVALID_ARG';

function textField(error: unknown, name: 'code' | 'message' | 'name' | 'syscall'): string {
  if (!(error instanceof Error)) return '';
  const value: unknown = Reflect.get(error, name);
  return typeof value === 'string' ? value : '';
}
