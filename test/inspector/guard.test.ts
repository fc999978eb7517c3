import { expect, test } from 'vitest';
import { Failure } from '../../src/errors.ts';
import { dataFolder, delivery, opened as filled } from '../listen/inbox/place.ts';
import { enter, opened, send } from './harness.ts';

const API = '/api/state';

test('the token of the printed address is exchanged for a cookie of another value, as often as it is used', async () => {
  const { inspector, port, folder } = await opened();
  const { pathname, search, searchParams } = new URL(inspector.url);
  const token = searchParams.get('token') ?? '';
  expect(Buffer.from(token, 'base64url').length).toBeGreaterThanOrEqual(16);
  for (let times = 0; times < 2; times += 1) {
    const { status, headers, body } = await send(port, { path: pathname + search });
    expect({ status, location: headers.location, body }).toEqual({
      ...{ status: 303, location: `${folder}/`, body: '' },
    });
    const [cookie = ''] = headers['set-cookie'] ?? [];
    expect(cookie).toMatch(/^kycgenie_inspector=[\w-]{43}; HttpOnly; SameSite=Strict; Path=\/[\w-]{43}\/$/);
    expect(cookie).not.toContain(token);
  }
});

test('the cookie is for a path that nobody can guess, for other ports of this machine are sent it too', async () => {
  const [one, other] = [await opened(), await opened()];
  expect(one.folder).toMatch(/^\/[\w-]{43}$/);
  expect(one.folder).not.toBe(other.folder);
  const { cookie, port, folder } = one;
  for (const path of [
    ...['/', '/app.js', API, `${folder.slice(0, -1)}${API}`, `${folder}x${API}`, folder, `/${folder}${API}`],
    ...[other.folder + API, `/%2e${folder}${API}`, `http://127.0.0.1:${port}${folder}${API}`],
  ]) {
    const answer = await send(port, { path, headers: { cookie } });
    expect(answer.status, path).toBe(401);
    expect(answer.headers, path).not.toHaveProperty('set-cookie');
    expect(answer.body, path).not.toContain(folder);
  }
  expect((await send(port, { path: folder + API, headers: { cookie } })).status).toBe(200);
});

test('nothing is there without the cookie, and a wrong token or cookie brings none', async () => {
  const { port, cookie, inspector, ask } = await opened();
  const token = new URL(inspector.url).searchParams.get('token') ?? '';
  for (const path of [
    '/',
    '/app.js',
    '/app.css',
    API,
    '/api/deliveries',
    '/api/deliveries/live',
    '/nothing',
  ]) {
    for (const wrong of ['', `${cookie}x`, cookie.replace(/=.*/, '='), `x${cookie}`])
      expect((await ask({ path, headers: { cookie: wrong } })).status, path).toBe(401);
  }
  for (const wrong of ['', 'x', token.slice(1), `${token}x`, cookie.split('=')[1]]) {
    const answer = await send(port, { path: `/?token=${wrong}` });
    expect({ status: answer.status, cookie: answer.headers['set-cookie'] }).toEqual({
      status: 401,
      cookie: undefined,
    });
  }
  expect((await ask({ path: `${API}?token=${token}`, headers: { cookie: '' } })).status).toBe(401);
  expect((await ask({ path: `/?token=${token}`, headers: { cookie: '' } })).status).toBe(401);
  expect((await send(port, { path: '/' })).body).toContain('Open the address');
});

test('the cookie of another inspector opens nothing, and one that was put beside it shuts nothing', async () => {
  const [one, other] = [await opened(), await opened()];
  expect((await one.ask({ path: API, headers: { cookie: `${other.cookie}; ${one.cookie}` } })).status).toBe(
    200,
  );
  expect((await one.ask({ path: API, headers: { cookie: other.cookie } })).status).toBe(401);
});

test('a name that was made to lead here is refused, whatever else is right', async () => {
  const { cookie, folder, inspector, port } = await opened();
  const entrance = `/${new URL(inspector.url).search}`;
  for (const host of [
    'evil.example',
    `evil.example:${port}`,
    '127.0.0.1',
    `127.0.0.1:${port + 1}`,
    `127.0.0.1.evil:${port}`,
  ]) {
    for (const path of [folder + API, entrance, `${folder}/app.js`, '/']) {
      expect((await send(port, { path, headers: { cookie, host } })).status, `${host} ${path}`).toBe(421);
    }
  }
  const host = `localhost:${port}`;
  expect((await send(port, { path: folder + API, headers: { cookie, host } })).status).toBe(200);
});

test('another page of the same browser reads nothing, be it of another site or of another port', async () => {
  const { ask, origin } = await opened();
  for (const site of ['cross-site', 'same-site']) {
    for (const path of [API, '/app.js', '/api/deliveries/live']) {
      expect((await ask({ path, headers: { 'sec-fetch-site': site } })).status, `${site} ${path}`).toBe(403);
    }
  }
  expect((await ask({ path: API, headers: { origin: 'http://127.0.0.1:1' } })).status).toBe(403);
  expect((await ask({ path: '/api/deliveries/live', headers: { origin: 'null' } })).status).toBe(403);
  expect((await ask({ path: API, headers: { origin } })).status).toBe(200);
  const typed = { 'sec-fetch-site': 'none' };
  expect((await ask({ path: API, headers: typed })).status).toBe(200);
  expect((await ask({ path: '/api/deliveries/live', headers: typed })).status).toBe(403);
});

