import type { ProbeId } from './catalogue.ts';
import type { Probe } from './probe.ts';
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
import { valid } from './probes/valid.ts';

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
