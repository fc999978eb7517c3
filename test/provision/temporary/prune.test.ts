import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import { createKept } from '../../../src/provision/one-time.ts';
import { recover } from '../../../src/provision/recover.ts';
import { leftBehind, prune } from '../../../src/provision/temporary/prune.ts';
import { openTemporary } from '../../../src/provision/temporary.ts';
import { FULL } from '../../support/full.ts';
import { answered, answerLost, passed, refused, requestLost } from '../../support/sandbox.ts';
import { atEveryStep } from '../mortal.ts';
import { type Given, openWorkshop, type Workshop } from '../workshop.ts';

const TYPES = ['screening.completed', 'screening.failed'];
const DAY_MS = 24 * 60 * 60_000;

let workshop: Workshop;
let mine: string;
let processes: number;

const keeping = (given: Given = {}) => workshop.keeping({ clock: systemClock, process: 1, ...given });
/** A process that comes later, and finds all before it dead. */
const later = (given: Given = {}) => keeping({ process: ++processes, ...given });

const wish = {
  ...{ eventTypes: TYPES, url: 'https://tunnel.example/kyc', hostname: 'my-host' },
  onLeftBehind: () => undefined,
};

/** Subscribes, and is killed. */
const abandon = (given: Given = {}) => openTemporary(keeping(given), wish);

const leases = (): readonly string[] => {
  const folder = join(workshop.sandbox.folder, 'data', 'leases');
  return existsSync(folder) ? readdirSync(folder) : [];
};

/** Only what the user made is there. */
async function expectOnlyMine(): Promise<void> {
  expect((await workshop.subscriptions()).map(({ id }) => id)).toEqual([mine]);
  expect((await keeping().secrets.list()).map(({ webhookId }) => webhookId)).toEqual([mine]);
  expect(leases()).toEqual([]);
  expect(workshop.journal()).toEqual([]);
}

