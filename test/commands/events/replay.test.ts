import { createHmac } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { shuffled } from '../../../src/commands/events/replay-selection.ts';
import { Failure } from '../../../src/errors.ts';
import { Secret } from '../../../src/secret.ts';
import { PRESETS } from '../../../src/signing/scheme.ts';
import { verify } from '../../../src/signing/verify.ts';
import { clock, NOW, OTHER, signed } from '../../listen/deliveries.ts';
import { all, delivery as stored } from '../../listen/inbox/place.ts';
import { kycgenie, sitDown } from '../../support/cli.ts';
import { type Json, startReceiver } from '../../support/sandbox.ts';
import { open } from '../../support/stream.ts';
import { at, bodyOf, delivery, inboxHome, SECRET } from './kept.ts';

const LATER = NOW + 3_600_000;

let inbox: ReturnType<typeof inboxHome>;
let app: Awaited<ReturnType<typeof startReceiver>>;

beforeEach(async () => {
  inbox = inboxHome();
  await inbox.store();
  app = await startReceiver(200);
});

afterEach(async () => {
  await app.close();
  inbox.remove();
});

const THREE = ['evt_1', 'evt_2', 'evt_3'].map((id) => delivery('case.opened', id));

const ids = (): readonly Json[] =>
  app.received.map(({ body }) => JSON.parse(Buffer.from(body).toString()).id);

const header = (name: string, index = 0): string | undefined =>
  app.received[index]?.headers.find(([sent]) => sent.toLowerCase() === name)?.[1];

const replay = (argv: readonly string[], more = {}) =>
  inbox.run(['replay', ...argv], { clock: at(LATER), ...more });

const replayed = (argv: readonly string[]): Promise<Json> =>
  inbox.json(['replay', ...argv], { clock: at(LATER) });

