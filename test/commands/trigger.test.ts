import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Clock, systemClock } from '../../src/clock.ts';
import { openSecrets } from '../../src/config/secrets.ts';
import { Failure } from '../../src/errors.ts';
import { Secret } from '../../src/secret.ts';
import { type Handler, serve } from '../../src/serve.ts';
import { PRESETS } from '../../src/signing/scheme.ts';
import { verify } from '../../src/signing/verify.ts';
import { kycgenie, type Ran, temporaryHome, type World } from '../support/cli.ts';
import { type Json, startReceiver, startSandbox } from '../support/sandbox.ts';
import { open } from '../support/stream.ts';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const OTHER = 'whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';
/** Nothing listens there: the port is taken, and given back, by the test. */
let closedUrl: string;

let home: ReturnType<typeof temporaryHome>;
let receiver: Awaited<ReturnType<typeof startReceiver>>;

beforeEach(async () => {
  home = temporaryHome();
  receiver = await startReceiver(200);
  const closed = await startReceiver();
  await closed.close();
  closedUrl = `${closed.url}/`;
});

afterEach(async () => {
  await receiver.close();
  home.remove();
});

const run = (argv: readonly string[], world: World = {}): Promise<Ran> =>
  kycgenie(['trigger', ...argv], { ...world, env: { ...home.env, ...world.env } });

const trigger = (argv: readonly string[], world?: World): Promise<Ran> =>
  run([...argv, '--to', `${receiver.url}/kyc?team=a`], world);

interface Stored {
  readonly eventType?: string;
  readonly webhookUrl?: string;
  readonly obtainedAt?: string;
}

/** As `webhooks create` leaves it. */
async function store(webhookId: string, secret: string, more: Stored = {}): Promise<void> {
  const environment = { clock: systemClock, signals: process, onDamage: () => undefined };
  const secrets = openSecrets({ ...environment, configDir: home.folder, profile: 'default' });
  const obtainedAt = '2026-01-02T03:04:05.000Z';
  await secrets.put({ webhookId, secret: new Secret(secret), obtainedAt, ...more });
}

const bodies = (): readonly Json[] =>
  receiver.received.map(({ body }) => JSON.parse(Buffer.from(body).toString()));

function isSignedWith(secret: string, scheme = PRESETS['standard-webhooks']): boolean {
  const candidates = [{ webhookId: null, age: 'current', secret: new Secret(secret) }] as const;
  const verdicts = receiver.received.map((request) =>
    verify(scheme, request, candidates, { nowMs: Date.now() }),
  );
  return verdicts.length > 0 && verdicts.every(({ status }) => status === 'valid');
}

async function answering<T>(handler: Handler, work: (url: string) => Promise<T>): Promise<T> {
  const serving = await serve({ host: '127.0.0.1', port: 0, handler });
  try {
    return await work(serving.url);
  } finally {
    await serving.close(0);
  }
}