describe.each(['v1', 'v2'] as const)('pruning on API %s', (version) => {
  beforeEach(async () => {
    workshop = await openWorkshop(version);
    processes = 1;
    // As like a temporary one as can be.
    const request = { event_type: 'screening.completed', webhook_url: wish.url, description: 'Temporary' };
    mine = (await createKept(keeping(), request)).id;
  });

  afterEach(() => workshop.close());

  test('deletes what a killed process left, and tells it', async () => {
    await abandon();
    const pruned = await prune(later());
    // In any order: those of one millisecond have none.
    expect(pruned.map(({ status, lease }) => [status, lease.eventType, lease.webhookUrl]).toSorted()).toEqual(
      TYPES.map((type) => ['deleted', type, wish.url]).toSorted(),
    );
    await expectOnlyMine();
    expect(await prune(later())).toEqual([]);
  });

  test.runIf(FULL || version === 'v2')(
    'makes good a kill at any step of making and deleting them',
    async () => {
      const steps = await atEveryStep(
        keeping(),
        async (mortal) => (await openTemporary(mortal, { ...wish, eventTypes: ['case.opened'] })).close(),
        async () => {
          const pruned = await prune(later());
          expect(pruned.filter(({ status }) => status === 'failed')).toEqual([]);
          await expectOnlyMine();
        },
      );
      expect(steps).toBeGreaterThan(15);
    },
  );

  test.runIf(FULL || version === 'v2')('makes good a kill at any step of pruning', async () => {
    await atEveryStep(
      later(),
      async (mortal) => {
        workshop.sandbox.next(passed, answerLost);
        await expect(openTemporary(keeping(), wish)).rejects.toMatchObject({ kind: 'network' });
        return prune(mortal);
      },
      async () => {
        await prune(later());
        await expectOnlyMine();
      },
    );
  });

  test.runIf(FULL || version === 'v2')(
    'makes good a kill at any step of a recovery by someone else',
    async () => {
      await atEveryStep(
        later(),
        async (mortal) => {
          workshop.sandbox.next(answerLost, requestLost);
          await expect(openTemporary(keeping(), wish)).rejects.toMatchObject({ kind: 'network' });
          return recover(mortal);
        },
        async () => {
          await prune(later());
          await expectOnlyMine();
        },
      );
      await prune(later());
      await expectOnlyMine();
    },
  );

  test('finishes a create whose answer was lost, under its own key, and then deletes', async () => {
    workshop.sandbox.next(answerLost);
    await expect(openTemporary(keeping(), { ...wish, eventTypes: ['case.opened'] })).rejects.toThrow();
    const before = workshop.sandbox.calls.length;
    expect(await prune(later())).toMatchObject([{ status: 'deleted', lease: { eventType: 'case.opened' } }]);
    const keys = workshop.sandbox.calls.map(({ headers }) => Object.fromEntries(headers)['idempotency-key']);
    expect(keys[before]).toBe(keys[before - 1]);
    await expectOnlyMine();
  });

  test('two side by side, or many, do no harm', async () => {
    await abandon();
    await abandon();
    const all = await Promise.all([later(), later(), later()].map((one) => prune(one)));
    expect(all.flat().filter(({ status }) => status === 'failed')).toEqual([]);
    await expectOnlyMine();
  });

  test.each<[string, Given]>([
    ['a living process', { alive: 1 }],
    ['another profile', { profile: 'other' }],
    ['another base URL', { baseUrl: 'http://127.0.0.1:4999' }],
    ['another key', { account: 'account-2' }],
  ])('leaves those of %s alone', async (_what, given) => {
    await abandon();
    const calls = workshop.sandbox.calls.length;
    expect(await leftBehind(later(given))).toEqual([]);
    expect(await prune(later(given))).toEqual([]);
    expect(workshop.sandbox.calls).toHaveLength(calls);
    expect(leases()).toHaveLength(2);
    await prune(later());
    await expectOnlyMine();
  });

  test('of one that is gone already is fine, and forgets its secret', async () => {
    const { webhookIds } = await abandon();
    await keeping().api.deleteWebhook(String(webhookIds[0]));
    expect((await prune(later())).map(({ status }) => status).sort()).toEqual(['deleted', 'gone']);
    await expectOnlyMine();
  });

  test('keeps the lease and the secret of what the API does not delete, for the next time', async () => {
    await abandon();
    workshop.sandbox.next(answered(500, { error: 'Oops.' }));
    const pruned = await prune(later());
    expect(pruned.map(({ status }) => status).sort()).toEqual(['deleted', 'failed']);
    expect(leases()).toHaveLength(1);
    expect(await keeping().secrets.list()).toHaveLength(2);
    expect(await prune(later())).toMatchObject([{ status: 'deleted' }]);
    await expectOnlyMine();
  });

  test('reports a create that it could not finish, and finishes it later', async () => {
    workshop.sandbox.next(answerLost);
    await expect(openTemporary(keeping(), { ...wish, eventTypes: ['case.opened'] })).rejects.toThrow();
    workshop.sandbox.next(refused);
    expect(await prune(later())).toMatchObject([{ status: 'failed', error: { kind: 'network' } }]);
    expect(leases()).toHaveLength(1);
    await prune(later());
    await expectOnlyMine();
  });

  test('of a create that the API refuses ends the lease, and tells nothing', async () => {
    workshop.sandbox.next(requestLost);
    await expect(openTemporary(keeping(), { ...wish, eventTypes: ['case.opened'] })).rejects.toThrow();
    workshop.sandbox.next(answered(400, { error: 'No.' }));
    expect(await prune(later())).toEqual([]);
    await expectOnlyMine();
  });

  test('finds a webhook by its description where the create is too old to be repeated', async () => {
    workshop.sandbox.next(answerLost);
    await expect(
      openTemporary(keeping(), { ...wish, eventTypes: ['screening.completed'] }),
    ).rejects.toThrow();
    const tomorrow = { ...systemClock, now: () => Date.now() + 2 * DAY_MS };
    expect(await prune(later({ clock: tomorrow }))).toMatchObject([
      { status: 'deleted', lease: { webhookId: expect.any(String) } },
    ]);
    await expectOnlyMine();
  });

  test('does not make what was never made, where that is too old to be repeated', async () => {
    workshop.sandbox.next(requestLost);
    await expect(
      openTemporary(keeping(), { ...wish, eventTypes: ['screening.completed'] }),
    ).rejects.toThrow();
    const tomorrow = { ...systemClock, now: () => Date.now() + 2 * DAY_MS };
    expect(await prune(later({ clock: tomorrow }))).toEqual([]);
    await expectOnlyMine();
  });

  test('leaves a create alone that another process is finishing', async () => {
    workshop.sandbox.next(answerLost);
    await expect(openTemporary(keeping(), { ...wish, eventTypes: ['case.opened'] })).rejects.toThrow();
    // It took the create over, and has not come to the call yet.
    const other = keeping({ process: 50 });
    const [intent] = await other.journal.orphans();
    expect(await other.journal.claim(String(intent?.id))).toBe(true);
    expect(await prune(later({ alive: 50 }))).toEqual([]);
    expect(leases()).toHaveLength(1);
    await prune(later());
    await expectOnlyMine();
  });

  test('asks nobody where nothing was left behind', async () => {
    const calls = workshop.sandbox.calls.length;
    expect(await prune(later())).toEqual([]);
    expect(workshop.sandbox.calls).toHaveLength(calls);
  });
});
