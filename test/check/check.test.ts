import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { CATALOGUE, type Grade, MAX_REQUESTS, PROBE_IDS, type ProbeId } from '../../src/check/catalogue.ts';
import type { Reported } from '../../src/check/finding.ts';
import { gradeOf, holdsMusts } from '../../src/check/grade.ts';
import { refused } from '../../src/check/judge.ts';
import { PROBES } from '../../src/check/probes.ts';
import { check } from '../../src/check/run.ts';
import { MAX_REPEATS, MAX_WAITED_MS, Wire } from '../../src/check/wire.ts';
import { type Clock, systemClock } from '../../src/clock.ts';
import { openConnection } from '../../src/http/connection.ts';
import { createSend } from '../../src/http.ts';
import { Secret } from '../../src/secret.ts';
import { PRESETS, type Scheme } from '../../src/signing/scheme.ts';
import {
  BLANK_SECRET,
  OLD_SECRET,
  RIGHT,
  type Running,
  SECRET,
  type Steps,
  startReceiver,
} from './receivers.ts';

/** The shortest pause that still lets others run. */
const hasty: Clock = {
  ...systemClock,
  sleep: (ms, signal) => systemClock.sleep(Math.min(ms, 1), signal),
};

interface Looking {
  readonly clock?: Clock;
  readonly scheme?: Scheme;
  readonly previous?: string;
  readonly older?: string;
  readonly wanted?: readonly ProbeId[];
  readonly signal?: AbortSignal;
  /** A proxy stands between. */
  readonly isProxied?: boolean;
  readonly onWait?: () => void;
  readonly timeoutMs?: number;
}

interface Seen {
  readonly reported: readonly Reported[];
  readonly requests: number;
  readonly grade: Grade | null;
}

async function look({ url }: Pick<Running, 'url'>, looking: Looking = {}): Promise<Seen> {
  const { clock = hasty, scheme = PRESETS['standard-webhooks'], previous, wanted = PROBE_IDS } = looking;
  const signal = looking.signal ?? new AbortController().signal;
  const target = new URL(url);
  const wire = new Wire({
    ...{ url: target, timeoutMs: looking.timeoutMs ?? 20_000, clock, signal },
    send: createSend({ env: {}, alone: true }),
    ...(looking.onWait && { onWait: looking.onWait }),
    connect: looking.isProxied ? null : () => openConnection(target, {}),
  });
  const subject = {
    ...{ url: target, scheme, eventType: 'screening.completed', headers: [] },
    secret: new Secret(SECRET),
    previous: previous === undefined ? null : new Secret(previous),
    older: looking.older === undefined ? null : new Secret(looking.older),
  };
  const reported: Reported[] = [];
  for await (const one of check({ subject, wire, clock, signal, wanted: new Set(wanted) }))
    reported.push(one);
  return { reported, requests: wire.requests, grade: gradeOf(reported) };
}

async function examine(
  mistake: Partial<Steps>,
  looking: Looking = {},
  options: Parameters<typeof startReceiver>[1] = {},
): Promise<Seen> {
  const receiver = await startReceiver(mistake, options);
  try {
    return await look(receiver, looking);
  } finally {
    await receiver.close();
  }
}

const idsOf = ({ reported }: Seen, result: Reported['result']): readonly ProbeId[] =>
  reported.filter((one) => one.result === result).map(({ id }) => id);

const find = ({ reported }: Seen, wanted: ProbeId): Reported | undefined =>
  reported.find(({ id }) => id === wanted);

const GUARDS: readonly ProbeId[] = [
  'forged',
  'unsigned',
  'empty-signature',
  'truncated-signature',
  'flipped-signature',
  'altered-body',
];

interface Wrong {
  readonly name: string;
  readonly make: () => Partial<Steps>;
  readonly failed?: readonly ProbeId[];
  readonly warned?: readonly ProbeId[];
  readonly grade: Grade;
  readonly looking?: Looking;
  readonly options?: Parameters<typeof startReceiver>[1];
}

/** Seconds by which the slow receiver moves the clock of its test. */
const SLOW_MS = 6_000;

function slow(): Wrong {
  let skewMs = 0;
  const now = () => Date.now() + skewMs;
  return {
    name: 'takes six seconds',
    make: () => ({
      now,
      handle: () => {
        skewMs += SLOW_MS;
        return 200;
      },
    }),
    failed: ['time-budget'],
    grade: 'D',
    looking: { clock: { ...hasty, now } },
  };
}