describe('events replay', () => {
  test('sends the kept bytes, method, query and headers to exactly --to', async () => {
    const headers = [
      ['X-Twice', 'one'],
      ['x-twice', 'two'],
      ['Connection', 'close, X-Hop'],
      ['X-Hop', 'gone'],
    ] as const;
    const [kept] = await inbox.keep([
      delivery('case.opened', 'evt_1', { path: '/deep/kyc?team=%61', headers }),
    ]);
    const told = await replayed(['last', '--to', `${app.url}/mine?own=1`]);
    const [request] = app.received;
    expect(request).toMatchObject({ method: 'POST', target: '/mine?own=1&team=%61' });
    expect(Buffer.from(request?.body ?? []).toString()).toBe(bodyOf('case.opened', 'evt_1'));
    const sent = request?.headers.filter(([name]) => /^(?:x-|webhook-)/i.test(name));
    expect(sent).toStrictEqual([...signed(bodyOf('case.opened', 'evt_1'), 'evt_1'), ...headers.slice(0, 2)]);
    expect(header('host')).toBe(new URL(app.url).host);
    expect(told).toStrictEqual({
      to: `${app.url}/mine?own=1`,
      sent: 1,
      succeeded: 1,
      failed: 0,
      duration_ms: expect.any(Number),
      rate_per_second: expect.any(Number),
      latency_ms: { p50: 0, p90: 0, p99: 0, max: 0 },
      statuses: { '200': 1 },
      errors: {},
      events: [
        {
          id: kept.id,
          event_type: 'case.opened',
          event_id: 'evt_1',
          url: `${app.url}/mine?own=1`,
          scheme: null,
          webhook_id: null,
          sent: 1,
          succeeded: 1,
          status: 200,
          duration_ms: 0,
          error: null,
          body: null,
        },
      ],
      hint: null,
      stopped: null,
    });
  });

  test('without --to sends to where it was forwarded, and says where nothing was', async () => {
    await inbox.keep(
      [delivery('case.opened', 'evt_1', { path: '/kyc/%2F//x?a=b' })],
      ['--forward-to', `${app.url}/app?key=%61`],
    );
    const { code, stdout } = await replay(['last', '--json']);
    expect([code, JSON.parse(stdout).events[0].url]).toEqual([0, `${app.url}/app/kyc/%2F//x`]);
    const exactly = '/app/kyc/%2F//x?key=%61&a=b';
    expect(app.received.map(({ target }) => target)).toEqual([exactly, exactly]);
    await inbox.keep([delivery('case.opened', 'evt_2')]);
    const named = await replay(['last']);
    expect(named).toMatchObject({ code: 2, stderr: expect.stringContaining('--to http') });
    const none = await replay(['--since', '2h', '--event', 'case.opened', '--failed']);
    expect(none.code).not.toBe(0);
    expect(app.received).toHaveLength(2);
    const filtered = await replay(['--since', '2h']);
    expect(filtered).toMatchObject({ code: 0, stderr: expect.stringContaining('1 more were not forwarded') });
    expect(app.received).toHaveLength(3);
  });

  test.each([
    [[], ['evt_1', 'evt_2', 'evt_3']],
    [
      ['--order', 'reversed'],
      ['evt_3', 'evt_2', 'evt_1'],
    ],
    [
      ['--order', 'shuffled'],
      ['evt_3', 'evt_2', 'evt_1'],
    ],
    [['--duplicate'], ['evt_1', 'evt_1', 'evt_2', 'evt_2', 'evt_3', 'evt_3']],
    [
      ['--times', '2'],
      ['evt_1', 'evt_2', 'evt_3', 'evt_1', 'evt_2', 'evt_3'],
    ],
    [
      ['--delay', '1ms', '--order', 'received'],
      ['evt_1', 'evt_2', 'evt_3'],
    ],
  ])('of what filters choose, with %j, sends %j', async (more, expected) => {
    await inbox.keep(THREE);
    const argv = ['replay', '--event', 'case.*', '--to', app.url, ...more];
    const { code } = await inbox.run(argv, { clock: { ...at(LATER), random: () => 0.99 } });
    expect(code).toBe(0);
    expect(ids()).toEqual(expected);
  });

  test('of events that are named keeps the order of their names, unless told otherwise', async () => {
    const [one, two, three] = (await inbox.keep(THREE)).map(({ id }) => id);
    await replayed([three, one, two, one, '--to', app.url]);
    await replayed([three, one, two, '--order', 'received', '--to', app.url]);
    await replayed([three, one, two, '--order', 'reversed', '--to', app.url]);
    expect(ids().join(' ')).toBe('evt_3 evt_1 evt_2 evt_1 evt_2 evt_3 evt_3 evt_2 evt_1');
  });

  test('by filters leaves out what listen refused, unless it is asked for', async () => {
    const forged = { body: bodyOf('case.opened', 'evt_9'), headers: signed('something else', 'evt_9') };
    await inbox.keep([delivery('case.opened', 'evt_1'), forged]);
    await replayed(['--since', '2h', '--to', app.url]);
    expect(ids()).toEqual(['evt_1']);
    await replayed(['--signature', 'invalid', '--to', app.url]);
    expect(ids()).toEqual(['evt_1', 'evt_9']);
  });

  test('into the listen that keeps the same inbox ends', async () => {
    await inbox.keep(THREE);
    const running = open(['listen', '--port', '0', '--json'], { ...inbox.world, clock: at(NOW + 5000) });
    const { url } = await running.line({ type: 'ready' });
    const told = await replayed(['--since', '2h', '--to', url, '--times', '2']);
    expect(told).toMatchObject({ sent: 6, statuses: { '200': 6 } });
    await running.stop();
    expect(await inbox.json(['list'])).toHaveLength(9);
  });
});

