import { describe, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { Failure } from '../../src/errors.ts';
import type { Forwarder } from '../../src/listen/forward.ts';
import { openLookup } from '../../src/listen/inbox/lookup.ts';
import { takeOverOwed } from '../../src/listen/inbox/owed.ts';
import { clearInbox } from '../../src/listen/inbox/retention.ts';
import type { Inbox } from '../../src/listen/inbox.ts';
import type { ForwardLine } from '../../src/listen/line.ts';
import { Owed, type OwedHears } from '../../src/listen/owed.ts';
import { dataFolder, delivery, everything, opened } from './inbox/place.ts';

const APP = 'http://127.0.0.1:3000/in/a%2F?x=1';
/** An id that no process of this machine has. */
const DEAD = 2 ** 22 + 1;
const never: Forwarder['forward'] = () => new Promise(() => undefined);

/** A run of `listen`, as far as it owes. */
function run(dataDir: string, inbox: Inbox, forward: Forwarder['forward']) {
  const heard = { lines: [] as ForwardLine[], owes: 0, lost: 0, reports: [] as string[] };
  const waiting: (() => void)[] = [];
  const note = (): void => {
    for (const wake of waiting.splice(0)) wake();
  };
  const hears: OwedHears = {
    forwarded: async (line) => {
      heard.lines.push(line);
      note();
    },
    owes: () => {
      heard.owes += 1;
    },
    lost: () => {
      heard.lost += 1;
      note();
    },
    report: (error) => heard.reports.push(error instanceof Failure ? error.message : String(error)),
  };
  const processes = { pid: process.pid, isAlive: (pid: number) => pid !== DEAD };
  const owed = new Owed({
    forward,
    clock: systemClock,
    load: openLookup(dataDir),
    amend: (id, change) => inbox.amend(id, change),
    resume: () => takeOverOwed({ dataDir, clock: systemClock, processes }),
  });
  onTestFinished(() => owed.close(0));
  owed.start(hears);
  const until = async (isSo: () => boolean): Promise<void> => {
    while (!isSo()) await new Promise<void>((resolve) => waiting.push(resolve));
  };
  return { owed, heard, until };
}

/** An app that takes everything, and to which addresses it came. */
function takingApp() {
  const addresses = new Set<string>();
  const forward: Forwarder['forward'] = async (_delivery, address) => {
    addresses.add(address);
    const fields = { url: address, status: 200, duration_ms: 0, error: null, attempts: 1, body: null };
    return { forward: fields, answerStatus: 200 };
  };
  return { addresses, forward };
}

describe('what is acknowledged before the app has it', () => {
  test('is no more than the inbox keeps, and all of it reaches the app in the next run', async () => {
    const dataDir = dataFolder();
    const first = await opened(dataDir, { pid: DEAD });
    const { owed } = run(dataDir, first, never);
    const acknowledged: string[] = [];
    const ask = async (id: string): Promise<void> => {
      if (owed.isFull) return;
      const kept = delivery({ id, owedTo: APP, sentTo: APP });
      await first.keep(kept);
      owed.add(kept);
      acknowledged.push(id);
    };
    for (let asked = 0; asked < 6_000; asked += 100) {
      await Promise.all(Array.from({ length: 100 }, (_, index) => ask(`d-${asked + index}`)));
    }
    expect(acknowledged).toHaveLength(5_000);
    // As many again that are not owed drive none of them out.
    for (let kept = 0; kept < 4_900; kept += 100) {
      await Promise.all(Array.from({ length: 100 }, () => first.keep(delivery({ id: 'another' }))));
    }
    const app = takingApp();
    const { heard, until } = run(
      dataDir,
      await opened(dataDir, { alive: (pid) => pid !== DEAD }),
      app.forward,
    );
    await until(() => heard.lines.length === 5_000);
    expect(new Set(heard.lines.filter((line) => line.is_last).map(({ id }) => id))).toEqual(
      new Set(acknowledged),
    );
    expect([...app.addresses]).toEqual([APP]);
    expect([heard.owes, heard.lost, heard.reports]).toEqual([
      5_000,
      0,
      [expect.stringContaining('Going on with')],
    ]);
    const { deliveries } = await everything(dataDir);
    expect(deliveries.filter(({ owedTo }) => owedTo !== null)).toEqual([]);
  });

  test('is told as lost when the inbox lets it go, and nothing waits for it', async () => {
    const dataDir = dataFolder();
    const inbox = await opened(dataDir);
    const body = Buffer.alloc(9 * 1024 * 1024);
    const { owed, heard, until } = run(dataDir, inbox, never);
    // Too long for both to stay in memory until the first is done.
    for (const id of ['a', 'b', 'c']) {
      const kept = delivery({ id, body, owedTo: APP });
      if (id === 'a') await inbox.keep(kept);
      owed.add(kept);
    }
    await until(() => heard.lost === 2);
    expect(heard.reports).toEqual(Array(2).fill(expect.stringContaining('no longer in the inbox')));
    await clearInbox(dataDir);
  });

  test('stays owed and is told when it comes after the end', async () => {
    const dataDir = dataFolder();
    const { owed, heard } = run(dataDir, await opened(dataDir), never);
    await owed.close(0);
    expect(owed.isFull).toBe(true);
    owed.add(delivery({ owedTo: APP }));
    expect(heard.reports).toEqual([expect.stringContaining('stays in the inbox')]);
    expect(heard.lines).toEqual([]);
  });
});
