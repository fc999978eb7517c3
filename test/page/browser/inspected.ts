import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { home, open, type Running, sandbox } from '../../e2e/tool.ts';

/** A request as the app got it. */
export interface Taken {
  readonly headers: IncomingMessage['headers'];
  readonly url: string;
  readonly body: string;
}

/** Somebody's app, which takes deliveries and answers what it is told to. */
export async function openApp() {
  const taken: Taken[] = [];
  const answer = { status: 200, body: '' };
  const server = createServer(async (request, response) => {
    taken.push({ headers: request.headers, url: request.url ?? '', body: await text(request) });
    response.writeHead(answer.status).end(answer.body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}/kyc`,
    taken,
    answer,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** The address of the page, with its token. */
export async function pageOf(running: Running): Promise<string> {
  return String((await running.waitFor(({ type }) => type === 'inspector'))['url']);
}

/** A sandbox, `listen --ui` that is subscribed to it, and the app it forwards to. */
export async function openInspected() {
  const place = home();
  const app = await openApp();
  const api = await sandbox(place.env, '--seed-logs', '30', '--retry-schedule', '1h');
  const listen = await open(
    [
      'listen',
      ...['--port', '0', '--ui', '--ui-port', '0'],
      ...['case.*', 'screening.*', 'onboarding.*'].flatMap((group) => ['--subscribe', group]),
      ...['--forward-to', app.url],
    ],
    api.env,
  );
  const { KYCGENIE_BASE_URL: baseUrl, KYCGENIE_API_KEY: key } = api.env;
  return {
    app,
    env: api.env,
    listen,
    receiver: String(listen.ready['url']),
    url: await pageOf(listen),
    /** Has the sandbox deliver an event, signed. */
    async fire(eventType: string, data: object = {}): Promise<void> {
      await fetch(`${baseUrl}/sandbox/events`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}` },
        body: JSON.stringify({ event_type: eventType, data }),
      });
      await listen.waitFor(({ type, event_type }) => type === 'event' && event_type === eventType);
    },
    async close() {
      await listen.stop();
      await api.stop();
      await app.close();
      place.remove();
    },
  };
}