test('changes need the origin of the page and a body of JSON', async () => {
  const dataDir = dataFolder();
  await (await filled(dataDir)).keep(delivery({ id: 'one' }));
  let replays = 0;
  const replay = async () => {
    replays += 1;
    return { url: 'http://127.0.0.1/', status: 200, duration_ms: 1, error: null, body: null };
  };
  const { post, port } = await opened({ dataDir, sources: { replay } });
  const path = '/api/deliveries/one/replay';
  const wish = { to: null, resign: false };
  const refused: readonly (readonly [number, Readonly<Record<string, string | undefined>>])[] = [
    [403, { origin: undefined }],
    [403, { origin: 'null' }],
    [403, { origin: 'https://evil.example' }],
    [403, { origin: `http://127.0.0.1:${port + 1}` }],
    [403, { origin: `http://localhost:${port}` }],
    [403, { origin: `https://127.0.0.1:${port}` }],
    [403, { 'sec-fetch-site': 'cross-site' }],
    [403, { 'sec-fetch-site': 'same-site' }],
    [403, { 'sec-fetch-site': 'none' }],
    [415, { 'content-type': 'text/plain' }],
    [415, { 'content-type': 'application/x-www-form-urlencoded' }],
    [415, { 'content-type': undefined }],
    [401, { cookie: '' }],
    [421, { host: 'evil.example' }],
  ];
  for (const [status, headers] of refused) {
    expect((await post(path, wish, headers)).status, JSON.stringify(headers)).toBe(status);
  }
  expect(replays).toBe(0);
  expect((await post(path, wish, { 'sec-fetch-site': undefined })).status).toBe(200);
  expect((await post(path, wish, { 'content-type': 'application/json; charset=utf-8' })).status).toBe(200);
  expect(replays).toBe(2);
});

test('no other method is taken', async () => {
  const { ask } = await opened();
  for (const method of ['HEAD', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']) {
    expect((await ask({ method, path: API })).status, method).toBe(405);
  }
});

test('who comes from a link of another site is brought in, where the cookie was held back', async () => {
  const { ask, folder } = await opened();
  const headers = { 'sec-fetch-site': 'cross-site' };
  const { status, body } = await ask({ headers: { ...headers, cookie: '' } });
  expect(status).toBe(200);
  expect(body).toContain(`http-equiv="refresh" content="0;url=${folder}/"`);
  expect((await ask({ path: '/', headers })).body).toBe('the page');
});

test('every answer says what a browser may do with it', async () => {
  const { cookie, folder, port, inspector, live } = await opened();
  const within = ['/', '/app.js', API, '/nothing', '/api/deliveries/none'].map((path) => folder + path);
  for (const path of [...within, '/', `/${new URL(inspector.url).search}`]) {
    const { headers } = await send(port, { path, headers: { cookie } });
    expect(headers).toMatchObject({
      'content-security-policy':
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; " +
        "trusted-types 'none'",
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'cache-control': 'no-store',
    });
    expect(headers).not.toHaveProperty('access-control-allow-origin');
  }
  expect((await live('/api/deliveries/live')).status).toBe(200);
});

test('streams are so many and no more, and one that is left makes room', async () => {
  const { live, ask } = await opened();
  const streams = await Promise.all(Array.from({ length: 16 }, () => live('/api/deliveries/live')));
  expect(streams.map(({ status }) => status)).toEqual(Array(16).fill(200));
  expect((await ask({ path: '/api/deliveries/live' })).status).toBe(429);
  streams[0]?.leave();
  await expect.poll(async () => (await live('/api/deliveries/live')).status).toBe(200);
});

test('a page that was not built is said to be missing; what was not foreseen tells nothing', async () => {
  const errors: unknown[] = [];
  const missing = async () => {
    throw new Failure('internal', 'The page is not there', { hint: 'Build it.' });
  };
  const state = () => {
    throw new Error('whsec_secret');
  };
  const { ask } = await opened({ asset: missing, sources: { state }, errors });
  const page = await ask({ path: '/' });
  expect({ status: page.status, ...page.json() }).toEqual({
    status: 500,
    error: { message: 'The page is not there', hint: 'Build it.' },
  });
  const failed = await ask({ path: API });
  expect(failed.status).toBe(500);
  expect(failed.body).not.toContain('whsec');
  expect(errors).toHaveLength(1);
});

test('a port that is taken names the option', async () => {
  const { port } = await opened();
  await expect(enter(`http://127.0.0.1:${port}/?token=`, port)).resolves.toEqual({ cookie: '', folder: '' });
  await expect(taken(port)).rejects.toMatchObject({
    kind: 'usage',
    message: `Port ${port} on 127.0.0.1 is already in use`,
    hint: 'Name another port, or let the system pick a free one: --ui-port 0.',
  });
});

async function taken(port: number): Promise<unknown> {
  const { openInspector } = await import('../../src/inspector/inspector.ts');
  const { Deliveries } = await import('../../src/inspector/deliveries.ts');
  const { systemClock: clock } = await import('../../src/clock.ts');
  const { serve } = await import('../../src/serve.ts');
  const never = () => {
    throw new Error('Never asked');
  };
  return openInspector({
    ...{ serve, port, portOption: '--ui-port', clock, asset: never, onError: () => undefined },
    deliveries: new Deliveries({ clock, dataDir: null }),
    sources: { state: never, schemeOf: never, addressOf: never, replay: never, account: null },
  });
}
