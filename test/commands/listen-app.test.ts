import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { clock, KNOWN, NOW, type Sent, send, signed } from '../listen/deliveries.ts';
import { kycgenie, temporaryHome, type World } from '../support/cli.ts';
import { linesOf, open, type Running } from '../support/stream.ts';

const BODY = '{"type": "screening.completed", "id": "evt_1",  "n": 1.0}';

let home: ReturnType<typeof temporaryHome>;
let world: World;
let app: Awaited<ReturnType<typeof startApp>>;

beforeEach(async () => {
  home = temporaryHome();
  world = { env: home.env, clock };
  await kycgenie(['secrets', 'import', 'w-1'], { ...world, stdin: KNOWN[0]?.secret.reveal() ?? '' });
  app = await startApp();
});

afterEach(async () => {
  await app.close();
  home.remove();
});

interface Taken {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** An app that answers with these statuses in turn, the last one again and again. */
async function startApp() {
  const taken: Taken[] = [];
  const state = { statuses: [200] as readonly number[], said: '' };
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { method, url, headers } = request;
    const status = state.statuses[Math.min(taken.length, state.statuses.length - 1)] ?? 200;
    taken.push({ method, url, headers, body: Buffer.concat(chunks).toString() });
    response.writeHead(status).end(state.said);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    taken,
    state,
    async close() {
      server.closeAllConnections();
      if (server.listening) await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Time goes on: what is tried again is due some time. */
const going = { ...clock, now: () => NOW + performance.now() };

const listen = (argv: readonly string[]): Running =>
  open(['listen', '--port', '0', '--json', ...argv], world);

const deliver = async (url: string, sent: Sent = {}, id = 'msg_1') =>
  (await send(url, { headers: signed(BODY, id), body: BODY, ...sent })).status;

const only = (stdout: string, wanted: string) => linesOf(stdout).filter(({ type }) => type === wanted);

describe('listen --forward-to', () => {
  test("answers with the app's own status, and forwards the exact bytes", async () => {
    app.state.statuses = [202, 418];
    app.state.said = 'Error: I am a teapot\n  at brew (pot.js:1:1)';
    const running = listen([
      '--forward-to',
      `${app.url}/in`,
      '--forward-header',
      'X-Env: test',
      '--exit-after',
      '2',
    ]);
    const { url } = await running.line({ type: 'ready' });
    expect(await deliver(url, { path: '/kyc%2F1?a=1&a=2' })).toBe(202);
    expect(await deliver(url, {}, 'msg_2')).toBe(418);
    const { stdout } = await running.ended;
    expect(app.taken[0]).toMatchObject({ method: 'POST', url: '/in/kyc%2F1?a=1&a=2', body: BODY });
    expect(app.taken[0]?.headers).toMatchObject({
      'x-env': 'test',
      'webhook-id': 'msg_1',
      host: new URL(app.url).host,
    });
    expect(only(stdout, 'event')).toMatchObject([
      {
        response: { status: 202 },
        forward: { url: `${app.url}/in/kyc%2F1`, status: 202, error: null, attempts: 1 },
      },
      { response: { status: 418 }, forward: { status: 418, body: expect.stringContaining('teapot') } },
    ]);
    expect(only(stdout, 'summary')).toMatchObject([{ forwarded: 1, forward_failed: 1, forward_pending: 0 }]);
  });

  test('asks whether the app runs, and answers 502', async () => {
    await app.close();
    const running = open(['listen', '--port', '0', '--forward-to', app.url, '--exit-after', '1'], world);
    await running.shown('Ctrl-C stops.');
    expect(await deliver(/http:\S+/.exec(running.stdout())?.[0] ?? '')).toBe(502);
    const { stdout } = await running.ended;
    expect(stdout).toMatch(/→ no answer in \d+ ms/);
    expect(stdout).toMatch(/is your server running/i);
  });

  test('a delivery that does not verify never reaches the app', async () => {
    const running = listen(['--forward-to', app.url, '--exit-after', '1']);
    const { url } = await running.line({ type: 'ready' });
    expect(await deliver(url, { body: '{"type": "forged"}' })).toBe(401);
    await running.ended;
    expect(app.taken).toEqual([]);
  });

  test('--route sends types elsewhere, and what no route takes is answered here', async () => {
    const running = listen(['--route', `screening.*=${app.url}/s`, '--exit-after', '2']);
    const { url } = await running.line({ type: 'ready' });
    const other = '{"type": "case.opened"}';
    expect(await deliver(url)).toBe(200);
    expect(await deliver(url, { headers: signed(other, 'msg_2'), body: other })).toBe(200);
    const { stdout } = await running.ended;
    expect(app.taken.map((one) => one.url)).toEqual(['/s']);
    expect(only(stdout, 'event').map(({ forward }) => forward?.status ?? null)).toEqual([200, null]);
  });
});

describe('listen --ack on-receipt', () => {
  test('answers 200 at once and forwards until the app takes it', async () => {
    app.state.statuses = [500, 200];
    world = { ...world, clock: going };
    const running = listen(['--forward-to', app.url, '--ack', 'on-receipt']);
    const { url } = await running.line({ type: 'ready' });
    expect(await deliver(url)).toBe(200);
    await running.line({ type: 'forward', is_last: true });
    const { stdout } = await running.stop();
    expect(only(stdout, 'forward')).toMatchObject([
      { forward: { status: 500, attempts: 1 }, is_last: false, next_attempt_at: expect.any(String) },
      {
        forward: { status: 200, attempts: 2 },
        is_last: true,
        next_attempt_at: null,
        event_type: 'screening.completed',
      },
    ]);
    expect(only(stdout, 'summary')).toMatchObject([{ received: 1, forwarded: 1, forward_pending: 0 }]);
  });

  test('what was not brought to the app goes on in the next run', async () => {
    await app.close();
    const first = listen(['--forward-to', app.url, '--ack', 'on-receipt']);
    expect(await deliver((await first.line({ type: 'ready' })).url)).toBe(200);
    await first.line({ type: 'forward' });
    const { stdout } = await first.stop();
    expect(only(stdout, 'summary')).toMatchObject([{ forwarded: 0, forward_pending: 1 }]);
    app = await startApp();
    const gone = {
      ...world,
      processes: { pid: process.pid + 1, isAlive: (pid: number) => pid !== process.pid },
    };
    const second = open(
      ['listen', '--port', '0', '--json', '--forward-to', app.url, '--ack', 'on-receipt'],
      gone,
    );
    await second.line({ type: 'ready' });
    const line = await second.line({ type: 'forward' });
    expect(line).toMatchObject({ event_id: 'msg_1', forward: { attempts: 2 } });
    await second.stop();
  });
});

describe('what cannot be meant', () => {
  test.each([
    [['--ack', 'on-receipt']],
    [['--forward-to', '3000', '--respond', '500']],
    [['--forward-to', '3000', '--ack', 'on-receipt', '--no-save']],
    [['--forward-to', 'ftp://localhost/']],
    [['--route', 'screening.*']],
    [['--route', 'nothing.*=http://localhost:1']],
    [['--forward-header', 'X']],
    [['--timeout', '1s']],
    [['--tls-cert', 'cert.pem']],
    [['--expect', 'case.opened:0']],
    [['--expect', 'case.opened', '--duration', '1s']],
  ])('%j exits 2', async (argv) => {
    const { code, stderr } = await kycgenie(['listen', '--port', '0', ...argv], world);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(/\S/) });
  });
});

describe('listen --expect', () => {
  test('ends well as soon as all have come, each event counted once', async () => {
    const running = listen(['--expect', 'screening.*:2', '--timeout', '30s']);
    const { url } = await running.line({ type: 'ready' });
    for (const id of ['msg_1', 'msg_1', 'msg_2']) await deliver(url, {}, id);
    const { code, stdout } = await running.ended;
    expect(code).toBe(0);
    expect(only(stdout, 'event')).toHaveLength(3);
  });

  test('exits 8 and says what is missing', async () => {
    const running = open(['listen', '--port', '0', '--expect', 'case.opened:2', '--timeout', '50ms'], world);
    const { code, stderr } = await running.ended;
    expect(code).toBe(8);
    expect(stderr).toContain('2 × case.opened');
  });
});

describe('listen --event', () => {
  test('shows these alone; others are answered, and neither shown nor counted', async () => {
    const running = listen(['--event', 'case.*', '--exit-after', '1']);
    const { url } = await running.line({ type: 'ready' });
    expect(await deliver(url)).toBe(200);
    const wanted = '{"type": "case.opened"}';
    expect(await deliver(url, { headers: signed(wanted, 'msg_2'), body: wanted })).toBe(200);
    const { code, stdout } = await running.ended;
    expect(code).toBe(0);
    expect(only(stdout, 'event')).toMatchObject([{ event_type: 'case.opened' }]);
    expect(only(stdout, 'summary')).toMatchObject([{ received: 1 }]);
  });
});
