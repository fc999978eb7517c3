// An account whose webhooks are created, and a log whose entries are retried; nothing of it is kept on disk.
import { createServer } from 'node:http';

const webhooks = [];

function created(body) {
  const { event_type, webhook_url, description = '' } = JSON.parse(body);
  const id = `a1b2c3d4-e5f6-4890-abcd-${String(webhooks.length).padStart(12, '0')}`;
  const times = { created_at: '2026-01-19T10:30:00Z', updated_at: null, last_triggered_at: null };
  webhooks.push({
    id,
    event_type,
    webhook_url,
    description,
    is_active: true,
    filters: {},
    stats: null,
    ...times,
  });
  return {
    webhook_id: id,
    event_type,
    webhook_url,
    message: 'created',
    secret_key: `whsec_${Buffer.from(id).toString('base64')}`,
  };
}

function answer({ method, url }, body) {
  if (url === '/forget') webhooks.length = 0;
  if (method === 'GET') return [200, { count: webhooks.length, results: webhooks }];
  return url.includes('/logs/') ? [200, { message: 'Retry queued' }] : [201, created(body)];
}

const server = createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    const [status, value] = answer(request, Buffer.concat(chunks).toString());
    const text = JSON.stringify(value);
    response.writeHead(status, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
    });
    response.end(text);
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ port: server.address().port })));
