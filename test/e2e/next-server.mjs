// Serves one route handler of Next.js, given as a module, the way Next.js does: 405 for methods not exported.
import { createServer } from 'node:http';
import { Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';

const route = await import(pathToFileURL(process.argv[2]).href);

async function answer(request) {
  const handler = Object.hasOwn(route, request.method) ? route[request.method] : null;
  if (handler === null) return new Response(null, { status: 405 });
  const { method, url, headers } = request;
  const body = method === 'GET' || method === 'HEAD' ? null : Readable.toWeb(request);
  return handler(new Request(new URL(url, 'http://127.0.0.1'), { method, headers, body, duplex: 'half' }));
}

const server = createServer(async (request, response) => {
  const { status } = await answer(request).catch(() => new Response(null, { status: 500 }));
  response.writeHead(status).end();
});
server.listen(Number(process.env.PORT), '127.0.0.1', () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}/`);
});
