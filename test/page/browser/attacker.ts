import { once } from 'node:events';
import { createServer } from 'node:http';

/** A program at another port, as any other user of the machine can run it. */
export async function openOther() {
  const cookies: string[] = [];
  const server = createServer((request, response) => {
    cookies.push(request.headers.cookie ?? 'none');
    const name = new URL(request.url ?? '/', 'http://other').searchParams.get('set');
    if (name !== null) response.setHeader('set-cookie', `${name}=tossed; Path=/`);
    response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>other</title>');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}/`,
    cookies,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

interface Aim {
  /** Where the page is. */
  readonly base: string;
  /** Of a delivery. */
  readonly id: string;
}

/** Runs in a page of another origin: what it gets hold of. */
export async function attack({ base, id }: Aim): Promise<string[]> {
  const read = (path: string, options: RequestInit = {}): Promise<string> =>
    fetch(base + path, { credentials: 'include', ...options }).then(
      async (response) =>
        response.type === 'opaque' ? 'nothing' : `${response.status} ${await response.text()}`,
      () => 'nothing',
    );
  const body = '{"to":null,"resign":false}';
  const json = { 'content-type': 'application/json' };
  const replay = `api/deliveries/${id}/replay`;
  const load = (made: HTMLElement, path: string): Promise<string> =>
    new Promise((resolve) => {
      made.onerror = () => resolve('nothing');
      made.onload = () => resolve(`loaded ${path}`);
      made.setAttribute('src', base + path);
      document.body.append(made);
    });
  const stream = new Promise<string>((resolve) => {
    const source = new EventSource(`${base}api/deliveries/live`, { withCredentials: true });
    source.onopen = () => resolve('a stream');
    source.onerror = () => {
      source.close();
      resolve('nothing');
    };
  });
  const socket = new Promise<string>((resolve) => {
    const made = new WebSocket(`${base.replace('http', 'ws')}api/deliveries/live`);
    made.onopen = () => resolve('a socket');
    made.onerror = () => resolve('nothing');
  });
  const framed = (name: string, begin: (frame: HTMLIFrameElement) => void): Promise<unknown> => {
    const frame = document.createElement('iframe');
    frame.name = name;
    document.body.append(frame);
    const isOver = new Promise((resolve) => frame.addEventListener('load', resolve));
    begin(frame);
    return isOver;
  };
  await framed('page', (frame) => {
    frame.src = base;
  });
  await framed('form', () => {
    const form = document.createElement('form');
    Object.assign(form, { method: 'post', enctype: 'text/plain', target: 'form', action: base + replay });
    const field = document.createElement('input');
    Object.assign(field, { name: body, value: '' });
    form.append(field);
    document.body.append(form);
    form.submit();
  });
  return Promise.all([
    read(''),
    read('api/state'),
    read('api/deliveries'),
    read('api/deliveries', { mode: 'no-cors' }),
    read(replay, { method: 'POST', headers: json, body }),
    read(replay, { method: 'POST', mode: 'no-cors', headers: { 'content-type': 'text/plain' }, body }),
    read(replay, { method: 'POST', mode: 'no-cors', body: new URLSearchParams({ to: 'x' }) }),
    ...[stream, socket],
    load(document.createElement('script'), 'app.js'),
    load(document.createElement('script'), 'api/state'),
    load(document.createElement('img'), `api/deliveries/${id}`),
  ]);
}
