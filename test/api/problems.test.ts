import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ApiFailure } from '../../src/errors.ts';
import { Secret } from '../../src/secret.ts';
import { answer, cut, json, raw, reset } from '../support/faulty-server.ts';
import { failureOf, KEY, type OpenApi, openApi } from './open-api.ts';

let open: OpenApi;
beforeEach(async () => {
  open = await openApi();
});
afterEach(() => open.close());

async function refused(
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<ApiFailure> {
  open.server.next(json(status, body, headers));
  const failure = await failureOf(open.with({ maxRetries: 0 }).getWebhook('w1'));
  if (failure instanceof ApiFailure) return failure;
  throw failure;
}

test.each([
  [400, 'rejected'],
  [401, 'not_logged_in'],
  [402, 'rejected'],
  [403, 'not_logged_in'],
  [404, 'not_found'],
  [405, 'rejected'],
  [409, 'rejected'],
  [418, 'rejected'],
  [422, 'rejected'],
  [429, 'rate_limited'],
  [500, 'api_unavailable'],
  [502, 'api_unavailable'],
  [503, 'api_unavailable'],
  [599, 'api_unavailable'],
  [999, 'api_unavailable'],
])('%i is %s, with and without a body, on every version', async (status, kind) => {
  for (const version of ['v1', 'v2'] as const) {
    const api = open.with({ version, maxRetries: 0 });
    open.server.next(
      json(status, { error: 'no' }),
      answer(status),
      answer(status, '<html>', { 'content-type': 'text/html' }),
    );
    for (let tries = 0; tries < 3; tries += 1) {
      const failure = await failureOf(api.listWebhooks());
      expect(failure).toMatchObject({ kind, problem: { httpStatus: status } });
      expect(failure.message).toContain(`HTTP ${status}`);
    }
  }
});

describe('envelopes', () => {
  test('text, code, request id, field complaints and details', async () => {
    const { message, problem } = await refused(400, {
      error: 'Invalid input.',
      code: 'validation_error',
      request_id: 'b7f6',
      errors: { webhook_url: ['Must be https.', 'Too long.'], event_type: 'Unknown.' },
      details: { current_status: 'x' },
    });
    expect(problem).toEqual({
      httpStatus: 400,
      code: 'validation_error',
      requestId: 'b7f6',
      errors: { webhook_url: ['Must be https.', 'Too long.'], event_type: ['Unknown.'] },
      details: { current_status: 'x' },
    });
    expect(message).toBe(
      'Invalid input: webhook_url: Must be https. Too long.; event_type: Unknown. (HTTP 400, validation_error)',
    );
  });

  test('a code in error and the text in message', async () => {
    const { message, problem } = await refused(409, {
      error: 'conflict',
      message: 'It exists.',
      details: { status: 1 },
    });
    expect(problem).toMatchObject({
      code: 'conflict',
      details: { status: 1 },
      requestId: undefined,
      errors: undefined,
    });
    expect(message).toBe('It exists. (HTTP 409, conflict)');
  });

  test('a text in error and no code, with a detail', async () => {
    const { message, problem } = await refused(409, { error: 'Conflict', detail: 'ignored' });
    expect(problem.code).toBeUndefined();
    expect(message).toBe('Conflict (HTTP 409)');
  });

  test('a detail alone', async () => {
    expect((await refused(404, { detail: 'Not found.' })).message).toBe('Not found. (HTTP 404)');
  });

  test('a code alone', async () => {
    const { message } = await refused(409, { error: 'conflict' });
    expect(message).toBe('The API refused GET /api/v2/webhooks/w1/ (HTTP 409, conflict)');
  });

  test('the code of its own field wins over one in error', async () => {
    expect((await refused(400, { error: 'one', code: 'two' })).problem.code).toBe('two');
  });

  test('the request id of a header, where the body has none', async () => {
    const id = { 'x-request-id': 'r-1' };
    expect((await refused(500, {}, id)).problem.requestId).toBe('r-1');
    expect((await refused(500, { request_id: 'r-2' }, id)).problem.requestId).toBe('r-2');
    expect((await refused(500, { request_id: 7 }, id)).problem.requestId).toBe('r-1');
  });

  test('many complaints are counted, not all shown', async () => {
    const errors = Object.fromEntries(Array.from({ length: 90 }, (_, index) => [`f${index}`, ['bad']]));
    const { message, problem } = await refused(422, { error: 'Bad', errors });
    expect(message).toMatch(/^Bad: f0: bad; f1: bad; f2: bad; f3: bad; f4: bad; and 45 more/);
    expect(Object.keys(problem.errors ?? {})).toHaveLength(50);
  });

  test.each<[string, unknown]>([
    [
      'wrong types',
      { error: 7, code: ['x'], message: {}, detail: null, request_id: {}, errors: 'x', details: null },
    ],
    ['wrong types within', { code: '', errors: { a: 7, b: [null, {}], c: [] }, error: '   ' }],
    ['odd codes', { code: 'Not A Code!', error: { code: 'x' } }],
    ['a null', null],
    ['a list', [1, 2]],
    ['a text', 'no'],
    ['nothing', {}],
  ])('%s do no harm', async (_, body) => {
    const { problem, message } = await refused(400, body);
    expect(problem).toMatchObject({
      httpStatus: 400,
      code: undefined,
      requestId: undefined,
      errors: undefined,
    });
    expect(message).toContain('HTTP 400');
    expect(message).not.toMatch(/undefined|\[object/);
  });

  test('names of the object prototype are only names', async () => {
    open.server.next(
      answer(
        400,
        '{"__proto__": {"code": "evil"}, "error": "Bad", "errors": {"__proto__": ["x"], "constructor": ["y"]}}',
      ),
    );
    const failure = await failureOf(open.api.getWebhook('w1'));
    expect(failure).toMatchObject({ problem: { code: undefined } });
    expect(failure.message).toBe('Bad: __proto__: x; constructor: y (HTTP 400)');
    expect(Object.prototype).not.toHaveProperty('code');
  });

  test('endless texts are cut', async () => {
    const { message, problem } = await refused(400, {
      error: 'x'.repeat(100_000),
      request_id: 'y'.repeat(100_000),
      errors: { ['z'.repeat(100_000)]: ['w'.repeat(100_000)] },
    });
    expect(message.length).toBeLessThan(2000);
    expect(JSON.stringify(problem).length).toBeLessThan(2000);
  });

  test('details too deep to print are left out', async () => {
    const deep = `{"error": "Bad", "details": ${'['.repeat(200)}${']'.repeat(200)}}`;
    open.server.next(answer(400, deep));
    expect(await failureOf(open.api.getWebhook('w1'))).toMatchObject({ problem: { details: undefined } });
  });
});

describe('hints', () => {
  test.each([
    [401, 'kycgenie login'],
    [403, 'scope'],
    [404, 'kycgenie whoami'],
    [429, 'concurrency'],
    [500, 'request id'],
  ])('for %i tell what to do', async (status, hint) => {
    expect((await refused(status, {})).hint).toContain(hint);
  });

  test('for an answer that the API did not write, ask about the base URL', async () => {
    open.server.next(answer(405, '<h1>Not allowed</h1>', { 'content-type': 'text/html' }));
    const failure = await failureOf(open.api.getWebhook('w1'));
    expect(failure.hint).toContain(`Is ${open.server.url.origin} the base URL of the API?`);
    expect(failure.message).toContain('<h1>Not allowed</h1>');
  });
});

describe('redirects are not followed', () => {
  test.each([301, 302, 303, 307, 308])('%i to another origin is named, with the remedy', async (status) => {
    open.server.next(answer(status, '', { location: 'https://elsewhere.test/login?next=hush#x' }));
    const failure = await failureOf(open.api.listWebhooks());
    expect(failure.kind).toBe('api_unavailable');
    expect(failure.message).toContain('https://elsewhere.test');
    expect(failure.message).not.toContain('hush');
    expect(failure.hint).toContain('--base-url https://elsewhere.test');
    expect(open.server.arrivals).toHaveLength(1);
  });

  test.each([
    ['the same origin', { location: '/login' }, 'another path of the same server'],
    ['nowhere', {}, 'somewhere it does not name'],
    ['something that is no address', { location: 'http://[' }, 'somewhere it does not name'],
    ['a scheme of its own', { location: 'javascript:alert(1)' }, 'somewhere it does not name'],
  ])('to %s', async (_, headers, where) => {
    open.server.next(answer(302, '', headers));
    const failure = await failureOf(
      open.api.createWebhook(
        { event_type: 'a', webhook_url: 'https://x.test' },
        { idempotencyKey: 'x'.repeat(16) },
      ),
    );
    expect(failure.message).toContain(where);
    expect(failure.hint).toContain('--base-url');
    expect(failure.mayHaveHappened).toBe(false);
  });
});

describe('good answers that are none', () => {
  test.each<[string, string, Record<string, string>, string]>([
    [
      'HTML',
      '<!doctype html>\n<title>Log in</title>',
      { 'content-type': 'text/html; charset=utf-8' },
      'text/html instead of JSON (HTTP 200): <!doctype html> <title>Log in</title>',
    ],
    ['nothing', '', {}, 'an empty body instead of JSON (HTTP 200)'],
    [
      'half of JSON',
      '{"results": [{"id": "w',
      { 'content-type': 'application/json' },
      'application/json instead of JSON (HTTP 200): {"results": [{"id": "w',
    ],
    ['no name for its content', 'hello', {}, 'an unnamed kind of content instead of JSON (HTTP 200): hello'],
    ['a hostile content type', 'x', { 'content-type': '\u009b31m' }, 'an unnamed kind of content'],
    [
      'control characters',
      'a\u001b[31mb\u0000c\u202ed\u009be',
      { 'content-type': 'text/plain' },
      'text/plain instead of JSON (HTTP 200): a [31mb c d e',
    ],
    ['null', 'null', {}, 'JSON of another shape (it should be Object)'],
    ['another object', '{"webhooks": []}', {}, 'JSON of another shape (results is missing)'],
    ['a list that is none', '{"results": {"length": 1}}', {}, 'results should be Array'],
    ['an id that is a number', '{"results": [{"id": 7}]}', {}, 'results.0.id should be string'],
    [
      'a time that is none',
      '{"results": [{"id": "w", "event_type": "e", "webhook_url": "u", "created_at": "soon"}]}',
      {},
      'results.0.created_at should be an ISO 8601 time',
    ],
    [
      'filters too deep',
      `{"results": [{"id": "w", "event_type": "e", "webhook_url": "u", "filters": {"a": ${'['.repeat(99)}${']'.repeat(99)}}}]}`,
      {},
      'results.0.filters should be another value',
    ],
  ])('%s', async (_, body, headers, message) => {
    open.server.next(answer(200, body, headers));
    const failure = await failureOf(open.api.listWebhooks());
    expect(failure.kind).toBe('api_unavailable');
    expect(failure.message).toContain(message);
    expect(failure.message).toContain('GET /api/v2/webhooks/ was answered with');
    expect(failure.hint).toContain('--base-url');
    expect(failure.cause).toBeUndefined();
  });

  test('at most 80 characters of it are shown', async () => {
    open.server.next(answer(200, 'x'.repeat(1000)));
    const { message } = await failureOf(open.api.listWebhooks());
    expect(/x+…$/.exec(message)?.[0]).toHaveLength(80);
  });

  test('numbers that are not whole, texts with NUL, and names of the prototype are told apart', async () => {
    const entry = {
      id: 'l',
      event_type: 'e',
      webhook_url: 'u',
      status: 's',
      created_at: '2026-01-01T00:00:00Z',
    };
    open.server.next(
      json(200, { results: [{ ...entry, attempt_number: 1.5 }] }),
      answer(200, `{"results": [${JSON.stringify(entry).replace('}', ', "http_status_code": 1e999}')}]}`),
      json(200, { results: [{ ...entry, error_message: 'a\u0000b' }], ['__proto__']: { has_more: true } }),
    );
    expect((await failureOf(open.api.logPage())).message).toContain('results.0.attempt_number');
    expect((await failureOf(open.api.logPage())).message).toContain('results.0.http_status_code');
    expect((await open.api.logPage()).entries[0]?.error_message).toBe('a\u0000b');
  });

  test('a body nested a hundred thousand times deep is an answer like another', async () => {
    const deep = '['.repeat(100_000) + ']'.repeat(100_000);
    open.server.next(answer(200, deep), answer(400, deep), answer(200, `{"results": ${deep}}`));
    for (let tries = 0; tries < 3; tries += 1) {
      expect(['api_unavailable', 'rejected']).toContain((await failureOf(open.api.listWebhooks())).kind);
    }
  });

  test('filters may hold anything that is shallow', async () => {
    open.server.next(
      answer(
        200,
        '{"id": "w", "event_type": "e", "webhook_url": "u", "filters": {"a": {"__proto__": [1]}, "b": null}}',
      ),
    );
    const { filters } = await open.api.getWebhook('w');
    expect(JSON.stringify(filters)).toBe('{"a":{"__proto__":[1]},"b":null}');
  });

  test('an endless body ends', async () => {
    open.server.otherwise((response) => {
      response.writeHead(200);
      const part = Buffer.alloc(1024 * 1024);
      const more = (): void => {
        while (!response.destroyed && response.write(part));
        if (!response.destroyed) response.once('drain', more);
      };
      more();
    });
    const failure = await failureOf(open.with({ maxRetries: 0 }).listWebhooks());
    expect(failure).toMatchObject({ kind: 'network', reason: 'too_large' });
  });
});

test.each([KEY, 'kycg_"0123\\456789"'])(
  'the key %s is in no error and no trace, though the server repeats it everywhere',
  async (key) => {
    const echo = {
      'x-request-id': key,
      'content-type': 'application/json',
      'x-echo': `Bearer ${key}`,
      'set-cookie': 'session=hush',
    };
    const escaped = JSON.stringify(key).slice(1, -1).replace('k', '\\u006b');
    const echoes = [
      json(
        400,
        {
          error: `Bad key ${key}`,
          code: key,
          request_id: key,
          errors: { [key]: [key] },
          details: { [key]: [key] },
        },
        echo,
      ),
      json(401, { error: key, message: key, detail: key }, echo),
      answer(400, `{"error": "${escaped}", "details": ["${escaped}"]}`, echo),
      answer(500, `<pre>Authorization: Bearer ${key}</pre>`, echo),
      answer(200, `not json, Authorization: Bearer ${key}`, echo),
      json(200, { results: [{ id: { [key]: key } }] }, echo),
      json(200, { results: key }, echo),
      answer(302, '', { ...echo, location: `https://x.test/?key=${key}` }),
      cut(200, `{"${key}": "`),
      raw(`${key}\r\n\r\n`),
      reset,
      json(429, { error: key }, echo),
    ];
    const api = open.with({ key: new Secret(key), maxRetries: 0 });
    const failures: unknown[] = [];
    for (const behaviour of echoes) {
      open.server.next(behaviour);
      failures.push(await failureOf(api.listWebhooks()));
    }
    const all =
      inspect([failures, open.traces], { depth: 20, maxArrayLength: null, maxStringLength: null }) +
      JSON.stringify(open.traces);
    expect(failures).toHaveLength(echoes.length);
    expect(all).toContain('authorization');
    for (const part of [key, key.slice(5)]) {
      expect(all).not.toContain(part);
      expect(all).not.toContain(JSON.stringify(part).slice(1, -1));
    }
    expect(all).not.toContain('hush');
  },
);
