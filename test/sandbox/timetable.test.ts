import { expect, test } from 'vitest';
import { startBench } from './harness.ts';

test('a retry that is due before its attempt is over comes after it, and is not lost', async () => {
  const bench = await startBench({ retryScheduleMs: [0, 0] });
  bench.respond(() => ({ status: 503 }));
  await bench.create();
  await bench.fire('screening.completed');
  expect(bench.sent).toHaveLength(3);
  expect(await bench.logs()).toMatchObject([{ status: 'failed', attempt_number: 3 }]);
  await bench.sandbox.close();
});
