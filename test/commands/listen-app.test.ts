import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
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

describe('listen interrupted', () => {
  test('while the app is thinking: the sender is told to send again', async () => {
    const slow = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(slow, 'listening');
    const { port } = slow.address() as AddressInfo;
    const running = listen(['--forward-to', `http://127.0.0.1:${port}`]);
    const { url } = await running.line({ type: 'ready' });
    const answered = deliver(url);
    await once(slow, 'request');
    const { code, stdout } = await running.stop();
    expect(await answered).toBe(503);
    slow.closeAllConnections();
    slow.close();
    expect(code).toBe(130);
    expect(only(stdout, 'problem')).toMatchObject([{ message: expect.stringContaining('send it again') }]);
    const [event] = JSON.parse((await kycgenie(['events', 'list', '--json'], world)).stdout);
    expect(event).toMatchObject({ response: { status: 0 }, forward: null });
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

  test('ends well beside a stray request that is refused, and whatever the app answers', async () => {
    app.state.statuses = [401];
    const running = listen(['--expect', 'screening.completed', '--timeout', '30s', '--forward-to', app.url]);
    const { url } = await running.line({ type: 'ready' });
    await send(url, { body: 'x' });
    expect(await deliver(url)).toBe(401);
    expect((await running.ended).code).toBe(0);
  });

  test('a single type is served before its group', async () => {
    const running = listen(['--expect', 'case.*', '--expect', 'case.opened', '--timeout', '30s']);
    const { url } = await running.line({ type: 'ready' });
    for (const type of ['case.opened', 'case.closed']) {
      const body = JSON.stringify({ type });
      await deliver(url, { headers: signed(body, `msg_${type}`), body });
    }
    expect((await running.ended).code).toBe(0);
  });

  test('exits 8 and says what is missing', async () => {
    const running = open(['listen', '--port', '0', '--expect', 'case.opened:2', '--timeout', '50ms'], world);
    const { code, stderr } = await running.ended;
    expect(code).toBe(8);
    expect(stderr).toContain('2 × case.opened');
  });
});

describe('listen --event', () => {
  test('shows and counts these alone; others are treated alike, and what is refused is always shown', async () => {
    const running = listen(['--event', 'case.*', '--exit-after', '2', '--forward-to', app.url]);
    const { url } = await running.line({ type: 'ready' });
    expect(await deliver(url)).toBe(200);
    expect(await deliver(url, { body: '{"type": "forged"}' })).toBe(401);
    const wanted = '{"type": "case.opened"}';
    expect(await deliver(url, { headers: signed(wanted, 'msg_2'), body: wanted })).toBe(200);
    const { code, stdout } = await running.ended;
    expect(code).toBe(9);
    expect(app.taken.map(({ body }) => body)).toEqual([BODY, wanted]);
    expect(only(stdout, 'event').map(({ event_type }) => event_type)).toEqual(['forged', 'case.opened']);
    const kept = JSON.parse((await kycgenie(['events', 'list', '--json'], world)).stdout);
    expect(kept).toHaveLength(3);
  });
});

describe('what is kept', () => {
  test('is on disk before the app has it, with what came of it afterwards', async () => {
    app.state.statuses = [422];
    app.state.said = 'no';
    const running = listen(['--forward-to', app.url, '--exit-after', '1']);
    await deliver((await running.line({ type: 'ready' })).url);
    await running.ended;
    const [event] = JSON.parse((await kycgenie(['events', 'list', '--json'], world)).stdout);
    expect(event).toMatchObject({ response: { status: 422 }, forward: { status: 422, body: 'no' } });
  });

  test('is not forwarded where it cannot be kept: the sender sends it again', async () => {
    const file = `${home.folder}/not-a-folder`;
    writeFileSync(file, '');
    const blocked = { ...world, env: { ...home.env, KYCGENIE_DATA_DIR: file } };
    const { code, stderr } = await kycgenie(['listen', '--port', '0', '--forward-to', app.url], blocked);
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('not-a-folder') });
    expect(app.taken).toEqual([]);
  });

  test('of refused deliveries is bounded: a flood does not drive out the good ones', async () => {
    const running = listen(['--scheme', 'standard-webhooks']);
    const { url } = await running.line({ type: 'ready' });
    await deliver(url);
    for (let n = 0; n < 12; n++)
      await deliver(url, { body: `{"n": ${n}}${' '.repeat(1_500_000)}` }).catch(() => null);
    for (let n = 0; n < 30; n++) await deliver(url, { body: `{"n": ${n}, "type": "x.y"}` });
    await running.stop();
    const kept = JSON.parse((await kycgenie(['events', 'list', '--json', '--limit', '1000'], world)).stdout);
    expect(
      kept.filter(({ signature }: { signature: { status: string } }) => signature.status === 'valid'),
    ).toHaveLength(1);
    expect(kept.length).toBe(31);
  });
});

describe('listen against itself', () => {
  test.each([
    ['--forward-to', '4377'],
    ['--route', 'case.*=http://127.0.0.1:4377/x'],
  ])('%s %s is refused', async (...argv) => {
    const { code, stderr } = await kycgenie(['listen', '--port', '4377', ...argv], world);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('itself') });
  });
});