describe('trigger', () => {
  test('sends a believable signed event, marked as simulated, and tells of it', async () => {
    await store('wh_1', SECRET);
    const { code, stdout, stderr } = await trigger(['screening.completed', '--json']);
    expect({ code, stderr }).toStrictEqual({ code: 0, stderr: '' });
    const [event] = bodies();
    expect(JSON.parse(stdout)).toStrictEqual({
      event_type: 'screening.completed',
      url: `${receiver.url}/kyc?team=a`,
      event_id: event.id,
      scheme: 'standard-webhooks',
      webhook_id: 'wh_1',
      sent: 1,
      succeeded: 1,
      failed: 0,
      duration_ms: expect.any(Number),
      rate_per_second: expect.any(Number),
      latency_ms: {
        p50: expect.any(Number),
        p90: expect.any(Number),
        p99: expect.any(Number),
        max: expect.any(Number),
      },
      statuses: { '200': 1 },
      errors: {},
      first_failure: null,
      hint: null,
      stopped: null,
    });
    expect(event).toMatchObject({
      event_type: 'screening.completed',
      simulated: true,
      data: { screening_status: 'completed' },
    });
    const [request] = receiver.received;
    expect(request).toMatchObject({ method: 'POST', target: '/kyc?team=a' });
    expect(request?.headers).toContainEqual(['webhook-id', event.id]);
    expect(isSignedWith(SECRET)).toBe(true);
  });

  test('is verified by listen', async () => {
    await store('wh_1', SECRET);
    const running = open(['listen', '--port', '0', '--json', '--exit-after', '1'], { env: home.env });
    const { url } = await running.line({ type: 'ready' });
    expect((await run(['case.opened', '--to', url])).code).toBe(0);
    expect(await running.line({ type: 'event' })).toMatchObject({
      event_type: 'case.opened',
      signature: { status: 'valid', webhook_id: 'wh_1' },
    });
    expect((await running.ended).code).toBe(0);
  });

  test('shows one line for one event, and no secret', async () => {
    await store('wh_1', SECRET);
    const { stdout, stderr } = await trigger(['alert.created']);
    expect(stdout).toMatch(/^✓ alert\.created {2}evt_[0-9a-f]{32} {2}200 in (?:\d+|under 1) ms\n$/);
    expect(stdout + stderr).not.toContain(SECRET.slice(6));
    expect((await trigger(['alert.created', '-q'])).stdout).toMatch(/^evt_[0-9a-f]{32}\n$/);
  });

  test.each([
    ['the one of its type', 'case.opened', SECRET],
    ['else the one of all types', 'alert.created', OTHER],
  ])('without --webhook the secret of a stored webhook signs: %s', async (_what, type, secret) => {
    await store('wh_a', OTHER, { eventType: 'all' });
    await store('wh_b', SECRET, { eventType: 'case.opened' });
    await store('wh_c', 'whsec_CCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCC', { eventType: 'batch.failed' });
    expect((await trigger([type])).code).toBe(0);
    expect(isSignedWith(secret)).toBe(true);
  });

  test('else the newest signs', async () => {
    await store('wh_a', OTHER, { eventType: 'batch.failed', obtainedAt: '2026-01-01T00:00:00.000Z' });
    await store('wh_b', SECRET, { eventType: 'batch.progress', obtainedAt: '2026-02-01T00:00:00.000Z' });
    await store('wh_c', OTHER, { eventType: 'report.x', obtainedAt: '2026-01-03T00:00:00.000Z' });
    await trigger(['case.opened']);
    expect(isSignedWith(SECRET)).toBe(true);
  });

  test('with no secret at all it is sent unsigned, with a warning', async () => {
    const { code, stdout, stderr } = await trigger(['case.opened', '--json']);
    expect(code).toBe(0);
    expect(stderr).toContain('sent unsigned');
    expect(JSON.parse(stdout)).toMatchObject({ scheme: null, webhook_id: null, succeeded: 1 });
    expect(receiver.received[0]?.headers.map(([name]) => name)).not.toContain('webhook-signature');
  });

  test('--webhook goes to its URL with its secret; --to wins for the address', async () => {
    await store('wh_a', OTHER);
    await store('wh_b', SECRET, { webhookUrl: `${receiver.url}/hooks` });
    expect((await run(['case.opened', '--webhook', 'wh_b'])).code).toBe(0);
    expect((await trigger(['case.opened', '--webhook', 'wh_b'])).code).toBe(0);
    expect(receiver.received.map(({ target }) => target)).toEqual(['/hooks', '/kyc?team=a']);
    expect(isSignedWith(SECRET)).toBe(true);
  });

  test('asks the API for a URL that is not stored', async () => {
    const sandbox = await startSandbox();
    try {
      const created = await sandbox.json([
        ...['webhooks', 'create', '--event', 'case.opened', '--url', `${receiver.url}/hooks`],
      ]);
      await sandbox.run(['secrets', 'forget', created.id, '--yes']);
      const secret = { KYC: SECRET };
      const argv = ['trigger', 'case.opened', '--webhook', created.id, '--secret-env', 'KYC'];
      const { code, stderr } = await sandbox.run(argv, { env: secret });
      expect({ code, stderr }).toStrictEqual({ code: 0, stderr: '' });
      expect(receiver.received.at(-1)?.target).toBe('/hooks');
      expect(isSignedWith(SECRET)).toBe(true);
      expect((await sandbox.run(['trigger', 'case.opened', '--webhook', created.id])).code).toBe(3);
    } finally {
      await sandbox.close();
    }
  });

  test('--secret-env and --scheme choose how it is signed', async () => {
    await store('wh_a', OTHER);
    const argv = ['case.opened', '--secret-env', 'KYC', '--scheme', 'stripe', '--json'];
    const { stdout } = await trigger(argv, { env: { KYC: 'a plain secret' } });
    expect(JSON.parse(stdout)).toMatchObject({ scheme: 'stripe', webhook_id: null });
    expect(isSignedWith('a plain secret', PRESETS.stripe)).toBe(true);
  });

  test('signs by the scheme that the profile keeps', async () => {
    await store('wh_a', OTHER);
    await kycgenie(['config', 'set', 'scheme', 'github'], { env: home.env });
    expect(JSON.parse((await trigger(['case.opened', '--json'])).stdout).scheme).toBe('github');
    expect(isSignedWith(OTHER, PRESETS.github)).toBe(true);
  });

  test('--data is merged into the data, and never ignored', async () => {
    const data = '{"status": "escalated", "deep": {"n": [1]}, "data": {"x": 1}}';
    const { stderr } = await trigger(['case.opened', '--data', data]);
    expect(bodies()[0].data).toMatchObject({ status: 'escalated', deep: { n: [1] }, data: { x: 1 } });
    expect(bodies()[0].data.case_id).toEqual(expect.any(String));
    expect(stderr).toContain('its data is sent as data.data');
    await trigger(['case.opened', '--data', '-'], { stdin: '{"status": "from stdin"}' });
    expect(bodies()[1].data.status).toBe('from stdin');
  });

  test('an unknown type is sent with a warning that names the one that was meant', async () => {
    const { code, stderr } = await trigger(['screening.compleetd']);
    expect(code).toBe(0);
    expect(stderr).toContain('did you mean screening.completed?');
    expect(bodies()[0]).toMatchObject({ event_type: 'screening.compleetd', simulated: true });
  });

  test.each<[string, readonly string[], string]>([
    ['a group', ['screening.*'], '"screening.*" is not one event type'],
    ['no type', [''], '"" is not one event type'],
    [
      'an address of another machine over http',
      ['test', '--to', 'http://example.com/'],
      'http to another machine',
    ],
    ['data that is no object', ['test', '--data', '[1]'], '--data takes a JSON object'],
    [
      'data that is nested too deeply',
      ['test', '--data', `{"a": ${'['.repeat(200)}${']'.repeat(200)}}`],
      'deep',
    ],
    ['too many', ['test', '--count', '1000001'], '--count takes a whole number from 1 to 1000000'],
    [
      'too many at once',
      ['test', '--concurrency', '257'],
      '--concurrency takes a whole number from 1 to 256',
    ],
    ['a scheme that is none', ['test', '--scheme', 'strip'], 'There is no signature scheme strip'],
    ['auto', ['test', '--scheme', 'auto'], 'auto finds a scheme from deliveries'],
    ['a variable that is not set', ['test', '--secret-env', 'NOT_SET'], 'variable NOT_SET is not set'],
  ])('%s is 2', async (_what, argv, message) => {
    const { code, stdout, stderr } = await run(argv);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
  });

  test('a secret that is no key of the scheme is 2, and is not shown', async () => {
    const { code, stderr } = await trigger(['test', '--secret-env', 'KYC'], {
      env: { KYC: 'no base64 at all!' },
    });
    expect(code).toBe(2);
    expect(stderr).not.toContain('base64 at all!');
    expect(receiver.received).toEqual([]);
  });

  test('an unknown webhook is 3', async () => {
    expect((await trigger(['test', '--webhook', 'wh_9'])).code).toBe(3);
  });
});

