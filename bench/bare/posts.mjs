// The plain way to make many calls: node:http over kept connections, so many at a time.
import { Agent, request } from 'node:http';

const { KYCGENIE_BASE_URL: base, BENCH_CALLS: calls, BENCH_AT_ONCE: atOnce, BENCH_KIND: kind } = process.env;
const agent = new Agent({ keepAlive: true, maxSockets: Number(atOnce) });

const post = (path, body) =>
  new Promise((resolve, reject) => {
    const asked = request(`${base}/api/v2/webhooks/${path}`, { agent, method: 'POST' }, (response) => {
      response.resume().on('end', resolve);
    });
    asked.on('error', reject).end(body);
  });

let next = 0;
async function work() {
  while (next < Number(calls)) {
    const index = next++;
    if (kind === 'retry') await post(`logs/${index}/retry/`);
    else {
      const webhook_url = `https://hooks.acme.example/${index}`;
      await post('', JSON.stringify({ event_type: 'screening.completed', webhook_url }));
    }
  }
}
await Promise.all(Array.from({ length: Number(atOnce) }, work));
agent.destroy();
