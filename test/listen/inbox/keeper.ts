import { systemClock } from '../../../src/clock.ts';
import { openInbox } from '../../../src/listen/inbox.ts';

/**
 * Keeps deliveries at full speed, `concurrency` at a time, and prints the number of each that was acknowledged:
 * its id, and the first bytes of its body. `failed` and the kind for those that were not.
 */
const [, , dataDir = '', concurrency = '64', bodyBytes = '1024', first = '0'] = process.argv;
const inbox = await openInbox({
  dataDir,
  clock: systemClock,
  processes: { pid: process.pid, isAlive: () => true },
  bounds: { maxDeliveries: 10_000_000, maxBytes: 8 * 1024 * 1024 * 1024 },
  onProblem: (problem) => console.log(`problem ${problem.message}`),
});

let next = Number(first);
const filling = Buffer.alloc(Number(bodyBytes), '\0\xffx');

async function produce(): Promise<void> {
  for (;;) {
    const number = next;
    next += 1;
    await inbox.keep({
      id: `delivery-${number}`,
      receivedMs: Date.now(),
      method: 'POST',
      path: '/',
      query: null,
      headers: [['content-type', 'application/json']],
      body: Buffer.concat([Buffer.from(`${number} `), filling]),
      signature: {
        status: 'unverified',
        reason: null,
        hint: null,
        scheme: null,
        webhook_id: null,
        secret_age: null,
      },
      accepted: true,
      status: 200,
      forward: null,
      owedTo: null,
      sentTo: null,
    });
    console.log(String(number));
  }
}

const kindOf = (error: unknown): string => String(error instanceof Error && 'kind' in error && error.kind);
const producers = Array.from({ length: Number(concurrency) }, produce);
await Promise.allSettled(producers);
for (const { reason } of (await Promise.allSettled(producers)).filter((end) => end.status === 'rejected')) {
  console.log(`failed ${kindOf(reason)}`);
}
await inbox.close();
