import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import { ENTER, sitDown } from '../../support/cli.ts';
import {
  alone,
  answered,
  answerLost,
  type Fault,
  impatient,
  interruptedBy,
  type Json,
  passed,
  requestLost,
  startReceiver,
  startSandbox,
  type TestSandbox,
} from '../../support/sandbox.ts';

let api: TestSandbox;
let receiver: Awaited<ReturnType<typeof startReceiver>>;

beforeEach(async () => {
  api = await startSandbox();
});

afterEach(async () => {
  await api.close();
  await receiver.close();
});

/** Deliveries that failed: the receiver answers with these statuses in turn. */
async function fail(count: number, ...statuses: readonly number[]): Promise<readonly string[]> {
  receiver = await startReceiver(...Array.from({ length: count }, () => 500), ...statuses);
  for (const type of ['case.opened', 'screening.completed']) {
    await api.run(['webhooks', 'create', '--event', type, '--url', receiver.url]);
  }
  for (let fired = 0; fired < count; fired += 1) {
    await api.fire(fired % 2 === 0 ? 'case.opened' : 'screening.completed');
  }
  const failed = await api.json(['logs', 'list', '--status', 'failed', '--all']);
  expect(failed).toHaveLength(count);
  return failed.map(({ id }: Json) => id);
}

const retry = (argv: readonly string[], world?: Parameters<TestSandbox['run']>[1]) =>
  api.run(['logs', 'retry', ...argv], world);
const outcomes = (stdout: string) => JSON.parse(stdout).map(({ id, outcome }: Json) => [id, outcome]);
const retryCalls = (): number =>
  api.calls.filter(({ method, url }) => method === 'POST' && url.pathname.endsWith('/retry/')).length;
const journals = (): readonly string[] => {
  const folder = join(api.folder, 'data', 'retries');
  return existsSync(folder) ? readdirSync(folder) : [];
};

describe('logs retry', () => {
  test('takes ids, without a question', async () => {
    const ids = await fail(3, 200);
    const { code, stdout } = await retry([ids[2] ?? '', ids[0] ?? '', '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual(
      [ids[2], ids[0]].map((id) => ({
        ...{ id, event_type: 'case.opened', webhook_url: receiver.url, outcome: 'requested' },
        ...{ http_status_code: null, attempt_number: 1, error: null },
      })),
    );
    expect(retryCalls()).toBe(2);
    expect(journals()).toEqual([]);
  });

  test('takes ids from standard input, each once, and prints those it could request', async () => {
    const ids = await fail(2, 200);
    const { code, stdout, stderr } = await retry(['-', '-q'], {
      stdin: `${ids[0]}\r\n\n${ids[1]}\n${ids[0]}\n`,
    });
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: `${ids[0]}\n${ids[1]}\n`, stderr: '' });
    expect(retryCalls()).toBe(2);
  });

  test('takes what the filters match, failed ones unless another status is named', async () => {
    await fail(4, 200);
    const { code, stdout } = await retry(['--event', 'case.*', '--yes', '--json']);
    expect([code, outcomes(stdout).length, retryCalls()]).toEqual([0, 2, 2]);
  });

  test('retries the newest ones up to a limit', async () => {
    const ids = await fail(3, 200);
    const { stdout } = await retry(['--limit', '2', '--yes', '-q']);
    expect(stdout).toBe(`${ids[0]}\n${ids[1]}\n`);
  });

  test('says so when nothing matches, and exits 0', async () => {
    await fail(1);
    expect(await retry(['--code', '404', '--yes'])).toMatchObject({
      ...{ code: 0, stdout: '', stderr: expect.stringContaining('nothing to retry') },
    });
    expect((await retry(['--code', '404', '--yes', '--json'])).stdout).toBe('[]\n');
  });

  test('shows the plan with --dry-run, and asks the API for nothing', async () => {
    const ids = await fail(3);
    const { code, stdout } = await retry(['--since', '1h', '--dry-run', '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout).map(({ id, status }: Json) => [id, status])).toEqual(
      ids.map((id) => [id, 'failed']),
    );
    const shown = await retry([...ids, '--dry-run']);
    expect(shown.stdout).toMatch(/^COUNT +EVENT TYPE +URL$/m);
    expect(shown.stdout).toMatch(/^ +2 +case\.opened +http/m);
    expect(retryCalls()).toBe(0);
  });

  test.each([
    [['x', '--since', '1h'], 'exclude each other'],
    [[], 'Say what to retry'],
    [['--resume', '--since', '1h'], '--resume goes on'],
    [['x', '--wait-timeout', '5s'], 'add --wait'],
    [['x', '--rate', '0'], '--rate takes'],
    [['x', '--concurrency', '65'], '--concurrency takes'],
    [['..'], 'is not the id'],
  ])('refuses %j', async (argv, message) => {
    await fail(0);
    expect(await retry(argv)).toMatchObject({ code: 2, stderr: expect.stringContaining(message) });
    expect(retryCalls()).toBe(0);
  });

  test('does not take an API key on standard input for an id', async () => {
    await fail(0);
    const { code, stderr } = await retry(['-', '--api-key-file', '-'], { stdin: `${api.key}\n` });
    expect([code, stderr.includes(api.key)]).toEqual([2, false]);
    expect(retryCalls()).toBe(0);
  });

  test('needs --yes for filters where nobody can be asked', async () => {
    await fail(2);
    const { code, stderr } = await retry(['--since', '1h']);
    expect([code, retryCalls()]).toEqual([2, 0]);
    expect(stderr).toContain('--yes');
  });

  test.each([
    ['y', 0, 3],
    ['n', 2, 0],
  ])('asks with counts on a terminal, and heeds %s', async (key, expected, calls) => {
    await fail(3, 200);
    const person = sitDown();
    const running = retry(['--since', '1h'], { person, env: { KYCGENIE_NO_INPUT: undefined } });
    await person.shown('Retry 3 deliveries?');
    person.type(`${key}${ENTER}`);
    const { code, stderr } = await running;
    expect([code, retryCalls()]).toEqual([expected, calls]);
    expect(stderr).toMatch(/2 {2}case\.opened {2}http/);
  });

  test('fails as a whole when the API refuses the one id', async () => {
    await fail(0);
    const { code, stderr } = await retry(['no-such-entry']);
    expect([code, stderr.includes('not found')]).toEqual([3, true]);
  });

  test('finishes the batch, reports each, and exits with the worst', async () => {
    const ids = await fail(2, 200);
    const { code, stdout } = await retry(['no-such-entry', ...ids, '--json']);
    expect(code).toBe(3);
    expect(outcomes(stdout)).toEqual([
      ['no-such-entry', 'not_requested'],
      ...ids.map((id) => [id, 'requested']),
    ]);
    expect(journals()).toEqual([]);
  });

  test('waits for the outcome of each, and exits 8 when one failed again', async () => {
    const ids = await fail(2, 200, 503);
    const { code, stdout } = await retry([...ids, '--wait', '--concurrency', '1', '--json'], {
      clock: systemClock,
    });
    expect(code).toBe(8);
    const found = JSON.parse(stdout).map(({ outcome, http_status_code, attempt_number, error }: Json) => [
      ...[outcome, http_status_code, attempt_number, error?.code ?? null],
    ]);
    expect(found.sort()).toEqual([
      ['delivered', 200, 2, null],
      ['failed', 503, 2, 'condition_not_met'],
    ]);
  });

  test('exits 8 when an outcome does not come in time', async () => {
    const ids = await fail(1, 200);
    api.next(passed, answered(200, { message: 'It is a lie' }));
    const { code, stdout } = await retry([...ids, '--wait', '--wait-timeout', '50ms', '--json'], {
      clock: systemClock,
    });
    expect([code, outcomes(stdout)]).toEqual([8, [[ids[0], 'unsettled']]]);
  });
});

