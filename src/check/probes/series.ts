import { describeDuration } from '../../duration.ts';
import { isSuccess } from '../../http/status.ts';
import { AT_ONCE, TIME_BUDGET_MS } from '../catalogue.ts';
import type { Delivery } from '../deliveries.ts';
import type { Finding } from '../finding.ts';
import { accepted, conclude, describeCame, rateLimited } from '../judge.ts';
import type { Kit, OwnProbe } from '../probe.ts';
import { type Came, RATE_LIMITED } from '../wire.ts';

const TIMED = 3;
const A_MINUTE_MS = 60_000;

export const concurrent: OwnProbe = {
  requests: AT_ONCE,
  async run({ wire, deliveries }, level) {
    const all = Array.from({ length: AT_ONCE }, () => deliveries.make());
    const came = await Promise.all(all.map((delivery) => wire.deliverOnce(delivery)));
    const finding = accepted(
      level,
      came.map((one) => ({ name: null, came: one })),
      CROWD_ADVICE,
    );
    const slowest = came.toSorted((one, other) => other.durationMs - one.durationMs)[0];
    const status = finding.result === 'passed' ? (slowest?.status ?? null) : finding.status;
    return { ...finding, status, durationMs: slowest?.durationMs ?? null, detail: tally(came) };
  },
};

const CROWD_ADVICE =
  'Answer as soon as the delivery is verified and stored, and do the work afterwards: senders deliver many at once.';

function tally(came: readonly Came[]): string {
  const counts = new Map<string, number>();
  for (const one of came) {
    const said = describeCame(one);
    counts.set(said, (counts.get(said) ?? 0) + 1);
  }
  return [...counts].map(([said, count]) => `${count} ${said}`).join(', ');
}

export const duplicate: OwnProbe = {
  requests: 2,
  async run(kit) {
    const delivery = kit.deliveries.make();
    return told(await inTurn(kit, [delivery, delivery]), DUPLICATE_ADVICE);
  },
};

const DUPLICATE_ADVICE =
  'Answer 2xx to an event id that you have seen, and do nothing more: whatever else is answered is sent again.';

export const reordered: OwnProbe = {
  requests: 2,
  async run(kit) {
    const [later, earlier] = [kit.deliveries.make(), kit.deliveries.make({ ageMs: A_MINUTE_MS })];
    return told(await inTurn(kit, [later, earlier]), ORDER_ADVICE);
  },
};

const ORDER_ADVICE =
  'Accept events in any order, and go by their created_at: senders retry, so that an older one may come later.';

async function inTurn({ wire }: Kit, deliveries: readonly Delivery[]): Promise<readonly Came[]> {
  const came: Came[] = [];
  for (const delivery of deliveries) came.push(await wire.deliver(delivery));
  return came;
}

/** Status and time of each; something to change where one is not 2xx. */
function told(came: readonly Came[], advice: string): Finding {
  const last = came.at(-1);
  const finding = accepted(
    'info',
    came.map((one) => ({ name: null, came: one })),
    advice,
  );
  const detail = came
    .map((one) => `${one.status ?? describeCame(one)} in ${describeDuration(one.durationMs)}`)
    .join(', then ');
  if (finding.result !== 'passed') return { ...finding, detail };
  return { ...finding, detail, status: last?.status ?? null, durationMs: last?.durationMs ?? null };
}

export const timeBudget: OwnProbe = {
  requests: TIMED,
  async run(kit) {
    const came = await inTurn(
      kit,
      Array.from({ length: TIMED }, () => kit.deliveries.make()),
    );
    const bySlowness = came.toSorted((one, other) => other.durationMs - one.durationMs);
    const [slowest] = bySlowness;
    const finding = conclude(
      bySlowness.map((one) => ({ name: null, came: one })),
      judgeTime,
    );
    const isAnswered = slowest !== undefined && isSuccess(slowest.status);
    return isAnswered
      ? { ...finding, detail: `slowest of ${TIMED}: ${describeDuration(slowest.durationMs)}` }
      : finding;
  },
};

function judgeTime({ status, durationMs }: Came) {
  if (status === RATE_LIMITED) return rateLimited;
  if (isSuccess(status) && durationMs < TIME_BUDGET_MS) return null;
  return { result: 'failed', advice: TIME_ADVICE } as const;
}

const TIME_ADVICE =
  'Answer as soon as the delivery is verified and stored, and do the work afterwards: senders give up after a few ' +
  'seconds, and send it again.';
