import { appendFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openRetries, type PlannedRetry, type RetryTarget } from '../../src/config/retries.ts';
import { Failure } from '../../src/errors.ts';
import { environment, filesIn, modeOf, scratch, standingClock } from './scratch.ts';

const TARGET: RetryTarget = { profile: 'default', baseUrl: 'https://api.kycgenie.com', account: 'account-1' };
const DAY_MS = 24 * 3_600_000;

const planned = (count: number): readonly PlannedRetry[] =>
  Array.from({ length: count }, (_none, index) => ({
    id: `log-${index}`,
    event_type: 'case.opened',
    webhook_url: 'https://a.example/hook',
    status: 'failed',
    attempt_number: index % 2 === 0 ? 3 : null,
    created_at: '2026-01-02T03:04:05Z',
  }));

/** As a process of this number has them, which finds all others dead. */
function open(dataDir: string, number = 1, { target = TARGET, clock = standingClock() } = {}) {
  const { damages, onDamage } = environment(clock);
  const pid = 900_000_000 + number;
  const processes = { pid, isAlive: (asked: number) => asked === pid };
  return {
    runs: openRetries({ dataDir, hostname: 'here', processes, clock, target, onDamage }),
    damages,
    clock,
  };
}

const logIn = (dataDir: string): string => {
  const name = readdirSync(join(dataDir, 'retries')).find((candidate) => candidate.endsWith('.log'));
  return join(dataDir, 'retries', name ?? expect.unreachable('there is a log'));
};