describe('a logs retry of what the log does not show', () => {
  test('says so instead of waiting for the outcome', async () => {
    const [shown = '', hidden = ''] = await fail(2, 200);
    const entry = await api.json(['logs', 'get', shown]);
    api.next(answered(200, { results: [entry], has_more: false, next_cursor: null }));
    const { code, stdout } = await retry([shown, hidden, '--wait', '--json'], { clock: systemClock });
    expect([code, outcomes(stdout)]).toEqual([
      8,
      [
        [shown, 'delivered'],
        [hidden, 'unsettled'],
      ],
    ]);
    expect(JSON.parse(stdout)[1].error.message).toContain('The log does not show it');
  });
});

describe('a logs retry that the API limits', () => {
  const limited: Fault = async () => ({
    ...{ status: 429, headers: { 'retry-after': '30' } },
    body: Buffer.from('{"error":"Slow down."}'),
  });

  test('waits with all requests, not within one, as long as the API asks', async () => {
    const ids = await fail(2, 200);
    const slept: number[] = [];
    let nowMs = systemClock.now();
    const clock = {
      ...impatient,
      now: () => nowMs,
      sleep: async (ms: number, signal?: AbortSignal) => {
        signal?.throwIfAborted();
        slept.push(ms);
        nowMs += ms;
      },
    };
    const retryFaults: Fault[] = [limited];
    const send: TestSandbox['send'] = (request) => {
      const fault = request.method === 'POST' ? retryFaults.shift() : undefined;
      return fault ? fault(request, api.send) : api.send(request);
    };
    const argv = [...ids, '--concurrency', '1', '--json', '--debug'];
    const { code, stdout, stderr } = await retry(argv, { send, clock });
    expect([code, outcomes(stdout)]).toEqual([0, ids.map((id) => [id, 'requested'])]);
    expect(slept).toEqual([30_000, expect.any(Number)]);
    expect(stderr).toContain('The API limits requests: all wait 30s.');
    expect(stderr).not.toContain('attempt 2');
  });
});

