import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createApi } from '../../../src/api/client.ts';
import { createSend } from '../../../src/http.ts';
import { Secret } from '../../../src/secret.ts';
import { directApi, FakeLog, startFakeLogApi } from '../../support/fake-log-api.ts';
import { FULL } from '../../support/full.ts';
import { EXACT, type Happening, judge, World } from './schedule.ts';

const MINUTE_MS = 60_000;
const after = fc.nat({ max: 6 });

const happening: fc.Arbitrary<Happening> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant('insert' as const),
      after,
      count: fc.oneof(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 5, max: 30 })),
      // Just below the bound: the log gives whole milliseconds.
      lateMs: fc.oneof(fc.constant(0), fc.nat({ max: 2_000 }), fc.nat({ max: 5 * MINUTE_MS - 1 })),
      open: fc.boolean(),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant('change' as const),
      after,
      pick: fc.nat({ max: 40 }),
      status: fc.constantFrom('retrying', 'delivered', 'failed', 'pending'),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('fault' as const),
      after,
      fault: fc.constantFrom('limited', 'error', 'reset', 'cut', 'hang', 'expired'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('expire' as const), after }) },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('sleep' as const),
      after,
      ms: fc.integer({ min: 1_000, max: 60 * MINUTE_MS }),
      count: fc.integer({ min: 1, max: 60 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('clock' as const),
      after,
      ms: fc.integer({ min: -3_600_000, max: 3_600_000 }),
    }),
  },
);

const schedule = fc.array(happening, { minLength: 1, maxLength: 40 });

describe.each(['v1', 'v2'] as const)('whatever happens to the log on API %s', (version) => {
  test('each entry is told once and in order, and its last state too', async () => {
    const property = fc.asyncProperty(schedule, fc.nat({ max: 40 }), async (happenings, initial) => {
      const world = new World(new FakeLog(), happenings, initial);
      const api = directApi(world.log, version, world);
      expect(await judge(world, { api })).toEqual(EXACT);
    });
    await fc.assert(property, { numRuns: FULL ? 1_000 : 75, interruptAfterTimeLimit: 300_000 });
  }, 310_000);

  test('over sockets too', async () => {
    const property = fc.asyncProperty(schedule, async (happenings) => {
      const world = new World(new FakeLog(3), happenings, 20);
      const server = await startFakeLogApi(world.log, world);
      const send = createSend({ env: {} });
      const { clock } = world;
      const key = new Secret('kycg_0123456789abcdef0123456789abcdef');
      const limits = { timeoutMs: 100, maxRetries: 1, userAgent: 'test' };
      const api = createApi({ send, baseUrl: server.url, version, key, clock, ...limits });
      try {
        expect(await judge(world, { api, pageSize: 50 })).toEqual(EXACT);
      } finally {
        await server.close();
      }
    });
    await fc.assert(property, { numRuns: FULL ? 50 : 2 });
  }, 60_000);
});
