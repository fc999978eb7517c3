import { afterEach, beforeEach, expect, test } from 'vitest';
import { enter, send } from '../../inspector/harness.ts';
import { startReceiver, startSandbox } from '../../support/sandbox.ts';
import { open, type Running } from '../../support/stream.ts';
import { bodyOf, delivery, inboxHome, SECRET } from './kept.ts';

let inbox: ReturnType<typeof inboxHome>;

beforeEach(() => {
  inbox = inboxHome();
});

afterEach(() => inbox.remove());

/** A browser that opened the address that was printed. */
async function visit(running: Running) {
  const { url } = await running.line({ type: 'inspector' });
  const port = Number(new URL(url).port);
  const { cookie, folder } = await enter(url, port);
  const headers = { cookie, origin: `http://127.0.0.1:${port}`, 'content-type': 'application/json' };
  return {
    ...{ url, port },
    get: async (path: string) => (await send(port, { path: folder + path, headers: { cookie } })).json(),
    post: (path: string, body: object) =>
      send(port, { method: 'POST', path: folder + path, headers, body: JSON.stringify(body) }),
  };
}

test('shows the inbox until Ctrl-C, on this machine alone', async () => {
  await inbox.store();
  const [kept] = await inbox.keep([delivery('case.opened', 'evt_1')]);
  const running = open(['events', 'ui', '--port', '0', '--json'], inbox.world);
  const { get, url } = await visit(running);
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]{43}$/);
  expect(await get('/api/state')).toEqual({
    version: expect.stringMatching(/^\d/),
    profile: 'default',
    mode: 'inbox',
    listening_url: null,
    forward_to: null,
    has_account: false,
    base_url: 'https://api.kycgenie.com/',
  });
  const { rows } = await get('/api/deliveries');
  expect(rows).toMatchObject([{ id: kept.id, event_type: 'case.opened', signature: { status: 'valid' } }]);
  const detail = await get(`/api/deliveries/${kept.id}`);
  expect(detail.event).toEqual(kept);
  expect(detail.signed.parts.at(-1)).toMatchObject({ from: 'body', text: bodyOf('case.opened', 'evt_1') });
  const { code, stdout, stderr } = await running.stop();
  expect({ code, lines: stdout.trimEnd().split('\n').length, stderr }).toEqual({
    code: 130,
    lines: 1,
    stderr: '',
  });
  await expect(send(Number(new URL(url).port), {})).rejects.toThrow();
});

test('sends a delivery again to the app, as it came or signed anew, and says why it cannot', async () => {
  await inbox.store();
  const app = await startReceiver(200, 200, 422);
  const [sent] = await inbox.keep(
    [delivery('case.opened', 'evt_1')],
    ['--forward-to', `${app.url}/kyc?key=t0p`],
  );
  const [bare] = await inbox.keep([delivery('case.opened', 'evt_2')]);
  const running = open(['events', 'ui', '--port', '0', '--json'], inbox.world);
  const { post, get } = await visit(running);
  const again = await post(`/api/deliveries/${sent.id}/replay`, { to: null, resign: false });
  expect(again.json()).toEqual({
    url: `${app.url}/kyc`,
    ...{ status: 200, duration_ms: expect.any(Number), error: null, body: null },
  });
  expect(app.received[1]).toMatchObject({ target: '/kyc?key=t0p', body: app.received[0]?.body });
  const signed = await post(`/api/deliveries/${sent.id}/replay`, { to: `${app.url}/other`, resign: true });
  expect(signed.json()).toMatchObject({ url: `${app.url}/other`, status: 422 });
  const signatures = app.received.map(
    ({ headers }) => headers.find(([name]) => /signature/i.test(name))?.[1],
  );
  expect(signatures[1]).toBe(signatures[0]);
  expect(signatures[2]).not.toBe(signatures[0]);
  for (const [to, message] of [
    [null, 'It was not forwarded anywhere: say where to send it'],
    ['http://example.com/', 'The address is http to another machine, example.com'],
    ['file:///etc/passwd', 'The address takes an http or https URL'],
  ]) {
    const refused = await post(`/api/deliveries/${bare.id}/replay`, { to, resign: false });
    expect({ status: refused.status, message: refused.json().error.message }).toEqual({
      status: 400,
      message,
    });
  }
  expect((await post(`/api/deliveries/${bare.id}/replay`, { to: 1 })).status).toBe(400);
  expect(app.received).toHaveLength(3);
  const everything = JSON.stringify([await get('/api/deliveries'), await get(`/api/deliveries/${sent.id}`)]);
  for (const secret of [SECRET, 't0p']) expect(everything).not.toContain(secret);
  await running.stop();
  await app.close();
});

test('with an API key it has the subscriptions, and retries entries of the log', async () => {
  const sandbox = await startSandbox();
  const app = await startReceiver(500, 200);
  const created = await sandbox.json([
    'webhooks',
    'create',
    '--event',
    'case.opened',
    '--url',
    `${app.url}/kyc`,
  ]);
  await sandbox.fire('case.opened');
  const running = open(['events', 'ui', '--port', '0', '--json'], { env: sandbox.env, send: sandbox.send });
  const { get, post } = await visit(running);
  expect(await get('/api/state')).toMatchObject({ has_account: true, base_url: `${sandbox.baseUrl}/` });
  const webhooks = await get('/api/webhooks');
  expect(webhooks).toMatchObject([{ webhook_url: `${app.url}/kyc`, failed_deliveries: 1, has_secret: true }]);
  const [entry] = await sandbox.json(['logs', 'list']);
  expect((await post(`/api/logs/${entry.id}/retry`, {})).json()).toMatchObject({ id: entry.id });
  await expect.poll(() => app.received.length).toBe(2);
  expect((await post('/api/logs/none/retry', {})).status).toBe(404);
  for (const secret of [sandbox.key, JSON.stringify(created).match(/whsec_[\w+/=]+/)?.[0] ?? sandbox.key])
    expect(JSON.stringify([webhooks, await get('/api/state')])).not.toContain(secret);
  await running.stop();
  await app.close();
  await sandbox.close();
});

test('people are told the address, and --debug keeps the token to itself', async () => {
  const running = open(['events', 'ui', '--port', '0', '--debug'], inbox.world);
  await running.shown('Inspector at http://127.0.0.1:');
  const { stderr } = await running.stop();
  expect(stderr).not.toContain('token');
  const quiet = open(['events', 'ui', '--port', '0', '-q'], inbox.world);
  await quiet.shown('/?token=');
  expect((await quiet.stop('terminated')).code).toBe(143);
});
