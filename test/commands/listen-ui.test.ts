import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { enter, listenTo, send } from '../inspector/harness.ts';
import { send as deliver, NOW } from '../listen/deliveries.ts';
import { startReceiver } from '../support/sandbox.ts';
import { linesOf, open, type Running } from '../support/stream.ts';
import { at, delivery, inboxHome } from './events/kept.ts';

let inbox: ReturnType<typeof inboxHome>;

beforeEach(async () => {
  inbox = inboxHome();
  await inbox.store();
});

afterEach(() => inbox.remove());

const listen = (...argv: string[]): Running =>
  open(['listen', '--port', '0', '--ui', '--ui-port', '0', '--json', ...argv], {
    ...inbox.world,
    clock: { ...at(NOW), sleep: systemClock.sleep },
  });

async function visit(running: Running) {
  const { url } = await running.line({ type: 'inspector' });
  const port = Number(new URL(url).port);
  const { cookie, folder } = await enter(url, port);
  const get = async (path: string) => (await send(port, { path: folder + path, headers: { cookie } })).json();
  return { port, get, live: () => listenTo(port, `${folder}/api/deliveries/live`, cookie) };
}

test.each([[[]], [['--no-save']]])(
  'shows each delivery as it comes, with what the app said (%j)',
  async (more) => {
    const app = await startReceiver(202);
    const running = listen('--forward-to', `${app.url}/kyc?key=t0p`, ...more);
    const { url } = await running.line({ type: 'ready' });
    const { get, live } = await visit(running);
    const stream = await live();
    await deliver(url, delivery('case.opened', 'evt_1'));
    const { row } = await stream.line({ type: 'delivery' });
    const event = await running.line({ type: 'event' });
    expect(row).toMatchObject({ id: event.id, event_type: 'case.opened', forward: { status: 202 } });
    expect((await get('/api/deliveries')).rows).toEqual([row]);
    expect((await get(`/api/deliveries/${row.id}`)).event).toEqual(event);
    expect(await get('/api/state')).toMatchObject({
      ...{ mode: 'listen', listening_url: url, forward_to: `${app.url}/kyc` },
    });
    const { code, stdout } = await running.stop();
    // An open page holds up nothing.
    await stream.ended;
    expect(code).toBe(130);
    expect(linesOf(stdout).map(({ type }) => type)).toEqual([
      'ready',
      'inspector',
      'scheme',
      'event',
      'summary',
    ]);
    await app.close();
  },
);

test('its port is free again where the receiver cannot be had, and the other way round', async () => {
  const app = await startReceiver(200);
  const { port } = new URL(app.url);
  const taken = await open(['listen', '--port', port, '--ui', '--ui-port', '0'], inbox.world).ended;
  expect(taken).toMatchObject({ code: 2, stderr: expect.stringContaining('--port 0') });
  const other = await open(['listen', '--port', '0', '--ui', '--ui-port', port], inbox.world).ended;
  expect(other).toMatchObject({ code: 2, stderr: expect.stringContaining('--ui-port 0') });
  const alone = await open(['listen', '--ui-port', '0'], inbox.world).ended;
  expect(alone).toMatchObject({ code: 2, stderr: expect.stringContaining('add --ui') });
  await app.close();
});

test.skipIf(process.platform !== 'linux')('stays on loopback, wherever the receiver listens', async () => {
  const running = listen('--host', '0.0.0.0');
  const { port } = await visit(running);
  // The whole of 127/8 leads to what listens everywhere, where the system has it.
  const elsewhere = connect(port, '127.0.0.2');
  const [error] = await once(elsewhere, 'error');
  expect(error).toMatchObject({ syscall: 'connect' });
  await running.stop();
});

test('--quiet still tells where the page is', async () => {
  let stderr = '';
  const running = open(['listen', '--port', '0', '--ui', '--ui-port', '0', '-q'], {
    ...inbox.world,
    onStderr: (text) => {
      stderr += text;
    },
  });
  await expect.poll(() => stderr).toMatch(/^Inspector at http:\/\/127\.0\.0\.1:\d+\/\?token=/);
  await running.stop();
});
