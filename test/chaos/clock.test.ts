import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type Clock, systemClock } from '../../src/clock.ts';
import { send, signed } from '../listen/deliveries.ts';
import { kycgenie } from '../support/cli.ts';
import {
  alone,
  impatient,
  interruptedBy,
  startReceiver,
  startSandbox,
  type TestSandbox,
} from '../support/sandbox.ts';
import { linesOf, open } from '../support/stream.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
/** When the deliveries of these tests are signed. */
const SIGNED_AT = Date.UTC(2026, 0, 2, 3, 4, 5);

let offsetMs = 0;
let api: TestSandbox;

/** Sleeps briefly; its time is what a test sets it to. */
const jumping: Clock = {
  ...systemClock,
  now: () => SIGNED_AT + offsetMs,
  sleep: (_ms, signal) => systemClock.sleep(5, signal),
};

beforeEach(async () => {
  offsetMs = 0;
  api = await startSandbox();
});
afterEach(() => api.close());

async function deliver(url: string, id: string): Promise<number | undefined> {
  const body = JSON.stringify({ id });
  return (await send(url, { headers: signed(body, id), body })).status;
}

test('a delivery that is owed to the app is not put off by a clock that is set back', async () => {
  const app = await startReceiver(503, 503, 200);
  const argv = ['listen', '--port', '0', '--json', '--ack', 'on-receipt', '--forward-to', app.url];
  const receiving = open(argv, { env: api.env, clock: jumping });
  const { url } = await receiving.line({ type: 'ready' });
  expect(await deliver(url, 'one')).toBe(200);
  await receiving.line({ type: 'forward' });
  offsetMs = -5 * HOUR_MS;
  await vi.waitFor(() => expect(app.received).toHaveLength(3), 10_000);
  await receiving.stop();
  await app.close();
});

test('the sandbox tries again in time, too', async () => {
  const receiver = await startReceiver(503, 200);
  const other = await startSandbox({ clock: jumping, retryScheduleMs: [50] });
  await other.run(['webhooks', 'create', '--event', 'case.opened', '--url', receiver.url]);
  await other.fire('case.opened');
  offsetMs = -5 * HOUR_MS;
  await vi.waitFor(() => expect(receiver.received).toHaveLength(2), 10_000);
  await other.close();
  await receiver.close();
});

test('a receiver refuses while its clock is hours away, and takes deliveries when it is right again', async () => {
  await kycgenie(['secrets', 'import', 'w-1'], { env: api.env, clock: jumping, stdin: SECRET });
  const receiving = open(['listen', '--port', '0', '--json'], { env: api.env, clock: jumping });
  const { url } = await receiving.line({ type: 'ready' });
  const statuses: (number | undefined)[] = [];
  for (const hours of [0, 2, -2, 0]) {
    offsetMs = hours * HOUR_MS;
    statuses.push(await deliver(url, `delivery-${statuses.length}`));
  }
  expect(statuses).toEqual([200, 401, 401, 200]);
  const { stdout } = await receiving.stop();
  const events = linesOf(stdout).filter(({ type }) => type === 'event');
  expect(events.map(({ signature }) => signature.reason)).toEqual([
    null,
    expect.stringContaining('timestamp'),
    expect.stringContaining('timestamp'),
    null,
  ]);
  const kept = linesOf((await api.run(['events', 'export'])).stdout);
  expect(kept.filter(({ response }) => response.status === 200).map(({ event_id }) => event_id)).toEqual([
    'delivery-0',
    'delivery-3',
  ]);
});

test('a tail tells each entry once while its clock jumps by hours', async () => {
  await api.run(['webhooks', 'create', '--event', 'case.opened', '--url', 'http://127.0.0.1:9/']);
  const world = { env: api.env, send: api.send, clock: jumping };
  const tail = open(['logs', 'tail', '--json', '--lines', '0'], world);
  await tail.line({ type: 'ready' });
  const jumps = [0, 5, -5, 48, -48];
  for (const [index, hours] of jumps.entries()) {
    offsetMs = hours * HOUR_MS;
    await api.fire('case.opened');
    await vi.waitFor(() => expect(entriesOf(tail.stdout())).toHaveLength(index + 1), 10_000);
  }
  const { stdout } = await tail.stop();
  expect(new Set(entriesOf(stdout)).size).toBe(jumps.length);
});

test('what a crash interrupted is recovered by a clock that was set back, once', async () => {
  const stop = new AbortController();
  api.next(interruptedBy(stop));
  const create = ['webhooks', 'create', '--event', 'all', '--url', 'http://127.0.0.1:9/'];
  await api.run(create, { signal: stop.signal, clock: impatient });
  offsetMs = -5 * HOUR_MS;
  const later = { clock: { ...jumping, now: () => systemClock.now() + offsetMs }, processes: alone(1) };
  expect(await api.json(['webhooks', 'recover'], later)).toMatchObject([{ outcome: 'recovered' }]);
  expect(await api.json(['webhooks', 'list'])).toHaveLength(1);
});

test('a temporary subscription of a process that lives is pruned by no clock', async () => {
  const argv = ['listen', '--port', '0', '--json', '--subscribe', 'all', '--public-url', 'https://a.example'];
  const receiving = open(argv, { env: api.env, send: api.send, clock: systemClock });
  await receiving.line({ type: 'ready' });
  for (const days of [30, -30]) {
    const clock = { ...impatient, now: () => systemClock.now() + days * DAY_MS };
    await api.run(['webhooks', 'prune'], { clock });
    expect(await api.json(['webhooks', 'list'])).toHaveLength(1);
  }
  await receiving.stop();
  expect(await api.json(['webhooks', 'list'])).toEqual([]);
});

const entriesOf = (stdout: string): readonly string[] =>
  linesOf(stdout)
    .filter(({ type }) => type === 'entry')
    .map(({ id }) => id);