const crash: Steps['matches'] = () => {
  throw new Error('Input buffers must have the same byte length');
};

const FIELDS = ['id', 'event_type', 'created_at', 'data', 'simulated'];
const DATA_FIELDS = ['screening_id', 'entity_id', 'name', 'entity_type', 'screening_status'];

/** Whether a screening is made of these fields alone. */
function isOfSchema({ event_type: type, ...event }: Parameters<Steps['handle']>[0]): boolean {
  if (type !== 'screening.completed') return true;
  const holds = (record: object, names: readonly string[]) =>
    Object.keys(record).every((name) => names.includes(name));
  return holds(event, FIELDS) && holds(event.data, DATA_FIELDS);
}

const PIECE = Buffer.alloc(65_536, 'x');

/** Until nobody reads any more; a refusal has an end. */
function endlessly(response: Parameters<Steps['reply']>[0], status: number): void {
  response.writeHead(status);
  if (status !== 200) return void response.end();
  const write = (): void => {
    while (!response.destroyed && response.write(PIECE));
  };
  response.on('drain', write);
  write();
}

/** Each makes one mistake. */
const WRONG: readonly Wrong[] = [
  {
    name: 'verifies nothing',
    make: () => ({ before: ({ method }) => (method === 'POST' ? 200 : 405) }),
    failed: [...GUARDS, 'old-timestamp'],
    warned: ['future-timestamp'],
    grade: 'F',
  },
  {
    name: 'verifies only what is signed',
    make: () => ({ before: ({ headers }) => (headers['webhook-signature'] === undefined ? 200 : null) }),
    failed: ['unsigned'],
    warned: ['head', 'get'],
    grade: 'F',
  },
  {
    name: 'verifies only what brings an id',
    make: () => ({
      before: ({ method, headers }) =>
        method !== 'POST' ? 405 : headers['webhook-id'] === undefined ? 200 : null,
    }),
    failed: ['unsigned'],
    grade: 'F',
  },
  {
    name: 'accepts an empty header',
    make: () => ({
      before: ({ method, headers }) =>
        method !== 'POST' ? 405 : headers['webhook-signature'] === '' ? 200 : null,
    }),
    failed: ['empty-signature'],
    grade: 'F',
  },
  {
    name: 'accepts the beginning of a signature',
    make: () => ({ matches: (given, right) => right.toString('base64').startsWith(given) }),
    failed: ['empty-signature', 'truncated-signature'],
    grade: 'F',
  },
  {
    name: 'looks only at the form of a signature',
    make: () => ({ matches: (given) => Buffer.from(given, 'base64').length === 32 }),
    failed: ['forged', 'flipped-signature', 'altered-body'],
    grade: 'F',
  },
  {
    name: 'takes a secret that is not set for an empty one',
    make: () => ({ secrets: [SECRET, 'whsec_'] }),
    failed: ['forged'],
    grade: 'F',
  },
  {
    name: 'leaves out the last byte of the signature',
    make: () => ({
      matches: (given, right) => Buffer.from(given, 'base64').subarray(0, 31).equals(right.subarray(0, 31)),
    }),
    failed: ['flipped-signature'],
    grade: 'F',
  },
  {
    name: 'takes out of the body what it does not know before it verifies',
    make: () => ({ signedBody: ({ body }) => Buffer.from(body.toString().replace(',"altered":true', '')) }),
    failed: ['altered-body'],
    grade: 'F',
  },
  {
    name: 'verifies JSON that was parsed and written anew',
    make: () => ({ signedBody: ({ body }) => Buffer.from(JSON.stringify(JSON.parse(body.toString()))) }),
    failed: ['raw-body'],
    grade: 'D',
  },
  {
    name: 'reads bodies as Latin-1',
    make: () => ({ signedBody: ({ body }) => Buffer.from(body.toString('latin1')) }),
    failed: ['raw-body'],
    grade: 'D',
  },
  {
    name: 'compares base64 in lower case',
    make: () => ({
      matches: (given, right) => given.toLowerCase() === right.toString('base64').toLowerCase(),
    }),
    failed: ['flipped-signature'],
    grade: 'F',
  },
  {
    name: 'answers without end',
    make: () => ({ reply: endlessly }),
    warned: ['keep-alive'],
    grade: 'B',
  },
  {
    name: 'looks at no timestamp',
    make: () => ({ isFresh: () => true }),
    failed: ['old-timestamp'],
    warned: ['future-timestamp'],
    grade: 'D',
  },
  {
    name: 'refuses only timestamps that are too old',
    make: () => ({ isFresh: (timestampS, nowS) => nowS - timestampS < 300 }),
    warned: ['future-timestamp'],
    grade: 'B',
  },
  {
    name: 'knows the new secret alone',
    make: () => ({}),
    failed: ['rotation'],
    grade: 'D',
    looking: { previous: OLD_SECRET },
  },
  {
    name: 'refuses types that it does not know',
    make: () => ({ handle: (event) => (event.event_type === 'screening.completed' ? 200 : 422) }),
    warned: ['unknown-event'],
    grade: 'B',
  },
  {
    name: 'refuses fields that it does not know',
    make: () => ({ handle: (event) => (isOfSchema(event) ? 200 : 422) }),
    warned: ['unknown-event'],
    grade: 'B',
  },
  {
    name: 'stops at 100 kB',
    make: () => ({
      before: ({ method, body }) => (method !== 'POST' ? 405 : body.length > 102_400 ? 413 : null),
    }),
    warned: ['large-body'],
    grade: 'B',
  },
  {
    name: 'reads one piece of the body',
    make: () => ({ signedBody: ({ firstPiece }) => firstPiece }),
    warned: ['large-body', 'slow-sender'],
    grade: 'B',
    // What is sent in pieces has to arrive in pieces.
    looking: { clock: systemClock },
  },
  {
    name: 'crashes on what it refuses',
    make: () => ({ refusal: 500 }),
    warned: [...GUARDS, 'old-timestamp', 'future-timestamp'],
    grade: 'C',
  },
  {
    name: 'hangs up on what it cannot compare',
    make: () => ({
      matches: (given, right) => (given.length === 44 ? RIGHT.matches(given, right) : crash(given, right)),
    }),
    warned: ['empty-signature', 'truncated-signature'],
    grade: 'B',
  },
  {
    name: 'redirects forged deliveries',
    make: () => ({ refusal: 302 }),
    warned: [...GUARDS, 'old-timestamp', 'future-timestamp'],
    grade: 'C',
  },
  {
    name: 'closes each connection without saying so',
    make: () => ({
      reply: (response, status) => {
        const { socket } = response;
        response.on('finish', () => socket?.destroySoon());
        response.writeHead(status, { connection: 'keep-alive' }).end();
      },
    }),
    warned: ['keep-alive'],
    grade: 'B',
  },
  {
    name: 'answers before it has the body',
    make: () => ({}),
    options: { onContinue: (_request, response) => void response.writeHead(200).end() },
    warned: ['expect-continue'],
    grade: 'B',
  },
  {
    name: 'refuses expectations',
    make: () => ({}),
    options: { onContinue: (_request, response) => void response.writeHead(417).end() },
    warned: ['expect-continue'],
    grade: 'B',
  },
  {
    name: 'does its work on GET and HEAD too',
    make: () => ({ before: ({ method }) => (method === 'POST' ? null : 200) }),
    warned: ['head', 'get'],
    grade: 'B',
  },
  {
    name: 'fails on GET',
    make: () => ({ before: ({ method }) => (method === 'POST' ? null : method === 'GET' ? 500 : 405) }),
    warned: ['get'],
    grade: 'B',
  },
  {
    name: 'takes one at a time',
    make: () => {
      let busy = 0;
      return {
        handle: async () => {
          busy += 1;
          const isAlone = busy === 1;
          await pause(isAlone ? 20 : 0);
          busy -= 1;
          return isAlone ? 200 : 503;
        },
      };
    },
    warned: ['concurrent'],
    grade: 'B',
  },
  {
    name: 'calls a duplicate a conflict',
    make: () => {
      const seen = new Set<unknown>();
      return { handle: ({ id }) => (seen.size < seen.add(id).size ? 200 : 409) };
    },
    warned: ['duplicate'],
    grade: 'B',
  },
  {
    name: 'refuses events that are older than the last',
    make: () => {
      let lastMs = 0;
      return {
        handle: ({ created_at: at }) => {
          const isOlder = Date.parse(at) < lastMs - 10_000;
          lastMs = Math.max(lastMs, Date.parse(at));
          return isOlder ? 409 : 200;
        },
      };
    },
    warned: ['reordered'],
    grade: 'B',
  },
  slow(),
];

