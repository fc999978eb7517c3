// A route handler of Next.js: save it as app/api/kyc/route.ts, set KYC_SECRET in .env.local, run `next dev`.
//
// The provider documents whsec_ secrets and HMAC, not how a delivery is signed. This is Standard Webhooks, which the
// sandbox signs with. `kycgenie listen` finds out how yours are signed; `kycgenie config get scheme` shows it then.
import { createHmac, timingSafeEqual } from 'node:crypto';

const TOLERANCE_SECONDS = 300;
const MAX_BODY_BYTES = 1024 * 1024;
const MAX_SEEN = 10_000;

// One secret, or during a rotation two with a space between. The key is the base64 after whsec_.
const keys = (process.env['KYC_SECRET'] ?? '')
  .split(' ')
  .filter(Boolean)
  .map((secret) => Buffer.from(secret.replace(/^whsec_/, ''), 'base64'))
  .filter((key) => key.length > 0);

// Ids of the events done. A database table with a unique id belongs here: no two functions share memory.
const seen = new Set<string>();

function isSigned(headers: Headers, body: Buffer): boolean {
  const id = headers.get('webhook-id');
  const timestamp = headers.get('webhook-timestamp');
  const signatures = headers.get('webhook-signature');
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
function handle(event: { id?: string; event_type?: string }): void {
  if (event.event_type === 'screening.completed') console.log('screening completed:', event.id);
  // Types that are not known are no error: new ones come without notice.
}

// Next.js answers 405 to the methods that are not exported.
export async function POST(request: Request): Promise<Response> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  const reader = request.body?.getReader();
  for (let part = await reader?.read(); part?.value; part = await reader?.read()) {
    bytes += part.value.length;
    if (bytes > MAX_BODY_BYTES) {
      await reader?.cancel();
      return new Response(null, { status: 413 });
    }
    chunks.push(part.value);
  }
  const body = Buffer.concat(chunks); // The bytes as they came: request.json(), written anew, is not what was signed.
  if (!isSigned(request.headers, body)) return new Response(null, { status: 401 });
  const id = request.headers.get('webhook-id') ?? '';
  if (!seen.has(id)) {
    handle(JSON.parse(body.toString()));
    seen.add(id);
    const [oldest] = seen;
    if (oldest !== undefined && seen.size > MAX_SEEN) seen.delete(oldest);
  }
  return new Response(null, { status: 200 });
}