describe('events replay --resign', () => {
  async function listening<T>(argv: readonly string[], work: (url: string) => Promise<T>) {
    const running = open(['listen', '--port', '0', '--json', '--no-save', '--require-signature', ...argv], {
      ...inbox.world,
      clock: at(LATER),
    });
    const { url } = await running.line({ type: 'ready' });
    const result = await work(url);
    return { result, lines: (await running.stop()).stdout };
  }

  test('is accepted where the old signature is refused for its age', async () => {
    await inbox.keep([delivery('case.opened', 'evt_1')]);
    const { lines } = await listening([], async (url) => {
      const old = await replay(['last', '--to', url]);
      expect(old.code).toBe(8);
      expect(old.stdout).toMatch(/✗ case\.opened {2}evt_1 {2}401/);
      expect(old.stdout).toContain('--resign');
      expect((await replay(['last', '--to', url, '--resign'])).code).toBe(0);
    });
    expect(lines).toContain('"reason":"timestamp_too_old"');
    expect(lines).toContain('"event_id":"evt_1","duplicate_of":null,"signature":{"status":"valid"');
  });

  test('replaces the headers that the scheme names by one set of fresh ones, under the same id', async () => {
    const body = bodyOf('case.opened', 'evt_1');
    const svix = signed(body, 'msg_7').map(
      ([name, value]) => [name.replace('webhook', 'svix'), value] as const,
    );
    await inbox.keep([{ body, headers: svix }]);
    const told = await replayed(['last', '--to', app.url, '--resign']);
    expect(told.events).toMatchObject([{ scheme: 'standard-webhooks', webhook_id: 'w-1' }]);
    const names = app.received[0]?.headers.map(([name]) => name).filter((name) => /svix|webhook/.test(name));
    expect(names?.toSorted()).toEqual(['svix-id', 'svix-signature', 'svix-timestamp']);
    expect(header('svix-id')).toBe('msg_7');
    expect(header('svix-timestamp')).toBe(String(LATER / 1000));
  });

  test('signs as the scheme that verified it does', async () => {
    const body = bodyOf('case.opened', 'evt_1');
    const seconds = String(NOW / 1000);
    const mac = createHmac('sha256', SECRET).update(`${seconds}.${body}`).digest('hex');
    await inbox.keep(
      [{ body, headers: [['Stripe-Signature', `t=${seconds},v1=${mac}`]] }],
      ['--scheme', 'stripe'],
    );
    const told = await replayed(['last', '--to', app.url, '--resign']);
    expect(told.events).toMatchObject([{ scheme: 'stripe', webhook_id: 'w-1' }]);
    expect(header('stripe-signature')).toMatch(new RegExp(`^t=${LATER / 1000},v1=`));
    const [request = { headers: [], body: new Uint8Array() }] = app.received;
    const candidates = [{ webhookId: null, age: 'current', secret: new Secret(SECRET) }] as const;
    expect(verify(PRESETS.stripe, request, candidates, { nowMs: LATER }).status).toBe('valid');
  });

  test('signs with what is named', async () => {
    await inbox.keep([delivery('case.opened', 'evt_1')]);
    const argv = ['last', '--to', app.url, '--resign', '--secret-env', 'MINE', '--scheme', 'github'];
    const { code, stdout, stderr } = await replay(argv, { env: { MINE: OTHER.reveal() } });
    expect(code).toBe(0);
    const mac = createHmac('sha256', OTHER.reveal()).update(bodyOf('case.opened', 'evt_1')).digest('hex');
    expect(header('x-hub-signature-256')).toBe(`sha256=${mac}`);
    expect(stdout + stderr).not.toContain(OTHER.reveal());
    expect((await replay(['last', '--to', app.url, '--resign', '--webhook', 'w-2'])).code).toBe(3);
  });

  test('needs a secret, and --resign to say so', async () => {
    await inbox.keep([delivery('case.opened', 'evt_1')]);
    for (const more of [
      ['--webhook', 'w-1'],
      ['--resign', '--webhook', 'w-1', '--secret-env', 'MINE'],
    ]) {
      expect((await replay(['last', '--to', app.url, ...more])).code).toBe(2);
    }
    await kycgenie(['secrets', 'forget', 'w-1', '--yes'], inbox.world);
    const { code, stderr } = await replay(['last', '--to', app.url, '--resign']);
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining('secrets import') });
    expect(app.received).toEqual([]);
  });
});