describe('a receiver that does all right', () => {
  test('passes everything with an A', async () => {
    const seen = await examine({ secrets: [SECRET, OLD_SECRET] }, { previous: OLD_SECRET });
    expect(idsOf(seen, 'passed')).toEqual(PROBE_IDS);
    expect(seen.grade).toBe('A');
    expect(seen.reported.every(({ advice }) => advice === null)).toBe(true);
  });

  test('is not asked about a second secret or a timestamp that there is not', async () => {
    const scheme = { ...PRESETS['standard-webhooks'], templates: ['{id}.{body}'] as const };
    const seen = await examine({ before: () => 200 }, { scheme, wanted: ['old-timestamp', 'rotation'] });
    expect(find(seen, 'old-timestamp')).toMatchObject({ result: 'skipped', isUnjudged: false });
    expect(find(seen, 'rotation')).toMatchObject({ result: 'skipped', detail: 'Only one secret is in use' });
    expect(seen.grade).toBe('A');
  });

  test('may have a secret of zeros alone', async () => {
    const looking = { previous: BLANK_SECRET, wanted: ['forged', 'rotation'] as const };
    const seen = await examine({ secrets: [SECRET, BLANK_SECRET] }, looking);
    expect(idsOf(seen, 'passed')).toEqual(['valid', 'forged', 'rotation']);
  });

  test.each([70_000, 200_000])('may answer with %i bytes', async (bytes) => {
    const seen = await examine(
      { reply: (response, status) => void response.writeHead(status).end('x'.repeat(bytes)) },
      { wanted: ['keep-alive'] },
    );
    expect(find(seen, 'valid')?.detail).toBe('answered 200');
    expect(find(seen, 'keep-alive')?.detail).toBe('3 answered on one connection');
  });

  test('gets the same body each time, but for ids and times, and ASCII but for that of raw-body', async () => {
    const bodies: string[] = [];
    await examine(
      {
        handle: ({ id, ...event }, { body }) => {
          if (body.every((byte) => byte < 128)) bodies.push(JSON.stringify(event.data.name));
          return 200;
        },
      },
      { wanted: ['duplicate', 'reordered', 'time-budget'] },
    );
    expect(new Set(bodies).size).toBe(1);
    expect(bodies).toHaveLength(8);
  });

  test('is not asked about connections that a proxy decides about', async () => {
    const seen = await examine({}, { isProxied: true });
    expect(idsOf(seen, 'skipped')).toEqual(['rotation', 'slow-sender', 'keep-alive', 'expect-continue']);
    expect(seen.grade).toBe('A');
  });

  test('gets events that are marked, and no id twice but that of the duplicate', async () => {
    const ids: unknown[] = [];
    let marked = 0;
    await examine({
      handle: ({ id, simulated }) => {
        ids.push(id);
        marked += simulated === true ? 1 : 0;
        return 200;
      },
    });
    expect(marked).toBe(ids.length);
    expect(ids.length - new Set(ids).size).toBe(1);
  });

  test.each([
    ['Connection: close', { connection: 'close' }],
    ['Keep-Alive: timeout=1', { connection: 'keep-alive', 'keep-alive': 'timeout=1' }],
  ])('may close its connections, if it says so by %s', async (_name, headers) => {
    const seen = await examine(
      { reply: (response, status) => void response.writeHead(status, headers).end() },
      { wanted: ['keep-alive'] },
    );
    expect(find(seen, 'keep-alive')).toMatchObject({
      result: 'passed',
      detail: 'closes after an answer, and says so',
    });
  });
});

