// A receiver on Fastify 5. Run it with: npm install fastify && KYC_SECRET=whsec_... PORT=3000 node fastify.mjs
//
// The provider documents whsec_ secrets and HMAC, not how a delivery is signed. This is Standard Webhooks, which the
// sandbox signs with. `kycgenie listen` finds out how yours are signed; `kycgenie config get scheme` shows it then.
import { createHmac, timingSafeEqual } from 'node:crypto';
import Fastify from 'fastify';

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
  if (!id || !timestamp || !signatures || !Buffer.isBuffer(body)) return false;
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

const app = Fastify({ bodyLimit: MAX_BODY_BYTES, logger: { level: 'error' } });

// The bytes as they came: JSON that was parsed and written anew is not what was signed. In an app that has other
// routes, put these lines and the route into a plugin, so that they keep their parsers.
app.removeAllContentTypeParsers();
app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));

app.post('/', async (request, reply) => {
  if (!isSigned(request.headers, request.body)) return reply.code(401).send();
  const id = request.headers['webhook-id'];
  if (!seen.has(id)) {
    handle(JSON.parse(request.body.toString()));
    seen.add(id);
    const [oldest] = seen;
    if (seen.size > MAX_SEEN) seen.delete(oldest);
  }
  return reply.code(200).send();
});
app.get('/', (_request, reply) => reply.code(405).header('allow', 'POST').send());

console.log(
  `listening on ${await app.listen({ port: Number(process.env.PORT ?? 3000), host: '127.0.0.1' })}/`,
);
