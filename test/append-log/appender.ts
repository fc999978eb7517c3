import { openAppendLog } from '../../src/append-log.ts';

const [, , path = ''] = process.argv;
const log = await openAppendLog(path, { onRecord: () => true });
const PRODUCERS = 4;
const PADDING = 'x'.repeat(300);

let next = 0;

async function produce(): Promise<void> {
  for (;;) {
    const number = next;
    next += 1;
    await log.append({ number, PADDING });
    console.log(String(number));
  }
}

await Promise.all(Array.from({ length: PRODUCERS }, produce)).catch((error: unknown) => {
  console.log(`failed ${error instanceof Error && 'kind' in error ? error.kind : ''}`);
});
