// The plain way to read a delivery log: page after page over one kept connection, each entry a line.
import { Agent, get } from 'node:http';

const { KYCGENIE_BASE_URL: base, KYCGENIE_API_VERSION: version } = process.env;
const agent = new Agent({ keepAlive: true, maxSockets: 1 });

const read = (query) =>
  new Promise((resolve, reject) => {
    const url = `${base}/api/${version}/webhooks/logs/?page_size=100${query}`;
    const asked = get(url, { agent }, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () => resolve(JSON.parse(Buffer.concat(chunks).toString())));
    });
    asked.on('error', reject);
  });

const write = (text) => new Promise((resolve) => process.stdout.write(text, resolve));

for (let number = 1, after = ''; ; number += 1) {
  const page = await read(version === 'v1' ? `&page=${number}` : after && `&after=${after}`);
  const entries = version === 'v1' ? page.logs : page.results;
  let text = '';
  for (const entry of entries) text += `${JSON.stringify(entry)}\n`;
  await write(text);
  const isLast = version === 'v1' ? number * page.page_size >= page.total : !page.has_more;
  if (isLast) break;
  after = page.next_cursor;
}
agent.destroy();