describe('trigger that is not answered 2xx', () => {
  test('says what the receiver said, and exits 8', async () => {
    const handler: Handler = async () => ({ status: 500, body: 'Traceback\n\u{1b}[2Jboom\n' });
    await answering(handler, async (url) => {
      const { code, stdout } = await run(['case.opened', '--to', url], { env: { NO_COLOR: '1' } });
      expect(code).toBe(8);
      expect(stdout).toMatch(/^✗ case\.opened {2}evt_\w+ {2}500 in/);
      expect(stdout).toContain('  Traceback\n  boom\n  The receiver failed: its log says why.\n');
      const { stdout: json } = await run(['case.opened', '--to', url, '--json']);
      expect(JSON.parse(json)).toMatchObject({
        failed: 1,
        statuses: { '500': 1 },
        first_failure: { status: 500, error: null, body: 'Traceback\n\u{1b}[2Jboom' },
      });
    });
  });

  test.each([
    [401, 'wants a signature, and none was sent'],
    [302, 'Redirects are not followed'],
    [404, 'nothing at this path'],
    [405, 'takes no POST'],
    [418, 'did not accept it'],
  ])('%i: what to do', async (status, hint) => {
    await answering(
      async () => ({ status }),
      async (url) => {
        const { code, stdout } = await run(['case.opened', '--to', url]);
        expect(code).toBe(8);
        expect(stdout).toContain(hint);
      },
    );
  });

  test('a refused signature says so', async () => {
    await store('wh_1', SECRET);
    await answering(
      async () => ({ status: 401 }),
      async (url) => {
        expect((await run(['case.opened', '--to', url])).stdout).toContain('refused the signature');
      },
    );
  });

  test('nobody there: start listen in another terminal', async () => {
    const { code, stdout } = await run(['case.opened', '--to', closedUrl]);
    expect(code).toBe(8);
    expect(stdout).toContain('no answer');
    expect(stdout).toContain(
      `Nothing answers at ${closedUrl}: start \`kycgenie listen\` in another terminal`,
    );
  });

  test('an answer that takes too long is none', async () => {
    const handler: Handler = ({ signal }) =>
      new Promise((resolve) => signal.addEventListener('abort', () => resolve({ status: 200 })));
    await answering(handler, async (url) => {
      const { code, stdout } = await run(['case.opened', '--to', url, '--timeout', '50ms', '--json']);
      expect(code).toBe(8);
      expect(Object.keys(JSON.parse(stdout).errors)[0]).toContain('did not answer within 50 ms');
    });
  });
});