describe('the journal of a bulk retry', () => {
  test('has the plan on disk, private', async () => {
    const dataDir = scratch();
    const { runs } = open(dataDir);
    const run = await runs.begin(planned(1_201));
    expect(run.planned).toEqual(planned(1_201));
    const files = filesIn(join(dataDir, 'retries'));
    expect(files).toHaveLength(2);
    expect([
      modeOf(join(dataDir, 'retries')),
      ...files.map((file) => modeOf(join(dataDir, 'retries', file))),
    ]).toEqual(['700', '600', '600']);
    await run.finish();
    expect(filesIn(join(dataDir, 'retries'))).toEqual([]);
  });

  test('tells the next process what was begun and done', async () => {
    const dataDir = scratch();
    const run = await open(dataDir, 1).runs.begin(planned(6));
    await run.begin('log-0');
    await run.begin('log-1');
    await run.done('log-1', { outcome: 'requested', error: null });
    await run.begin('log-2');
    await run.back('log-2');
    await run.begin('log-3');
    await run.done('log-3', { outcome: 'failed', error: new Failure('rejected', 'No.') });
    const { runs } = open(dataDir, 2);
    const [found] = await runs.unfinished();
    expect(found).toEqual({ id: expect.any(String), startedAt: '2026-01-02T03:04:05.678Z', count: 6 });
    const next = (await runs.resume(found?.id ?? '')) ?? expect.unreachable('it is free');
    expect(next.planned).toEqual(planned(6));
    expect(next.planned.map(({ id }) => next.standingOf(id))).toEqual([
      'begun',
      { outcome: 'requested', error: null },
      'open',
      { outcome: 'failed', error: expect.objectContaining({ kind: 'rejected', message: 'No.' }) },
      'open',
      'open',
    ]);
    await next.finish();
    await run.leave();
  });

  test('belongs to one live process alone', async () => {
    const dataDir = scratch();
    // The log has the time of the system.
    const clock = standingClock(Date.now());
    const of = (number: number) => open(dataDir, number, { clock }).runs;
    const run = await of(1).begin(planned(2));
    expect(await of(1).unfinished()).toEqual([]);
    const [found] = await of(2).unfinished();
    const id = found?.id ?? '';
    const taken = await of(2).resume(id);
    expect(taken).not.toBeNull();
    expect(await of(2).resume(id)).toBeNull();
    const again = await of(3).resume(id);
    expect(again).not.toBeNull();
    await again?.finish();
    await taken?.leave();
    await run.leave();
    expect(filesIn(join(dataDir, 'retries'))).toEqual([]);
  });

  test('is free at once when its owner has left it', async () => {
    const dataDir = scratch();
    const { runs } = open(dataDir, 1);
    await (await runs.begin(planned(2))).leave();
    const [found] = await runs.unfinished();
    const again = await runs.resume(found?.id ?? '');
    await again?.leave();
    expect(await runs.unfinished()).toEqual([found]);
  });

  test.each([
    ['profile', { ...TARGET, profile: 'live' }],
    ['base URL', { ...TARGET, baseUrl: 'https://other.example' }],
    ['key', { ...TARGET, account: 'account-2' }],
  ])('of another %s is neither shown nor resumed', async (_what, target) => {
    const dataDir = scratch();
    await (await open(dataDir, 1).runs.begin(planned(2))).leave();
    const [found] = await open(dataDir, 1).runs.unfinished();
    const { runs } = open(dataDir, 2, { target });
    expect(await runs.unfinished()).toEqual([]);
    expect(await runs.resume(found?.id ?? '')).toBeNull();
  });

  test('takes what may have begun for begun where a line is damaged', async () => {
    const dataDir = scratch();
    const run = await open(dataDir, 1).runs.begin(planned(2));
    await run.begin('log-0');
    await run.done('log-0', { outcome: 'requested', error: null });
    await run.leave();
    appendFileSync(logIn(dataDir), '{"begin":"log\n');
    const { runs, damages } = open(dataDir, 2);
    const [found] = await runs.unfinished();
    const next = (await runs.resume(found?.id ?? '')) ?? expect.unreachable('it is free');
    expect(next.planned.map(({ id }) => next.standingOf(id))).toEqual([
      { outcome: 'requested', error: null },
      'begun',
    ]);
    expect(damages).toEqual([expect.stringContaining('damaged')]);
    await next.finish();
  });

  test('names how many entries are lost with a damaged line of the plan, each time', async () => {
    const dataDir = scratch();
    await (await open(dataDir, 1).runs.begin(planned(1_201))).leave();
    const [first = '', ...rest] = readFileSync(logIn(dataDir), 'utf8').split('\n');
    writeFileSync(logIn(dataDir), [first.slice(1), ...rest].join('\n'));
    for (const number of [2, 3]) {
      const { runs, damages } = open(dataDir, number);
      const [found] = await runs.unfinished();
      const run = (await runs.resume(found?.id ?? '')) ?? expect.unreachable('it is free');
      expect(run.planned).toEqual(planned(1_201).slice(500));
      expect(damages.at(-1)).toContain('500 of the 1201 entries of this retry are lost');
      await run.leave();
    }
  });

  test('with a damaged header is set aside and told', async () => {
    const dataDir = scratch();
    await (await open(dataDir, 1).runs.begin(planned(2))).leave();
    writeFileSync(logIn(dataDir).replace('.log', '.json'), '{');
    const { runs, damages } = open(dataDir, 2);
    expect(await runs.unfinished()).toEqual([]);
    expect(damages).toEqual([expect.stringContaining('cannot be resumed')]);
  });

  test('of a newer release is left alone', async () => {
    const dataDir = scratch();
    await (await open(dataDir, 1).runs.begin(planned(2))).leave();
    const header = logIn(dataDir).replace('.log', '.json');
    const text = readFileSync(header, 'utf8').replace('"version": 1', '"version": 2');
    writeFileSync(header, text);
    const { runs, damages } = open(dataDir, 2);
    expect(await runs.unfinished()).toEqual([]);
    expect([readFileSync(header, 'utf8'), damages]).toEqual([text, []]);
  });

  test('goes after a week, and beyond twenty the oldest', async () => {
    const dataDir = scratch();
    const clock = standingClock();
    const { runs } = open(dataDir, 1, { clock });
    for (let count = 2; count < 25; count += 1) {
      await (await runs.begin(planned(count))).leave();
      clock.move(1_000);
    }
    const counts = (await runs.unfinished()).map(({ count }) => count);
    expect(counts).toEqual(Array.from({ length: 20 }, (_none, index) => 24 - index));
    clock.move(7 * DAY_MS);
    await (await runs.begin(planned(30))).leave();
    expect((await runs.unfinished()).map(({ count }) => count)).toEqual([30]);
  });
});
