import { isSuccess } from '../../http/status.ts';
import { MAX_ANSWER_MS } from '../catalogue.ts';
import type { Finding } from '../finding.ts';
import { accepted, describeCame } from '../judge.ts';
import type { Kit, OwnProbe } from '../probe.ts';
import type { Came } from '../wire.ts';

/** No receiver was reached, so that there is nothing to judge. */
const NOT_REACHED: ReadonlySet<string> = new Set(['dns', 'refused', 'unreachable', 'tls', 'proxy']);
/** Servers name it in the answer to a request without TLS. */
const NAMES_TLS = /\bhttps\b/i;

/** Throws the NetworkFailure of a receiver that is not there. */
export const valid: OwnProbe = {
  requests: 2,
  async run(kit, level) {
    const { wire, deliveries } = kit;
    const came = await wire.deliver(deliveries.make());
    if (came.failure !== null && NOT_REACHED.has(came.failure.reason)) throw came.failure;
    const finding = accepted(level, [{ name: null, came }], adviceFor(came, deliveries.subject.url));
    const isRefused = finding.result === 'failed' && came.status !== null && came.status >= 400;
    return isRefused && came.status < 500 ? triedWithOlder(kit, finding) : finding;
  },
};

/** A receiver that has not got the new secret yet is told so. */
async function triedWithOlder({ wire, deliveries }: Kit, finding: Finding): Promise<Finding> {
  const { older } = deliveries.subject;
  if (older === null) return finding;
  const came = await wire.deliver(deliveries.make({ secrets: [older] }));
  if (!isSuccess(came.status)) return finding;
  return {
    ...finding,
    detail: `${finding.detail}; signed with the secret before it ${describeCame(came)}`,
    advice: 'The receiver still has the secret before: give it the current one, and start it anew.',
  };
}

function adviceFor({ status, failure, said }: Came, url: URL): string {
  if (status === null) return `${adviceForNone(failure?.reason)}${url.protocol === 'http:' ? MAYBE_TLS : ''}`;
  if (status === 400 && url.protocol === 'http:' && NAMES_TLS.test(said?.text ?? '')) return TLS_ADVICE;
  return said?.isPage ? `It answered HTML: is this the right URL? ${adviceOn(status)}` : adviceOn(status);
}

const TLS_ADVICE = 'The port speaks TLS: give the URL with https.';
const MAYBE_TLS = ' If the port speaks TLS, give the URL with https.';

function adviceForNone(reason: string | undefined): string {
  if (reason === 'timeout')
    return (
      'Answer first, work later: store the delivery, answer 2xx to the end of the answer, and do the work ' +
      `afterwards. --timeout waits longer, up to ${MAX_ANSWER_MS / 1000}s.`
    );
  if (reason === 'protocol') return 'Check the port: what answers there is no HTTP server.';
  return 'The receiver fails or hangs up: its log says why.';
}

function adviceOn(status: number): string {
  if (status >= 500) return 'The receiver fails: its log says why.';
  switch (status) {
    case 304:
      return 'Answer 200: 304 is an answer to GET alone.';
    case 400:
    case 422:
      return `${SIGNATURE_ADVICE} ${CONTENT_ADVICE}`;
    case 403:
      return `${GATE_ADVICE} ${SIGNATURE_ADVICE}`;
    case 404:
      return 'Give the whole URL: the receiver has nothing at this path.';
    case 405:
      return 'Give the whole URL: the receiver takes no POST at this path.';
    case 415:
      return 'Take application/json at this path: it is the type that is refused, not the signature.';
    default:
      return SIGNATURE_ADVICE;
  }
}

const SIGNATURE_ADVICE =
  'Give both sides the same secret and --scheme: kycgenie listen, in the place of the receiver, says what is wrong ' +
  'with a signature; its own log says more.';

const GATE_ADVICE =
  'Where 403 comes from what stands before the receiver (protection against CSRF, a login, a firewall), exempt ' +
  'this path from it.';

const CONTENT_ADVICE =
  'If it is the content that it refuses: that is made up, and holds "simulated": true. Let be fields that you do not ' +
  'know, or give a type that it takes with --event.';
