// A delivery log of so many entries behind both versions of the API, its pages made before the clock runs.
import { createServer } from 'node:http';

const ENTRIES = Number(process.env['BENCH_ENTRIES']);
const PAGE_SIZE = 100;
/** What a server across the network adds to each answer. */
const DELAY_MS = Number(process.env['BENCH_DELAY_MS'] ?? 0);
const PAGES = Math.ceil(ENTRIES / PAGE_SIZE);
/** Pages repeat after so many, but for their ids: memory is not what is measured here. */
const DISTINCT_PAGES = 64;
const NEWEST = Date.parse('2026-01-19T10:30:00Z');

function entry(index) {
  const failed = index % 9 === 0;
  return {
    id: 'IDENTITY',
    event_type: ['screening.completed', 'case.opened', 'onboarding.session_completed'][index % 3],
    webhook_url: `https://hooks.acme.example/kyc/${index % 7}`,
    status: failed ? 'failed' : 'delivered',
    http_status_code: failed ? 503 : 200,
    attempt_number: failed ? 10 : 1,
    error_message: failed ? 'Webhook endpoint returned HTTP 503' : null,
    created_at: new Date(NEWEST - index * 250).toISOString(),
    next_retry_at: null,
  };
}

const page = (number) =>
  JSON.stringify(Array.from({ length: PAGE_SIZE }, (_none, index) => entry(number * PAGE_SIZE + index)));
const pages = Array.from({ length: DISTINCT_PAGES }, (_none, number) => page(number).split('IDENTITY'));

/** Each entry gets an id of its own: 36 characters, as the API has them. */
function entriesOf(number) {
  const parts = pages[number % DISTINCT_PAGES];
  const prefix = `a1b2c3d4-e5f6-7890-abcd-${String(number).padStart(8, '0')}`;
  let text = parts[0];
  for (let index = 1; index < parts.length; index += 1) text += prefix + String(1000 + index) + parts[index];
  return text;
}

function answer(url) {
  const number = Number(url.searchParams.get('after') ?? Number(url.searchParams.get('page') ?? 1) - 1);
  const results = number < PAGES ? entriesOf(number) : '[]';
  if (url.pathname.startsWith('/api/v1/'))
    return `{"total":${ENTRIES},"page":${number + 1},"page_size":${PAGE_SIZE},"logs":${results}}`;
  const more = number + 1 < PAGES;
  return `{"has_more":${more},"next_cursor":${more ? `"${number + 1}"` : null},"prev_cursor":null,"results":${results}}`;
}

const server = createServer((request, response) => {
  const body = answer(new URL(request.url, 'http://localhost'));
  const end = () => {
    response.writeHead(200, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    });
    response.end(body);
  };
  if (DELAY_MS > 0) setTimeout(end, DELAY_MS);
  else end();
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ port: server.address().port })));