describe('events replay tells', () => {
  test('each delivery of a few, with what your app said', async () => {
    await inbox.keep(THREE);
    const failing = await startReceiver(200, 500, 200);
    const { code, stdout } = await replay(['--since', '2h', '--to', failing.url]);
    const quiet = await replay(['--since', '2h', '--to', failing.url, '-q']);
    await failing.close();
    expect(code).toBe(8);
    expect(stdout.split('\n').slice(0, 4)).toEqual([
      expect.stringMatching(/^✓ case\.opened {2}evt_1 {2}200 in /),
      expect.stringMatching(/^✗ case\.opened {2}evt_2 {2}500 in /),
      expect.stringMatching(/^✓ case\.opened {2}evt_3 {2}200 in /),
      '  Your app failed: its log says why.',
    ]);
    expect(quiet.stdout.trim().split('\n')).toHaveLength(3);
  });

  test('a summary of many, and redraws a bar meanwhile', async () => {
    await inbox.keep(THREE);
    const person = sitDown();
    let talk = '';
    const { code, stdout } = await replay(
      ['--since', '2h', '--to', app.url, '--times', '10', '--concurrency', '4', '--color', 'never'],
      {
        person,
        onStderr: (text: string) => {
          talk += text;
        },
      },
    );
    expect(code).toBe(0);
    expect(stdout).toContain(`3 events  30 sent to ${app.url}/ in `);
    expect(stdout).toMatch(/200 × 30/);
    expect(talk).toContain('Sending');
    expect(app.received).toHaveLength(30);
  });

  test('that nothing answers', async () => {
    await inbox.keep(THREE.slice(0, 1));
    const closed = await startReceiver();
    await closed.close();
    const { code, stdout } = await replay(['last', '--to', closed.url]);
    expect(code).toBe(8);
    expect(stdout).toContain('no answer');
    expect(stdout).toContain(`Nothing answers at ${closed.url}/`);
  });

  test.each([
    ['nothing to send', [], 2],
    ['both events and filters', ['last', '--since', '1h'], 2],
    ['an event that is not there', ['none'], 3],
    ['filters that match nothing', ['--event', 'alert.created'], 3],
    ['more events than it holds', Array.from({ length: 101 }, () => 'last'), 2],
    ['an order that is none', ['last', '--order', 'best'], 2],
  ])('of %s', async (_what, argv, code) => {
    await inbox.keep(THREE.slice(0, 1));
    expect((await replay([...argv, '--to', app.url])).code).toBe(code);
    expect(app.received).toEqual([]);
  });

  test.each(['http://example.com/kyc', 'https://me:secret@example.com/', 'localhost:3000'])(
    'that it sends nothing to %s',
    async (to) => {
      await inbox.keep(THREE.slice(0, 1));
      const { code, stderr } = await replay(['last', '--to', to]);
      expect(code).toBe(2);
      expect(stderr).not.toContain('secret');
    },
  );

  test('what was sent before it was interrupted', async () => {
    await inbox.keep(THREE);
    const stop = new AbortController();
    const pausing = {
      ...at(LATER),
      sleep: async (ms: number, signal?: AbortSignal) => {
        if (ms === 7_000) stop.abort(new Failure('interrupted', 'Interrupted'));
        await clock.sleep(ms, signal);
      },
    };
    const argv = ['replay', '--since', '2h', '--to', app.url, '--delay', '7s', '--json'];
    const { code, stdout } = await inbox.run(argv, { clock: pausing, signal: stop.signal });
    expect(code).toBe(130);
    expect(JSON.parse(stdout)).toMatchObject({
      sent: 1,
      stopped: 'interrupted',
      events: [{ event_id: 'evt_1' }],
    });
  });
});

test('events that the inbox let go meanwhile are told', async () => {
  await inbox.keep(THREE);
  const pausing = {
    ...at(LATER),
    sleep: async (ms: number, signal?: AbortSignal) => {
      if (ms === 7_000) await inbox.run(['clear', '--yes']);
      else await clock.sleep(ms, signal);
    },
  };
  const argv = ['replay', '--since', '2h', '--to', app.url, '--delay', '7s', '--times', '3'];
  const { code, stderr } = await inbox.run(argv, { clock: pausing });
  expect(code).toBe(0);
  expect(stderr).toMatch(/[1-9] deliveries were not made/);
});

test('what is too much to be held at once is mixed as far as it is held', async () => {
  const many = Array.from({ length: 50 }, (_, index) =>
    stored({ id: String(index), body: Buffer.alloc(1024) }),
  );
  async function* read() {
    yield* many;
  }
  const mixed = await all(shuffled(read(), () => 0.99, 10 * 2048));
  expect(mixed.map(({ id }) => id).toSorted()).toEqual(many.map(({ id }) => id).toSorted());
  expect(mixed.map(({ id }) => Number(id))).not.toEqual(many.map(({ id }) => Number(id)));
  expect(await all(shuffled(read(), () => 0, 0))).toEqual(many);
});
