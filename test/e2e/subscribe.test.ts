import { once } from 'node:events';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { home, kycgenie, open, sandbox } from './tool.ts';

let place: ReturnType<typeof home>;
let api: Awaited<ReturnType<typeof sandbox>>;

beforeAll(async () => {
  place = home();
  api = await sandbox(place.env);
});

afterAll(async () => {
  await api.stop();
  place.remove();
});

const json = async (argv: readonly string[]) =>
  JSON.parse((await kycgenie([...argv, '--json'], api.env)).stdout);

const LISTEN = ['listen', '--port', '0', '--subscribe', 'case.*'];

it('subscribes while it listens, verifies what comes, and leaves nothing behind', async () => {
  const mine = await json([
    'webhooks',
    'create',
    '--event',
    'screening.completed',
    '--url',
    'http://127.0.0.1:9/mine',
  ]);
  const receiver = await open(LISTEN, api.env);
  const [subscribed] = (await json(['webhooks', 'list', '--event', 'case.*'])) as { event_type: string }[];
  await fetch(`${api.env['KYCGENIE_BASE_URL']}/sandbox/events`, {
    method: 'POST',
    headers: { authorization: `Bearer ${api.env['KYCGENIE_API_KEY']}` },
    body: JSON.stringify({ event_type: subscribed?.event_type }),
  });
  const event = await receiver.waitFor(({ type }) => type === 'event');
  expect(event).toMatchObject({ event_type: subscribed?.event_type, signature: { status: 'valid' } });
  expect(await receiver.stop()).toMatchObject({ code: 143 });
  const id = mine.id ?? mine[0]?.id;
  expect(await json(['webhooks', 'list'])).toMatchObject([{ id }]);
  expect(await json(['secrets', 'list'])).toMatchObject([{ webhook_id: id }]);
});

it('what a kill -9 left behind is deleted by the next prune, and nothing else is', async () => {
  const before = await json(['webhooks', 'list']);
  const receiver = await open(LISTEN, api.env);
  const closed = once(receiver.child, 'close');
  receiver.child.kill('SIGKILL');
  await closed;
  const left = (await json(['webhooks', 'list'])).length - before.length;
  expect(left).toBeGreaterThan(1);
  const pruned = await json(['webhooks', 'prune']);
  expect(pruned).toHaveLength(left);
  expect(await json(['webhooks', 'list'])).toEqual(before);
  expect(await json(['webhooks', 'prune'])).toEqual([]);
});