describe('a receiver that', () => {
  test.each(WRONG)('$name', async ({ make, failed = [], warned = [], grade, looking, options }) => {
    const seen = await examine(make(), looking, options);
    expect({ failed: idsOf(seen, 'failed'), warned: idsOf(seen, 'warned'), grade: seen.grade }).toEqual({
      failed,
      warned,
      grade,
    });
    expect(holdsMusts(seen.reported)).toBe(failed.length === 0);
    for (const { result, advice } of seen.reported) {
      if (result === 'failed' || result === 'warned') expect(advice).toMatch(/\.$/);
    }
  });
});

describe('where nothing can be judged', () => {
  const rest = PROBE_IDS.filter((id) => id !== 'valid');

  test.each([
    ['refuses everything', 401],
    ['redirects everything', 302],
    ['says that nothing was modified', 304],
    ['fails', 500],
    ['is not there', 404],
  ])('a receiver that %s gets an F, and nothing else is looked at', async (_name, status) => {
    const seen = await examine({ before: () => status });
    expect(idsOf(seen, 'failed')).toEqual(['valid']);
    expect(idsOf(seen, 'skipped')).toEqual(rest);
    expect(seen).toMatchObject({ grade: 'F', requests: 1 });
  });

  test.each([400, 422])('a receiver that answers %i may refuse the content', async (status) => {
    const seen = await examine({ before: () => status }, { wanted: ['valid'] });
    expect(find(seen, 'valid')?.advice).toMatch(/the same secret.*"simulated": true/);
  });

  test('the size of an answer without end is told', async () => {
    const seen = await examine({ reply: endlessly }, { wanted: ['keep-alive'] });
    expect(find(seen, 'valid')?.detail).toBe('answered 200, with more than 256 kB');
    expect(find(seen, 'keep-alive')?.detail).toBe('answers with more than 256 kB');
  });

  test('the address of a redirect is told, and 304 is none', async () => {
    const headers = { location: 'https://example.com/login' };
    const reply: Steps['reply'] = (response, status) => void response.writeHead(status, headers).end();
    const moved = await examine({ before: () => 302, reply }, { wanted: ['valid'] });
    expect(find(moved, 'valid')).toMatchObject({
      detail: 'answered 302, a redirect to https://example.com/login',
      advice: expect.stringContaining('that the redirect leads to'),
    });
    const same = await examine({ before: () => 304, reply }, { wanted: ['valid'] });
    expect(find(same, 'valid')).toMatchObject({
      detail: 'answered 304',
      advice: expect.stringContaining('Answer 200'),
    });
  });

  test.each([
    [403, /CSRF/],
    [404, /nothing at this path/],
    [405, /no POST/],
    [415, /it is the type that is refused/],
    [500, /its log says why/],
  ])('%i has an advice of its own', async (status, advice) => {
    const seen = await examine({ before: () => status }, { wanted: ['valid'] });
    expect(find(seen, 'valid')?.advice).toMatch(advice);
  });

  test('a receiver that limits the rate gets no grade', async () => {
    const seen = await examine({ before: () => 429 });
    expect(find(seen, 'valid')).toMatchObject({ result: 'skipped', status: 429, isUnjudged: true });
    expect(seen.grade).toBe(null);
    expect(holdsMusts(seen.reported)).toBe(false);
  });

  test('a receiver that limits the rate now and then is asked again', async () => {
    let count = 0;
    const seen = await examine(
      { before: () => (++count % 3 === 0 ? 429 : null) },
      { wanted: [...GUARDS, 'raw-body'] },
    );
    expect(idsOf(seen, 'passed')).toEqual(['valid', ...GUARDS, 'raw-body']);
  });

  test('a receiver that limits the rate from some point on is not called wrong', async () => {
    let count = 0;
    const seen = await examine({ before: () => (++count > 1 ? 429 : null) });
    expect(idsOf(seen, 'failed')).toEqual([]);
    expect(seen.grade).toBe('D');
    expect(seen.requests).toBeLessThanOrEqual(MAX_REQUESTS);
  });

  test('a receiver that shuts a forger out is not called wrong for what follows', async () => {
    let refused = 0;
    const seen = await examine({
      before: () => (refused >= 4 ? 403 : null),
      matches: (given, right) => {
        const isRight = RIGHT.matches(given, right);
        refused += isRight ? 0 : 1;
        return isRight;
      },
    });
    expect(idsOf(seen, 'failed')).toEqual([]);
    const guard = find(seen, 'truncated-signature');
    expect(guard).toMatchObject({ result: 'skipped', isUnjudged: true, status: 401 });
    expect(find(seen, 'time-budget')).toMatchObject({ result: 'skipped', isUnjudged: true });
    expect(seen.grade).toBe('D');
  });

  test('a receiver that bans for a while what forges twice is not taken for one that refuses rightly', async () => {
    const BANNED_REQUESTS = 3;
    let wrong = 0;
    let banned = 0;
    const seen = await examine({
      isFresh: () => true,
      before: ({ method }) => (method === 'POST' ? (banned-- > 0 ? 403 : null) : 405),
      matches: (given, right) => {
        const isRight = RIGHT.matches(given, right);
        wrong = isRight ? 0 : wrong + 1;
        if (wrong === 2) banned = BANNED_REQUESTS;
        return isRight;
      },
    });
    expect(idsOf(seen, 'passed')).toEqual(['valid']);
    expect(find(seen, 'forged')).toMatchObject({
      ...{ result: 'skipped', isUnjudged: true, status: 401 },
      detail: 'answered 401; after it a valid delivery answered 403: a lock-out',
      advice: expect.stringContaining('Lift the lock-out'),
    });
    expect(seen.grade).toBe('D');
  });

  test('a receiver that a forged delivery takes down fails for that alone', async () => {
    const seen = await examine(
      {},
      {},
      {
        onRequest: (server, requests) => {
          if (requests < 2) return;
          server.close();
          server.closeAllConnections();
        },
      },
    );
    expect(idsOf(seen, 'failed')).toEqual(['forged']);
    expect(find(seen, 'forged')?.detail).toMatch(
      /before it answered \(signed with another secret\); this request took it down: .* nothing that listens$/,
    );
    expect(find(seen, 'unsigned')).toMatchObject({ detail: 'The receiver is down since forged' });
    expect(seen.grade).toBe('F');
    expect(idsOf(seen, 'passed')).toEqual(['valid']);
  });

  test('a receiver that answers what it refuses, and dies of it, fails for that', async () => {
    let server: { close(): void } | null = null;
    const seen = await examine(
      {
        reply: (response, status) => {
          response.writeHead(status, { connection: 'close' }).end();
          if (status === 401) server?.close();
        },
      },
      { wanted: ['truncated-signature', 'raw-body'] },
      {
        onRequest: (one) => {
          server = one;
        },
      },
    );
    expect(find(seen, 'truncated-signature')).toMatchObject({ result: 'failed', status: 401 });
    expect(find(seen, 'raw-body')).toMatchObject({ result: 'skipped', isUnjudged: true });
  });

  test('a receiver that takes a delivery, and dies of it, is not blamed for what comes next', async () => {
    let server: { close(): void } | null = null;
    const seen = await examine(
      {
        reply: (response, status) => void response.writeHead(status, { connection: 'close' }).end(),
        handle: (_event, { body }) => {
          if (body.length > 100_000) server?.close();
          return 200;
        },
      },
      { wanted: ['large-body', 'slow-sender', 'duplicate'] },
      {
        onRequest: (one) => {
          server = one;
        },
      },
    );
    expect(idsOf(seen, 'warned')).toEqual([]);
    expect(find(seen, 'slow-sender')).toMatchObject({
      isUnjudged: true,
      detail: 'Nothing listens any more since large-body: that took it down',
    });
    expect(find(seen, 'duplicate')).toMatchObject({ isUnjudged: true, advice: null });
  });

  test('a receiver that has the secret before still is told so, with one request more', async () => {
    const seen = await examine({ secrets: [OLD_SECRET] }, { older: OLD_SECRET });
    expect(find(seen, 'valid')).toMatchObject({
      ...{ result: 'failed', status: 401 },
      detail: 'answered 401; signed with the secret before it answered 200',
      advice: expect.stringContaining('still has the secret before'),
    });
    expect(seen.requests).toBe(2);
  });

  test('what a receiver waits that limits the rate is told once, and bounded', async () => {
    const told: string[] = [];
    const waitsMs: number[] = [];
    const sleep: Clock['sleep'] = async (ms) => void waitsMs.push(ms);
    let count = 0;
    await examine(
      {
        before: () => (++count % 2 === 0 ? 429 : null),
        reply: (response, status) => void response.writeHead(status, { 'retry-after': '3600' }).end(),
      },
      { clock: { ...systemClock, sleep }, onWait: () => void told.push('waits') },
    );
    expect(told).toEqual(['waits']);
    expect(waitsMs.length).toBeGreaterThan(1);
    expect(waitsMs.reduce((sum, ms) => sum + ms, 0)).toBeLessThanOrEqual(MAX_WAITED_MS);
  });

  test.each([
    ['hangs', (): void => undefined, /did not answer within 100 ms/, /Answer first, work later/],
    ['hangs up', (socket: Socket) => void socket.destroy(), /closed the connection/, /its log says why.*TLS/],
    ['talks no HTTP', (socket: Socket) => void socket.end('SSH-2.0\r\n'), /is not HTTP/, /no HTTP server/],
  ])('a receiver that %s is a wrong one', async (_name, act, detail, advice) => {
    const server = createServer(
      (socket) => void socket.on('error', () => undefined).once('data', () => act(socket)),
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    try {
      const seen = await look({ url }, { timeoutMs: 100 });
      expect(find(seen, 'valid')?.detail).toMatch(detail);
      expect(find(seen, 'valid')?.advice).toMatch(advice);
      expect(seen).toMatchObject({ grade: 'F', requests: 1 });
    } finally {
      server.close();
    }
  });

  test('a receiver that is not there is a failure of the network', async () => {
    const receiver = await startReceiver();
    await receiver.close();
    await expect(look(receiver)).rejects.toMatchObject({ kind: 'network', reason: 'refused' });
  });
});

test('an interruption ends it, with all that was found', async () => {
  const stop = new AbortController();
  const seen = await examine(
    { handle: () => 200 },
    { signal: stop.signal },
    { onRequest: (_server, requests) => void (requests === 5 && stop.abort(new Error('enough'))) },
  );
  expect(idsOf(seen, 'passed')).toEqual(['valid', 'forged']);
  expect(find(seen, 'unsigned')).toMatchObject({
    result: 'skipped',
    detail: 'Stopped before its end',
  });
  expect(seen.reported).toHaveLength(PROBE_IDS.length);
});

test('one status for all is told once, and the worst of several decides', () => {
  const came = (status: number) => ({
    name: `a ${status}`,
    came: { status, durationMs: 1, failure: null, said: null },
  });
  const seen = refused('must', [came(401), came(500), came(200)], 'Verify.');
  expect(seen).toMatchObject({ result: 'failed', status: 200, detail: 'answered 200: accepted (a 200)' });
  expect(refused('must', [came(401), came(401)], 'Verify.').detail).toBe('answered 401');
});

test('the bound of requests is never met: probes, repeats and controls stay below it', () => {
  const most = PROBE_IDS.reduce((sum, id) => sum + PROBES[id].requests, 0);
  expect(most + MAX_REPEATS + PROBE_IDS.length).toBeLessThanOrEqual(MAX_REQUESTS);
});

test('every probe sends no more than it says, and a control after what was refused', async () => {
  for (const id of PROBE_IDS) {
    const seen = await examine({ secrets: [SECRET, OLD_SECRET] }, { wanted: [id], previous: OLD_SECRET });
    const controls = find(seen, id)?.status === 200 ? 0 : 1;
    expect(seen.requests, id).toBe(id === 'valid' ? 1 : 1 + PROBES[id].requests + controls);
  }
});

test.each(Object.values(PRESETS))(
  'signatures of the scheme $name are made wrong as meant',
  async (scheme) => {
    const { Deliveries } = await import('../../src/check/deliveries.ts');
    const { verify } = await import('../../src/signing/verify.ts');
    const url = new URL('http://127.0.0.1/');
    const secret = new Secret(SECRET);
    const subject = {
      url,
      scheme,
      secret,
      previous: null,
      older: null,
      eventType: 'case.opened',
      headers: [],
    };
    const deliveries = new Deliveries(subject, hasty);
    const candidates = [{ webhookId: null, age: 'current', secret }] as const;
    const statuses = [...GUARDS, 'valid' as const].map((id) => {
      const probe = PROBES[id];
      const sent =
        'sends' in probe ? probe.sends(deliveries).map(([, delivery]) => delivery) : [deliveries.make()];
      return [id, sent.map((delivery) => verify(scheme, delivery, candidates, { nowMs: Date.now() }).status)];
    });
    expect(Object.fromEntries(statuses)).toMatchObject({ valid: ['valid'], forged: ['invalid', 'invalid'] });
    expect(statuses.slice(0, -1).flatMap(([, all]) => all)).not.toContain('valid');
    expect(CATALOGUE.forged.level).toBe('must');
  },
);
