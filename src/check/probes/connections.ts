import { isSuccess } from '../../http/status.ts';
import type { Level } from '../catalogue.ts';
import type { Delivery } from '../deliveries.ts';
import type { Finding } from '../finding.ts';
import { accepted, broken, describeCame } from '../judge.ts';
import type { Kit, OwnProbe } from '../probe.ts';
import type { Subject } from '../subject.ts';
import { type CameKept, MAX_ANSWER_KIB, type Wire } from '../wire.ts';

/** A body in so many pieces, with a pause before each. */
const PIECES = 5;
const PAUSE_MS = 100;

const behindProxy = (_subject: Subject, { hasConnections }: Wire): string | null =>
  hasConnections ? null : 'A proxy stands between, which decides about connections';

export const slowSender: OwnProbe = {
  unless: behindProxy,
  requests: 1,
  async run({ wire, deliveries, clock, signal }, level) {
    const delivery = deliveries.make();
    const pieces = inPieces(delivery.body, () => clock.sleep(PAUSE_MS, signal));
    const came = await wire.withConnection((connection) => wire.deliverOn(connection, delivery, { pieces }));
    return accepted(
      level,
      [{ name: null, came }],
      'Read the body to its end before you verify it: it may arrive in several pieces, and take a while.',
    );
  },
};

async function* inPieces(body: Uint8Array, pause: () => Promise<void>): AsyncGenerator<Uint8Array> {
  const size = Math.ceil(body.length / PIECES);
  for (let from = 0; from < body.length; from += size) {
    await pause();
    yield body.subarray(from, from + size);
  }
}

export const expectContinue: OwnProbe = {
  unless: behindProxy,
  requests: 1,
  async run({ wire, deliveries }, level) {
    const delivery = deliveries.make();
    const came = await wire.withConnection((connection) =>
      wire.deliverOn(connection, delivery, { asksFirst: true }),
    );
    if (came.answer?.before === 'answer' && isSuccess(came.status))
      return answeredBlindly(came, broken(level));
    const finding = accepted(
      level,
      [{ name: null, came }],
      'Answer 100 Continue, or read the body all the same, where a request has Expect: 100-continue.',
    );
    const isSilent = finding.result === 'passed' && came.answer?.before === 'nothing';
    return isSilent ? { ...finding, detail: `${finding.detail}, without 100 Continue` } : finding;
  },
};

const answeredBlindly = (came: CameKept, result: Finding['result']): Finding => ({
  result,
  status: came.status,
  durationMs: came.durationMs,
  detail: `${describeCame(came)} before the body was sent`,
  answer: came.said?.text ?? null,
  isPage: came.said?.isPage === true,
  advice:
    'Answer when the body is read and verified: 2xx before that says yes to a delivery that was not seen.',
  isUnjudged: false,
});

/** A refused one in the middle: its body has to be read all the same, or what follows is misread. */
export const keepAlive: OwnProbe = {
  unless: behindProxy,
  requests: 3,
  async run(kit, level) {
    const { make } = kit.deliveries;
    const unsigned = { ...make(), headers: kit.deliveries.plainHeaders() };
    const came = await oneAfterTheOther(kit, [make(), unsigned, make()]);
    const decisive = came.filter(({ failure }, index) => failure !== null || index !== 1);
    const finding = accepted(
      level,
      decisive.map((one) => ({ name: null, came: one })),
      KEEP_ADVICE,
    );
    return finding.result === 'passed' ? { ...finding, ...judgeConnection(came, level) } : finding;
  },
};

const KEEP_ADVICE =
  'Read each body to its end, also of what you refuse, and say Connection: close where you close a connection after ' +
  'an answer: else a sender loses the delivery that it sends next.';

const LONG_ADVICE =
  'Answer with a short body, or none: senders read no long one to its end, and close the connection instead.';

async function oneAfterTheOther(
  { wire }: Kit,
  deliveries: readonly Delivery[],
): Promise<readonly CameKept[]> {
  return wire.withConnection(async (connection) => {
    const came: CameKept[] = [];
    for (const delivery of deliveries) came.push(await wire.deliverOn(connection, delivery));
    return came;
  });
}

function judgeConnection(
  came: readonly CameKept[],
  level: Level,
): Pick<Finding, 'result' | 'detail' | 'advice'> {
  const answers = came.flatMap(({ answer }) => answer ?? []);
  // The connection was closed from here.
  if (answers.some(({ isCut }) => isCut === true))
    return {
      result: broken(level),
      detail: `answers with more than ${MAX_ANSWER_KIB} kB`,
      advice: LONG_ADVICE,
    };
  const isKept = answers.slice(1).every(({ isReused }) => isReused);
  if (isKept)
    return { result: 'passed', detail: `${answers.length} answered on one connection`, advice: null };
  const isTold = answers
    .slice(1)
    .every(({ isReused }, index) => isReused || answers[index]?.saysClose === true);
  if (isTold) return { result: 'passed', detail: 'closes after an answer, and says so', advice: null };
  return { result: broken(level), detail: 'closes after an answer without saying so', advice: KEEP_ADVICE };
}
