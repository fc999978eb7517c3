import { createHmac, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { FULL } from '../support/full.ts';
import { home, kycgenie, open } from './tool.ts';

const ROUNDS = FULL ? 10 : 3;
const DELIVERIES = FULL ? 9_000 : 1_200;
const AT_ONCE = 32;
/** For one answer, from a receiver that may be dead. */
const PATIENCE_MS = 15_000;
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const LISTEN = ['listen', '--port', '0', '--secret-env', 'SIGNING', '--scheme', 'standard-webhooks'];

let place: ReturnType<typeof home>;
const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });

beforeAll(() => {
  place = home();
});

afterAll(() => {
  agent.destroy();
  place.remove();
});

/** True when it was answered 200; false when the receiver was gone. */
async function deliver(port: number, id: string): Promise<boolean> {
  const body = JSON.stringify({ id, type: 'screening.completed', padding: 'x'.repeat(900) });
  const timestamp = String(Math.floor(Date.now() / 1000));
  const key = Buffer.from(SECRET.slice('whsec_'.length), 'base64');
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  const sending = request({
    agent,
    port,
    host: '127.0.0.1',
    method: 'POST',
    // Some versions of node never tell of a connection that breaks in the instant it is taken up again.
    signal: AbortSignal.timeout(PATIENCE_MS),
    headers: { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` },
  });
  sending.end(body);
  try {
    const [response] = await once(sending, 'response');
    response.resume();
    return response.statusCode === 200;
  } catch {
    return false;
  }
}

/** Delivers at full speed to a receiver that is killed at a random moment; the ids it acknowledged. */
async function killUnderLoad(killAfter: number): Promise<ReadonlySet<string>> {
  const env = { ...place.env, SIGNING: SECRET };
  const receiver = await open(LISTEN, env);
  const closed = once(receiver.child, 'close');
  const acknowledged = new Set<string>();
  let sent = 0;
  const worker = async (): Promise<void> => {
    while (sent < DELIVERIES) {
      if (++sent === killAfter) receiver.child.kill('SIGKILL');
      const id = randomUUID();
      if (!(await deliver(Number(receiver.ready['port']), id))) return;
      acknowledged.add(id);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  receiver.child.kill('SIGKILL');
  await closed;
  return acknowledged;
}

it(`has every delivery that was acknowledged, ${ROUNDS} x kill -9 at full speed`, async () => {
  for (let round = 0; round < ROUNDS; round++) {
    const acknowledged = await killUnderLoad(Math.ceil(Math.random() * DELIVERIES));
    const { code, stdout, stderr } = await kycgenie(['events', 'export'], place.env);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    const kept = new Map<string, number>();
    for (const line of stdout.trimEnd().split('\n')) {
      const { event_id, duplicate_of } = line === '' ? {} : JSON.parse(line);
      if (duplicate_of === null) kept.set(event_id, (kept.get(event_id) ?? 0) + 1);
    }
    expect([...acknowledged].filter((id) => !kept.has(id))).toEqual([]);
    expect([...kept.values()].filter((times) => times > 1)).toEqual([]);
    expect((await kycgenie(['events', 'clear', '--yes'], place.env)).code).toBe(0);
  }
}, 600_000);
