import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { lockAccount } from '../../src/config/account-lock.ts';

let dataDir: string;

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'kycgenie-lock-'));
});

afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

const locking = (
  given: { baseUrl?: string; account?: string; signal?: AbortSignal; onWait?: () => void } = {},
) => ({
  ...{ dataDir, baseUrl: 'https://a.example', account: 'one', clock: systemClock },
  ...{ signal: new AbortController().signal, onWait: () => undefined },
  ...given,
});

test('one at a time is at work on an account, and who waits is told', async () => {
  const order: string[] = [];
  let told = (): void => undefined;
  const waits = new Promise<void>((resolve) => {
    told = resolve;
  });
  const first = lockAccount(locking(), async () => {
    const second = lockAccount(locking({ onWait: told }), async () => void order.push('second'));
    await waits;
    order.push('first');
    return { second };
  });
  await (await first).second;
  expect(order).toEqual(['first', 'second']);
});

test('another account, and another API, are not waited for', async () => {
  const result = await lockAccount(locking(), () =>
    lockAccount(locking({ account: 'two' }), () =>
      lockAccount(locking({ baseUrl: 'https://b.example' }), async () => 'all three'),
    ),
  );
  expect(result).toBe('all three');
});

test('waiting ends with the signal', async () => {
  const stop = new AbortController();
  const onWait = (): void => stop.abort(new Error('stopped'));
  await lockAccount(locking(), async () => {
    const waiting = lockAccount(locking({ signal: stop.signal, onWait }), async () => 'taken');
    await expect(waiting).rejects.toThrow('stopped');
  });
});
