import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Failure } from '../../src/errors.ts';
import { createKept, rotateKept } from '../../src/provision/one-time.ts';
import { REPLAY_MAX_AGE_MS, type Recovery, recover } from '../../src/provision/recover.ts';
import { Secret } from '../../src/secret.ts';
import {
  answered,
  answerLost,
  type Fault,
  impatient,
  interruptedBy,
  refused,
  requestLost,
} from '../support/sandbox.ts';
import {
  type Given,
  openWorkshop,
  overhearing,
  type Workshop,
  withJournal,
  withSecrets,
} from './workshop.ts';

const REQUEST = { event_type: 'screening.completed', webhook_url: 'https://receiver.example/hook' };
const FULL = new Failure('store_unwritable', 'The disk is full');
/** Where the process that left something behind was the first. */
const NEXT = 2;
const LATER = 3;

const outcomes = (recoveries: readonly Recovery[]): readonly string[] =>
  recoveries.map(({ outcome }) => outcome);

describe.each(['v1', 'v2'] as const)('recovering on API %s', (version) => {
  let workshop: Workshop;

  beforeEach(async () => {
    workshop = await openWorkshop(version);
  });

  afterEach(() => workshop.close());

  /** A create that a process began and did not finish. */
  async function leaveCreate(fault: Fault, given: Given = {}): Promise<void> {
    workshop.sandbox.next(fault);
    await expect(createKept(workshop.keeping(given), REQUEST)).rejects.toBeInstanceOf(Failure);
    expect(workshop.journal().length).toBeGreaterThan(0);
  }

  async function leaveRotate(fault: Fault, given: Given = {}): Promise<string> {
    const { id } = await createKept(workshop.keeping(given), REQUEST);
    workshop.sandbox.next(fault);
    await expect(rotateKept(workshop.keeping(given), id)).rejects.toBeInstanceOf(Failure);
    expect(workshop.journal()).toHaveLength(1);
    return id;
  }

  async function storedOf(id: string): Promise<string | undefined> {
    return (await workshop.keeping().secrets.get(id))?.secrets[0]?.secret.reveal();
  }

  test('nothing is nothing', async () => {
    expect(await recover(workshop.keeping())).toEqual([]);
    expect(workshop.sandbox.calls).toEqual([]);
  });

  test.each([
    ['its answer was lost', answerLost],
    ['it never arrived', requestLost],
  ])('a create is finished where %s: one subscription, its secret stored', async (_what, fault) => {
    await leaveCreate(fault);
    const [recovery, ...others] = await recover(workshop.keeping({ process: NEXT }));
    expect(others).toEqual([]);
    const subscriptions = await workshop.subscriptions();
    expect(subscriptions).toEqual([{ id: recovery?.webhookId, webhook_url: REQUEST.webhook_url }]);
    expect(recovery).toMatchObject({ outcome: 'recovered', error: null, created: { ...REQUEST } });
    expect(await storedOf(recovery?.webhookId ?? '')).toBe(recovery?.created?.secret.reveal());
    expect(workshop.journal()).toEqual([]);
    expect(await recover(workshop.keeping({ process: LATER }))).toEqual([]);
  });

  test('a create is finished that was interrupted before the call', async () => {
    const stop = new AbortController();
    stop.abort(new Failure('interrupted', 'Interrupted'));
    await expect(createKept(workshop.keeping({ signal: stop.signal }), REQUEST)).rejects.toBe(
      stop.signal.reason,
    );
    expect(outcomes(await recover(workshop.keeping({ process: NEXT })))).toEqual(['recovered']);
    expect(await workshop.subscriptions()).toHaveLength(1);
  });

  test('a rotation is finished: the store has the secret that the API has', async () => {
    const heard: string[] = [];
    const id = await leaveRotate(overhearing(heard, answerLost));
    const recoveries = await recover(workshop.keeping({ process: NEXT }));
    expect(recoveries).toMatchObject([{ outcome: 'recovered', webhookId: id, created: null }]);
    expect(await storedOf(id)).toBe(heard[0]);
    expect(workshop.journal()).toEqual([]);
  });

  test('a rotation that a later one has overtaken is not repeated', async () => {
    const id = await leaveRotate(requestLost);
    const obtainedAt = new Date(Date.now() + 60_000).toISOString();
    await workshop.keeping().secrets.put({ webhookId: id, secret: new Secret('whsec_later'), obtainedAt });
    const calls = workshop.sandbox.calls.length;
    const recoveries = await recover(workshop.keeping({ process: NEXT }));
    expect(recoveries).toMatchObject([{ outcome: 'superseded', webhookId: id, error: null }]);
    expect(workshop.sandbox.calls).toHaveLength(calls);
    expect(await storedOf(id)).toBe('whsec_later');
    expect(workshop.journal()).toEqual([]);
  });

  test('a rotation of what was deleted meanwhile is void', async () => {
    const id = await leaveRotate(requestLost);
    await workshop.keeping().api.deleteWebhook(id);
    const recoveries = await recover(workshop.keeping({ process: NEXT }));
    expect(recoveries).toMatchObject([{ outcome: 'void', webhookId: id, error: { kind: 'not_found' } }]);
    expect(workshop.journal()).toEqual([]);
  });

  test('a call made with another API key is left alone', async () => {
    await leaveCreate(answerLost);
    const other = workshop.keeping({ process: NEXT, account: 'account-2' });
    expect(outcomes(await recover(other))).toEqual(['elsewhere']);
    expect(outcomes(await recover(workshop.keeping({ process: NEXT })))).toEqual(['recovered']);
  });

  test('a create that the API refuses now is void', async () => {
    await leaveCreate(answerLost);
    workshop.sandbox.next(answered(400, { error: 'No.', code: 'no' }));
    expect(outcomes(await recover(workshop.keeping({ process: NEXT })))).toEqual(['void']);
    expect(workshop.journal()).toEqual([]);
  });

  test.each([
    ['cannot be reached', refused],
    ['does not know the key', answered(401, { error: 'No.', code: 'no' })],
    ['does not know the address', answered(404, { error: 'No.', code: 'not_found' })],
    ['refuses it for what may pass', answered(402, { error: 'No.', code: 'no' })],
    ['refuses what may be there already', answered(422, { error: 'No.', code: 'no' })],
    ['has another call under that key', answered(409, { error: 'No.', code: 'conflict' })],
    ['fails', answered(503, { error: 'No.', code: 'no' })],
  ])('where the API %s the intent stays, and a later run finishes it', async (_what, fault) => {
    await leaveCreate(answerLost);
    workshop.sandbox.next(fault);
    const recoveries = await recover(workshop.keeping({ process: NEXT }));
    expect(recoveries).toMatchObject([{ outcome: 'failed', webhookId: null, created: null }]);
    expect(recoveries[0]?.error).toBeInstanceOf(Failure);
    expect(workshop.journal()).toHaveLength(1);
    expect(outcomes(await recover(workshop.keeping({ process: LATER })))).toEqual(['recovered']);
    expect(await workshop.subscriptions()).toHaveLength(1);
  });

  test('a secret that cannot be stored is told of, and the intent stays', async () => {
    await leaveCreate(answerLost);
    const unstored: [string, string][] = [];
    const next = workshop.keeping({ process: NEXT, unstored });
    const [recovery] = await recover(withSecrets(next, { put: () => Promise.reject(FULL) }));
    expect(recovery).toMatchObject({ outcome: 'failed', error: { kind: 'store_unwritable', cause: FULL } });
    const [webhook] = await workshop.subscriptions();
    expect(unstored).toEqual([[webhook?.id, expect.stringMatching(/^whsec_/)]]);
    expect(workshop.journal()).toHaveLength(1);
  });

  test('a secret that cannot be stored is told of even where that is interrupted', async () => {
    const heard: string[] = [];
    const unstored: [string, string][] = [];
    await leaveCreate(overhearing(heard, answerLost));
    const stop = new AbortController();
    const next = workshop.keeping({ process: NEXT, unstored, signal: stop.signal });
    const keeping = withSecrets(next, {
      put: async () => {
        stop.abort(new Failure('interrupted', 'Interrupted'));
        throw FULL;
      },
    });
    await expect(recover(keeping)).rejects.toMatchObject({ cause: FULL });
    expect(unstored).toEqual([[expect.any(String), heard[0]]]);
    expect(workshop.journal()).toHaveLength(1);
  });

  test.each<[string, Fault, string]>([
    ['cannot be reached', refused, 'network'],
    ['is limiting', answered(429, { error: 'No.', code: 'no' }), 'rate_limited'],
    ['fails', answered(500, { error: 'No.', code: 'no' }), 'api_unavailable'],
  ])('where the API %s for one, those after it are not tried', async (_what, fault, kind) => {
    for (let count = 0; count < 3; count += 1) await leaveCreate(answerLost);
    workshop.sandbox.next(fault);
    const calls = workshop.sandbox.calls.length;
    const recoveries = await recover(workshop.keeping({ process: NEXT }));
    const notTried = { kind, message: expect.stringContaining('Not tried'), cause: recoveries[0]?.error };
    expect(recoveries).toMatchObject([
      { outcome: 'failed', error: { kind } },
      { outcome: 'failed', error: notTried },
      { outcome: 'failed', error: notTried },
    ]);
    expect(workshop.sandbox.calls).toHaveLength(calls + 1);
    expect(outcomes(await recover(workshop.keeping({ process: LATER })))).toEqual(Array(3).fill('recovered'));
  });

  test('a rotation that waits for its lock in vain fails alone', async () => {
    const id = await leaveRotate(answerLost);
    workshop.sandbox.next(answerLost);
    await expect(createKept(workshop.keeping(), REQUEST)).rejects.toBeInstanceOf(Failure);
    const busy = new Failure('store_unwritable', 'Another process has held it for 120 s');
    const next = workshop.keeping({ process: NEXT });
    const keeping = withSecrets(next, { exclusive: () => Promise.reject(busy) });
    expect(await recover(keeping)).toMatchObject([
      { outcome: 'failed', webhookId: id, error: busy },
      { outcome: 'recovered' },
    ]);
    expect(workshop.journal()).toHaveLength(1);
  });

  describe('where the clock that stored the current secret was ahead', () => {
    async function createAhead(): Promise<string> {
      const { id } = await createKept(workshop.keeping(), REQUEST);
      const obtainedAt = '2090-01-01T00:00:00.000Z';
      await workshop.keeping().secrets.put({ webhookId: id, secret: new Secret('whsec_ahead'), obtainedAt });
      return id;
    }

    test('a rotation is finished, and its secret is the current one', async () => {
      const id = await createAhead();
      const heard: string[] = [];
      workshop.sandbox.next(overhearing(heard, answerLost));
      await expect(rotateKept(workshop.keeping(), id)).rejects.toBeInstanceOf(Failure);
      expect(outcomes(await recover(workshop.keeping({ process: NEXT })))).toEqual(['recovered']);
      expect(await storedOf(id)).toBe(heard[0]);
    });

    test('a rotation that a later one has overtaken is not repeated', async () => {
      const id = await createAhead();
      workshop.sandbox.next(answerLost, refused);
      await expect(rotateKept(workshop.keeping(), id)).rejects.toBeInstanceOf(Failure);
      const later = await rotateKept(workshop.keeping({ process: NEXT }), id);
      expect(outcomes(await recover(workshop.keeping({ process: LATER })))).toEqual(['superseded']);
      expect(await storedOf(id)).toBe(later.secret.reveal());
    });
  });

  test.each([
    ['does not know the key', answered(401, { error: 'No.', code: 'no' })],
    ['answers what cannot be read', answered(201, { webhook_id: 'w-1' })],
  ])('what comes after a call that the API %s is tried', async (_what, fault) => {
    await leaveCreate(answerLost);
    await leaveCreate(answerLost);
    workshop.sandbox.next(fault);
    expect(outcomes(await recover(workshop.keeping({ process: NEXT })))).toEqual(['failed', 'recovered']);
  });

  test('a rotation whose secret was stored before the process died is not repeated', async () => {
    const { id } = await createKept(workshop.keeping(), REQUEST);
    const dying = withJournal(workshop.keeping(), { finish: () => Promise.reject(FULL) });
    await expect(rotateKept(dying, id)).rejects.toBe(FULL);
    const [calls, stored] = [workshop.sandbox.calls.length, await storedOf(id)];
    const recoveries = await recover(workshop.keeping({ process: NEXT }));
    expect(recoveries).toMatchObject([{ outcome: 'superseded', webhookId: id }]);
    expect(workshop.sandbox.calls).toHaveLength(calls);
    expect(await storedOf(id)).toBe(stored);
  });

  test('what is too old to repeat is told, and ended only when asked to', async () => {
    await leaveCreate(answerLost);
    const clock = { ...impatient, now: () => Date.now() + REPLAY_MAX_AGE_MS + 60_000 };
    const calls = workshop.sandbox.calls.length;
    expect(outcomes(await recover(workshop.keeping({ process: NEXT, clock })))).toEqual(['expired']);
    expect(workshop.journal()).toHaveLength(1);
    const dropped = await recover(workshop.keeping({ process: NEXT, clock }), { dropExpired: true });
    expect(outcomes(dropped)).toEqual(['expired']);
    expect(workshop.journal()).toEqual([]);
    expect(workshop.sandbox.calls).toHaveLength(calls);
  });

  test.each<[string, Given]>([
    ['profile', { profile: 'other' }],
    ['base URL', { baseUrl: 'http://127.0.0.1:4999' }],
    ['API version', { apiVersion: version === 'v1' ? 'v2' : 'v1' }],
  ])('what belongs to another %s is left alone', async (_what, elsewhere) => {
    await leaveCreate(answerLost);
    const calls = workshop.sandbox.calls.length;
    expect(outcomes(await recover(workshop.keeping({ process: NEXT, ...elsewhere })))).toEqual(['elsewhere']);
    expect(workshop.sandbox.calls).toHaveLength(calls);
    expect(outcomes(await recover(workshop.keeping({ process: NEXT })))).toEqual(['recovered']);
  });

  test('what a living process has at work is left alone', async () => {
    await leaveCreate(answerLost);
    expect(await recover(workshop.keeping({ process: NEXT, alive: 1 }))).toEqual([]);
    expect(workshop.journal()).toHaveLength(1);
  });

  test('two processes at once never finish the same call both', async () => {
    await leaveCreate(answerLost);
    await leaveCreate(answerLost, { process: 1 });
    const both = await Promise.all([
      recover(workshop.keeping({ process: NEXT, alive: LATER })),
      recover(workshop.keeping({ process: LATER, alive: NEXT })),
    ]);
    expect(outcomes(both.flat())).toEqual(['recovered', 'recovered']);
    const keys = workshop.sandbox.calls
      .slice(2)
      .map(({ headers }) => Object.fromEntries(headers)['idempotency-key']);
    expect(new Set(keys).size).toBe(2);
  });

  test('an intent that another process took in between is skipped', async () => {
    await leaveCreate(answerLost);
    const keeping = withJournal(workshop.keeping({ process: NEXT }), { claim: async () => false });
    expect(await recover(keeping)).toEqual([]);
  });

  test('an interruption ends it, and leaves the rest to a later run', async () => {
    await leaveCreate(answerLost);
    await leaveCreate(answerLost);
    const stop = new AbortController();
    workshop.sandbox.next(interruptedBy(stop));
    const keeping = workshop.keeping({ process: NEXT, signal: stop.signal });
    await expect(recover(keeping)).rejects.toMatchObject({ kind: 'interrupted' });
    expect(workshop.journal()).toHaveLength(2);
    await expect(recover(keeping)).rejects.toMatchObject({ kind: 'interrupted' });
    expect(outcomes(await recover(workshop.keeping({ process: LATER })))).toEqual(['recovered', 'recovered']);
    expect(await workshop.subscriptions()).toHaveLength(2);
  });

  test('an interruption of the only one is no failure of it', async () => {
    await leaveCreate(answerLost);
    const stop = new AbortController();
    workshop.sandbox.next(interruptedBy(stop));
    const keeping = workshop.keeping({ process: NEXT, signal: stop.signal });
    await expect(recover(keeping)).rejects.toMatchObject({ kind: 'interrupted' });
  });

  test('the oldest comes first', async () => {
    const at = (ms: number) => ({ clock: { ...impatient, now: () => ms } });
    const now = Date.now();
    await leaveCreate(answerLost, at(now - 1000));
    await leaveCreate(answerLost, at(now - 2000));
    const recoveries = await recover(workshop.keeping({ process: NEXT }));
    const times = recoveries.map(({ intent }) => Date.parse(intent.startedAt));
    expect(times).toEqual([now - 2000, now - 1000]);
  });
});
