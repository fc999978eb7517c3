import type { ProbeId } from './catalogue.ts';
import { accepted } from './judge.ts';
import type { OwnProbe, Probe } from './probe.ts';
import { largeBody, rawBody, rotation, unknownEvent } from './probes/bodies.ts';
import { expectContinue, keepAlive, slowSender } from './probes/connections.ts';
import { get, head } from './probes/methods.ts';
import { concurrent, duplicate, reordered, timeBudget } from './probes/series.ts';
import {
  alteredBody,
  emptySignature,
  flippedSignature,
  forged,
  truncatedSignature,
  unsigned,
} from './probes/signatures.ts';
import { futureTimestamp, oldTimestamp } from './probes/timestamps.ts';

/** Throws the NetworkFailure of a receiver that is not there. */
const valid: OwnProbe = {
  requests: 1,
  async run({ wire, deliveries }, level) {
    const came = await wire.deliver(deliveries.make());
    if (came.failure !== null) throw came.failure;
    return accepted(level, [{ name: null, came }], validAdvice(came.status));
  },
};

function validAdvice(status: number | null): string {
  if (status === 404 || status === 405) return 'Give the whole URL: the receiver takes no POST at this path.';
  if (status !== null && status >= 500) return 'The receiver fails: its log says why.';
  return status === 400 || status === 422 ? `${SIGNATURE_ADVICE} ${CONTENT_ADVICE}` : SIGNATURE_ADVICE;
}

const SIGNATURE_ADVICE =
  'Give both sides the same secret and --scheme: kycgenie listen, in the place of the receiver, says what is wrong ' +
  'with a signature; its own log says more.';

const CONTENT_ADVICE =
  'If it is the content that it refuses: that is made up, and holds "simulated": true. Let be fields that you do not ' +
  'know, or give a type that it takes with --event.';

export const PROBES: Readonly<Record<ProbeId, Probe>> = {
  valid,
  forged,
  unsigned,
  'empty-signature': emptySignature,
  'truncated-signature': truncatedSignature,
  'flipped-signature': flippedSignature,
  'altered-body': alteredBody,
  'old-timestamp': oldTimestamp,
  'future-timestamp': futureTimestamp,
  'raw-body': rawBody,
  rotation,
  'unknown-event': unknownEvent,
  'large-body': largeBody,
  'slow-sender': slowSender,
  'keep-alive': keepAlive,
  'expect-continue': expectContinue,
  head,
  get,
  concurrent,
  duplicate,
  reordered,
  'time-budget': timeBudget,
};
