import { describe, expect, test } from 'vitest';
import type { Outcome } from '../../src/sending/attempt.ts';
import { Latencies } from '../../src/sending/latencies.ts';
import { Tally } from '../../src/sending/tally.ts';

const outcome = (more: Partial<Outcome>): Outcome => ({
  id: 'a',
  url: 'http://127.0.0.1/',
  status: 200,
  duration_ms: 1,
  error: null,
  reason: null,
  body: null,
  ...more,
});

describe('Tally', () => {
  test('counts answers by status, failures by message, and times those that answered', () => {
    const tally = new Tally();
    tally.add(outcome({ duration_ms: 10 }));
    tally.add(outcome({ status: 204, duration_ms: 30 }));
    tally.add(outcome({ id: 'b', status: 500, duration_ms: 20, body: 'oh' }));
    tally.add(outcome({ status: null, error: 'refused', duration_ms: 9_999 }));
    expect(tally.summary(2_000)).toEqual({
      sent: 4,
      succeeded: 2,
      failed: 2,
      duration_ms: 2_000,
      rate_per_second: 2,
      latency_ms: { p50: 20, p90: 30, p99: 30, max: 30 },
      statuses: { '200': 1, '204': 1, '500': 1 },
      errors: { refused: 1 },
    });
    expect(tally.firstFailure?.id).toBe('b');
  });

  test('tells only so many different errors apart', () => {
    const tally = new Tally();
    for (let index = 0; index < 500; index++) {
      tally.add(outcome({ status: null, error: `error ${index % 100}` }));
    }
    const { errors } = tally.summary(1);
    expect(Object.keys(errors)).toHaveLength(21);
    expect(errors['error 0']).toBe(5);
    expect(errors['other errors']).toBe(400);
  });

  test('of nothing is nothing', () => {
    expect(new Tally().summary(0)).toMatchObject({
      sent: 0,
      rate_per_second: 0,
      latency_ms: { p50: null, p90: null, p99: null, max: null },
    });
  });
});

describe('Latencies', () => {
  test.each([
    ['short', 255, 0],
    ['long', 100_000, 0.008],
    ['very long', 80_000_000, 0.008],
  ])('%s times are off by less than is promised, and never too small', (_what, maxMs, error) => {
    const latencies = new Latencies();
    const times = Array.from({ length: 10_000 }, (_, index) => Math.floor((index * maxMs) / 9_999));
    for (const ms of times) latencies.add(ms);
    const { p50, p90, p99, max } = latencies.summary();
    for (const [found, share] of [
      [p50, 0.5],
      [p90, 0.9],
      [p99, 0.99],
    ] as const) {
      const exact = times[Math.ceil(times.length * share) - 1] ?? 0;
      expect(found).toBeGreaterThanOrEqual(exact);
      expect(found).toBeLessThanOrEqual(exact * (1 + error));
    }
    expect(max).toBe(maxMs);
  });

  test('one time is all of them', () => {
    const latencies = new Latencies();
    latencies.add(777);
    expect(latencies.summary()).toEqual({ p50: 777, p90: 777, p99: 777, max: 777 });
  });
});