describe('a lost answer to logs retry', () => {
  test('is looked up in the log, and not asked for again when it happened', async () => {
    const ids = await fail(1, 200);
    api.next(passed, answerLost);
    const { code, stdout } = await retry([...ids, '--json']);
    expect([code, outcomes(stdout), retryCalls()]).toEqual([0, [[ids[0], 'requested']], 1]);
  });

  test('is asked for again when the log shows that it did not happen', async () => {
    const ids = await fail(1, 200);
    api.next(passed, requestLost);
    const { code, stdout } = await retry([...ids, '--json']);
    expect([code, outcomes(stdout), retryCalls()]).toEqual([0, [[ids[0], 'requested']], 2]);
  });
});

describe('an interrupted logs retry', () => {
  /** Interrupts a run of six, one at a time, right after its third request. */
  async function interrupt(): Promise<readonly string[]> {
    const ids = await fail(6, 200);
    const stop = new AbortController();
    api.next(passed, passed, passed, interruptedBy(stop));
    const { code, stdout, stderr } = await retry(['--since', '1h', '--yes', '--concurrency', '1', '--json'], {
      signal: stop.signal,
      processes: alone(1),
    });
    expect(code).toBe(130);
    expect(outcomes(stdout).map(([, outcome]: Json) => outcome)).toEqual([
      ...['requested', 'requested', 'unknown', 'skipped', 'skipped', 'skipped'],
    ]);
    expect(stderr).toMatch(
      /2 requested, 1 unknown, 3 skipped\n.*4 of 6 entries are left: kycgenie logs retry --resume --concurrency 1 goes on with them\n$/,
    );
    return ids;
  }

  test('is named by the next one, which is a new one', async () => {
    const [id = ''] = await interrupt();
    const { code, stderr } = await retry([id], { processes: alone(2) });
    expect([code, stderr.includes('The retry of 6 entries of')]).toEqual([0, true]);
    expect(stderr).toContain('kycgenie logs retry --resume');
    expect(journals()).toHaveLength(2);
  });

  test('and another are named in one line', async () => {
    const ids = await interrupt();
    const refusal = answered(401, { error: 'No.', code: 'authentication_failed' });
    const argv = [...ids.slice(0, 2), '--concurrency', '1'];
    api.next(passed, refusal, refusal);
    await retry(argv, { processes: alone(2) });
    const { stderr } = await retry(argv, { processes: alone(3) });
    expect(stderr.match(/unfinished/g)).toHaveLength(1);
    expect(stderr).toContain(
      '2 retries are unfinished: kycgenie logs retry --resume takes the newest, of 2 entries of',
    );
  });

  test('goes on at the rate and with the wait that --resume is given', async () => {
    const ids = await interrupt();
    const argv = ['--resume', '--rate', '500', '--wait', '--wait-timeout', '20s', '--json'];
    const { code, stdout } = await retry(argv, { processes: alone(2), clock: systemClock });
    expect([code, outcomes(stdout)]).toEqual([0, ids.map((id) => [id, 'delivered'])]);
  });

  test('goes on with --resume, retries none twice, and reports on all', async () => {
    const ids = await interrupt();
    const { code, stdout } = await retry(['--resume', '--json'], { processes: alone(2) });
    expect(code).toBe(0);
    expect(outcomes(stdout)).toEqual(ids.map((id) => [id, 'requested']));
    expect(retryCalls()).toBe(6);
    expect(journals()).toEqual([]);
    expect(await retry(['--resume'], { processes: alone(3) })).toMatchObject({
      ...{ code: 0, stdout: '', stderr: expect.stringContaining('no interrupted retry') },
    });
  });

  test('says what is left after the table', async () => {
    const ids = await fail(3, 200);
    api.next(passed, answered(401, { error: 'No.', code: 'authentication_failed' }));
    const printed: string[] = [];
    const sink = (name: string) => (text: string) => void printed.push(`${name}: ${text}`);
    await retry([...ids, '--rate', '500', '--wait'], { onStdout: sink('out'), onStderr: sink('err') });
    expect(printed.slice(-2)).toEqual([
      expect.stringMatching(/^err: .*not requested\n$/),
      expect.stringContaining('--resume --rate 500 --wait goes on with them'),
    ]);
    expect(printed.at(-3)).toMatch(/^out: /);
  });

  test('keeps what the API could not take for --resume', async () => {
    const ids = await fail(3, 200);
    api.next(passed, answered(401, { error: 'No.', code: 'authentication_failed' }));
    const first = await retry([...ids, '--concurrency', '1', '--json']);
    expect([first.code, first.stderr.includes('1 of 3 entries are left')]).toEqual([4, true]);
    const { code, stdout } = await retry(['--resume', '--json']);
    expect([code, outcomes(stdout)]).toEqual([0, ids.map((id) => [id, 'requested'])]);
  });
});

describe('a big logs retry', () => {
  test('sums up by outcome and event type', async () => {
    await fail(60, 200);
    const { code, stdout } = await retry(['--since', '1h', '--yes', '--concurrency', '16']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^EVENT TYPE +REQUESTED$/m);
    expect(stdout).toMatch(/^case\.opened +30$/m);
    expect(stdout).toMatch(/^all +60$/m);
  });
});