describe('trigger --count', () => {
  test('sends so many, each with an id of its own, so many at once', async () => {
    await store('wh_1', SECRET);
    let open = 0;
    let highest = 0;
    let meet: () => void = () => undefined;
    const two = new Promise<void>((resolve) => (meet = resolve));
    const ids = new Set<unknown>();
    const handler: Handler = async ({ body }) => {
      open++;
      highest = Math.max(highest, open);
      if (open === 2) meet();
      const number = ids.add(JSON.parse(Buffer.from(body).toString()).id).size;
      await two;
      open--;
      return { status: number % 4 === 0 ? 503 : 200, body: 'busy' };
    };
    await answering(handler, async (url) => {
      const argv = ['case.opened', '--to', url, '--count', '200', '--concurrency', '20'];
      const { code, stdout } = await run([...argv, '--json']);
      expect(code).toBe(8);
      expect(ids.size).toBe(200);
      expect(highest).toBeLessThanOrEqual(20);
      expect(JSON.parse(stdout)).toMatchObject({
        sent: 200,
        succeeded: 150,
        failed: 50,
        statuses: { '200': 150, '503': 50 },
        first_failure: { status: 503, body: 'busy' },
        latency_ms: { max: expect.any(Number) },
      });
    });
  });

  test('sums up for people', async () => {
    const { code, stdout } = await trigger(['case.opened', '--count', '30']);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^✓ case\.opened {2}30 sent to http:\S+ in .* \([\d.]+\/s\)\n {2}answers {2}200 × 30\n/,
    );
    expect(stdout).toMatch(/\n {2}latency {2}p50 .* p90 .* p99 .* max .*\n$/);
    const refused = await run(['case.opened', '--count', '30', '--to', closedUrl]);
    expect(refused.code).toBe(8);
    expect(refused.stdout).toMatch(/no answer {2}127\.0\.0\.1:\d+ refused the connection × 30/);
  });

  test('shows progress on a terminal', async () => {
    const { stderr } = await trigger(['case.opened', '--count', '30'], { columns: 80 });
    expect(stderr).toContain('Sending');
  });

  test.each([
    ['interrupted', 130],
    ['terminated', 143],
  ] as const)('%s: sums up what was sent, and exits %i', async (kind, exit) => {
    const stop = new AbortController();
    let answered = 0;
    const handler: Handler = async () => {
      answered++;
      if (answered === 10) stop.abort(new Failure(kind, 'Stopped'));
      return { status: 200 };
    };
    await answering(handler, async (url) => {
      const argv = ['case.opened', '--to', url, '--count', '100000', '--json'];
      const { code, stdout } = await run(argv, { signal: stop.signal });
      expect(code).toBe(exit);
      const { sent, succeeded, stopped } = JSON.parse(stdout);
      expect(stopped).toBe(kind);
      expect(sent).toBeLessThan(100);
      expect(succeeded).toBe(answered);
    });
  });

  test('signs each delivery as of its own time', async () => {
    await store('wh_1', SECRET);
    let nowMs = Date.now();
    const clock: Clock = {
      ...systemClock,
      now: () => {
        nowMs += 1_000;
        return nowMs;
      },
    };
    await trigger(['case.opened', '--count', '3', '--concurrency', '1'], { clock });
    const times = receiver.received.map(
      ({ headers }) => headers.find(([name]) => name === 'webhook-timestamp')?.[1],
    );
    expect(new Set(times).size).toBe(3);
  });
});
