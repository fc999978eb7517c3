// A receiver on node:http alone. Run it with: KYC_SECRET=whsec_... PORT=3000 node node-http.mjs
//
// The provider documents whsec_ secrets and HMAC, not how a delivery is signed. This is Standard Webhooks, which the
// sandbox signs with. `kycgenie listen` finds out how yours are signed; `kycgenie config get scheme` shows it then.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';

const TOLERANCE_SECONDS = 300;
const MAX_BODY_BYTES = 1024 * 1024;
const MAX_SEEN = 10_000;

// One secret, or during a rotation two with a space between. The key is the base64 after whsec_.
const keys = (process.env.KYC_SECRET ?? '')
  .split(' ')
  .filter(Boolean)
  .map((secret) => Buffer.from(secret.replace(/^whsec_/, ''), 'base64'));
if (keys.length === 0 || keys.some((key) => key.length === 0)) throw new Error('KYC_SECRET holds no secret');

// Ids of the events done. A database table with a unique id belongs here: memory is lost with the process.
const seen = new Set();

function isSigned(headers, body) {
  const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures } = headers;
  if (!id || !timestamp || !signatures) return false;
  if (!(Math.abs(Date.now() / 1000 - Number(timestamp)) <= TOLERANCE_SECONDS)) return false; // NaN ends here too
  return keys.some((key) => {
    const hmac = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body);
    const expected = Buffer.from(`v1,${hmac.digest('base64')}`);
    const given = signatures.split(' ').map((signature) => Buffer.from(signature));
    return given.some((one) => one.length === expected.length && timingSafeEqual(one, expected));
  });
}

// Only put the event in a queue here: the sender does not wait for long.
function handle(event) {
  if (event.event_type === 'screening.completed') console.log('screening completed:', event.id);
  // Types that are not known are no error: new ones come without notice.
}

async function receive(request) {
  const chunks = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes <= MAX_BODY_BYTES) chunks.push(chunk);
  }
  if (bytes > MAX_BODY_BYTES) return 413;
  const body = Buffer.concat(chunks); // The bytes as they came: JSON that was parsed and written anew is not signed.
  if (!isSigned(request.headers, body)) return 401;
  const id = request.headers['webhook-id'];
  if (seen.has(id)) return 200;
  try {
    handle(JSON.parse(body.toString()));
  } catch (error) {
    console.error(error);
    return 500; // So that it is sent again.
  }
  seen.add(id);
  const [oldest] = seen;
  if (seen.size > MAX_SEEN) seen.delete(oldest);
  return 200;
}

const server = createServer(async (request, response) => {
  const status = request.method === 'POST' ? await receive(request).catch(() => 400) : 405; // 400: broken off
  response.writeHead(status, status === 405 ? { allow: 'POST' } : {}).end();
});
server.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}/`);
});
