import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Failure } from '../../src/errors.ts';
import { createKept, rotateKept } from '../../src/provision/one-time.ts';
import { Secret } from '../../src/secret.ts';
import {
  answered,
  answerLost,
  type Fault,
  impatient,
  interruptedBy,
  passed,
  refused,
} from '../support/sandbox.ts';
import { openWorkshop, overhearing, type Workshop, withJournal, withSecrets } from './workshop.ts';

const REQUEST = { event_type: 'screening.completed', webhook_url: 'https://receiver.example/hook' };
const FULL = new Failure('store_unwritable', 'The disk is full');

describe.each(['v1', 'v2'] as const)('on API %s', (version) => {
  let workshop: Workshop;

  beforeEach(async () => {
    workshop = await openWorkshop(version);
  });

  afterEach(() => workshop.close());

  async function created() {
    return createKept(workshop.keeping(), REQUEST);
  }

  describe('creating', () => {
    test('keeps the secret and leaves no intent', async () => {
      const { id, secret, event_type, webhook_url } = await created();
      const kept = await workshop.keeping().secrets.get(id);
      expect(kept).toMatchObject({ eventType: event_type, webhookUrl: webhook_url });
      expect(kept?.secrets.map((one) => one.secret.reveal())).toEqual([secret.reveal()]);
      expect(workshop.journal()).toEqual([]);
    });

    test('has the intent on disk before the call, with the key and the body that are sent', async () => {
      let seen: readonly string[] = [];
      workshop.sandbox.next((request, pass) => {
        seen = workshop.journal();
        return pass(request);
      });
      await created();
      const [call] = workshop.sandbox.calls;
      const headers = Object.fromEntries(call?.headers ?? []);
      const [intent] = seen.map((text) => JSON.parse(text).intent);
      expect(seen).toHaveLength(1);
      expect(intent).toMatchObject({ kind: 'create', profile: 'default', baseUrl: workshop.sandbox.baseUrl });
      expect(intent.idempotencyKey).toBe(headers['idempotency-key']);
      expect(intent.request).toEqual(JSON.parse(Buffer.from(call?.body ?? []).toString()));
      expect(intent.idempotencyKey.length).toBeGreaterThanOrEqual(16);
    });

    test('takes a key of the caller, and creates nothing under a bad one', async () => {
      await createKept(workshop.keeping(), REQUEST, 'my-very-own-key-1');
      expect(Object.fromEntries(workshop.sandbox.calls[0]?.headers ?? [])).toMatchObject({
        'idempotency-key': 'my-very-own-key-1',
      });
      await expect(createKept(workshop.keeping(), REQUEST, 'short')).rejects.toMatchObject({ kind: 'usage' });
      expect(workshop.sandbox.calls).toHaveLength(1);
      expect(workshop.journal()).toEqual([]);
    });

    test('stores the secret before it ends the intent', async () => {
      const keeping = workshop.keeping();
      const order: string[] = [];
      const watched = withSecrets(
        withJournal(keeping, {
          finish: async (id) => {
            order.push('finish');
            await keeping.journal.finish(id);
          },
        }),
        {
          put: async (secret) => {
            await keeping.secrets.put(secret);
            order.push('stored');
          },
        },
      );
      await createKept(watched, REQUEST);
      expect(order).toEqual(['stored', 'finish']);
    });

    test('calls nobody when the store cannot be written', async () => {
      const keeping = withSecrets(workshop.keeping(), { proveWritable: () => Promise.reject(FULL) });
      await expect(createKept(keeping, REQUEST)).rejects.toBe(FULL);
      expect(workshop.sandbox.calls).toEqual([]);
      expect(workshop.journal()).toEqual([]);
    });

    test.each([400, 401, 403, 404, 409, 422, 429])('a plain %i ends the intent', async (status) => {
      workshop.sandbox.next(answered(status, { error: 'No.', code: 'no' }));
      await expect(created()).rejects.toThrow('No.');
      expect(workshop.journal()).toEqual([]);
      expect(await workshop.keeping().secrets.list()).toEqual([]);
    });

    test('a connection that never was ends the intent', async () => {
      workshop.sandbox.next(refused);
      await expect(created()).rejects.toMatchObject({ kind: 'network' });
      expect(workshop.journal()).toEqual([]);
    });

    test.each([
      ['a lost answer', answerLost],
      ['a failing server', answered(500, { error: 'Oops.' })],
      ['a gateway that answers for it', answered(503, { error: 'Later.' })],
      ['an answer without a secret', answered(201, { webhook_id: 'w-1' })],
    ])('%s leaves the intent', async (_what, fault) => {
      workshop.sandbox.next(fault);
      await expect(created()).rejects.toMatchObject({ mayHaveHappened: true });
      expect(workshop.journal()).toHaveLength(1);
    });

    test('an interruption leaves the intent, and is what the caller hears of', async () => {
      const stop = new AbortController();
      workshop.sandbox.next(interruptedBy(stop));
      const keeping = workshop.keeping({ signal: stop.signal });
      const error: unknown = await createKept(keeping, REQUEST).catch((thrown: unknown) => thrown);
      expect(error).toBe(stop.signal.reason);
      expect(workshop.journal()).toHaveLength(1);
    });

    test('a secret that cannot be stored is told of at once, is in no error, and leaves the intent', async () => {
      const heard: string[] = [];
      const unstored: [string, string][] = [];
      workshop.sandbox.next(overhearing(heard, passed));
      const keeping = withSecrets(workshop.keeping({ unstored }), { put: () => Promise.reject(FULL) });
      const error: unknown = await createKept(keeping, REQUEST).catch((thrown: unknown) => thrown);
      expect(unstored).toEqual([[expect.any(String), heard[0]]]);
      expect(error).toMatchObject({ kind: 'store_unwritable', cause: FULL, hint: expect.any(String) });
      expect(`${error}${JSON.stringify(error)}${inspect(error)}`).not.toContain(heard[0]?.slice(12));
      expect(workshop.journal()).toHaveLength(1);
    });
  });

  describe('rotating', () => {
    test('keeps the new secret first and the one before it second', async () => {
      const { id, secret } = await created();
      const rotated = await rotateKept(workshop.keeping(), id);
      const kept = await workshop.keeping().secrets.get(id);
      expect(kept?.secrets.map((one) => one.secret.reveal())).toEqual([
        rotated.secret.reveal(),
        secret.reveal(),
      ]);
      expect(kept).toMatchObject({ eventType: REQUEST.event_type, webhookUrl: REQUEST.webhook_url });
      expect(workshop.journal()).toEqual([]);
    });

    test('of one webhook never overlaps: the last answer is the current secret', async () => {
      const { id } = await created();
      const heard: string[] = [];
      let [now, atOnce] = [0, 0];
      const slow: Fault = async (request, pass) => {
        now += 1;
        atOnce = Math.max(atOnce, now);
        for (let turn = 0; turn < 50; turn += 1) await new Promise(setImmediate);
        now -= 1;
        return pass(request);
      };
      const faults = Array.from({ length: 5 }, () => overhearing(heard, slow));
      workshop.sandbox.next(...faults);
      await Promise.all(
        faults.map((_one, index) => rotateKept(workshop.keeping({ process: index + 1 }), id)),
      );
      const kept = await workshop.keeping().secrets.get(id);
      expect(heard).toHaveLength(5);
      expect(kept?.secrets[0]?.secret.reveal()).toBe(heard.at(-1));
      expect(atOnce).toBe(1);
    });

    test('that was interrupted, and is asked for again, is finished and not doubled', async () => {
      const { id } = await created();
      const heard: string[] = [];
      workshop.sandbox.next(overhearing(heard, answerLost));
      await expect(rotateKept(workshop.keeping(), id)).rejects.toMatchObject({ mayHaveHappened: true });
      const rotated = await rotateKept(workshop.keeping({ process: 2 }), id);
      const kept = await workshop.keeping().secrets.get(id);
      expect(rotated.secret.reveal()).toBe(heard[0]);
      expect(kept?.secrets[0]?.secret.reveal()).toBe(heard[0]);
      expect(kept?.secrets).toHaveLength(2);
      expect(workshop.journal()).toEqual([]);
    });

    test('becomes the current secret also where a clock was ahead before', async () => {
      const { id, secret } = await created();
      const ahead = { ...impatient, now: () => Date.now() + 3_600_000 };
      const first = await rotateKept(workshop.keeping({ clock: ahead }), id);
      const second = await rotateKept(workshop.keeping(), id);
      const kept = await workshop.keeping().secrets.get(id);
      expect(kept?.secrets.map((one) => one.secret.reveal())).toEqual(
        [second.secret, first.secret, secret].map((one) => one.reveal()),
      );
    });

    test('stores its secret also where more than are kept look newer', async () => {
      const { id } = await created();
      const { secrets } = workshop.keeping();
      for (const year of [2090, 2091, 2092, 2093, 2094]) {
        const secret = new Secret(`whsec_${year}`);
        await secrets.put({ webhookId: id, secret, obtainedAt: `${year}-01-01T00:00:00.000Z` });
      }
      const first = await rotateKept(workshop.keeping(), id);
      const second = await rotateKept(workshop.keeping(), id);
      const kept = (await secrets.get(id))?.secrets.map((one) => one.secret.reveal());
      expect(kept?.slice(0, 3)).toEqual([second.secret.reveal(), first.secret.reveal(), 'whsec_2094']);
    });

    test('tells of a secret that recovering cannot store, and then of its own', async () => {
      const { id } = await created();
      const heard: string[] = [];
      const unstored: [string, string][] = [];
      workshop.sandbox.next(overhearing(heard, answerLost), passed, overhearing(heard, passed));
      await expect(rotateKept(workshop.keeping(), id)).rejects.toMatchObject({ mayHaveHappened: true });
      const next = workshop.keeping({ process: 2, unstored });
      const keeping = withSecrets(next, { put: () => Promise.reject(FULL) });
      await expect(rotateKept(keeping, id)).rejects.toMatchObject({ cause: FULL });
      expect(unstored).toEqual(heard.map((secret) => [id, secret]));
      expect(workshop.journal()).toHaveLength(2);
    });

    test('calls nobody where the file of the webhook itself cannot be used', async () => {
      const { id } = await created();
      const calls = workshop.sandbox.calls.length;
      const path = join(workshop.sandbox.folder, 'secrets', 'default', `${id}.json`);
      writeFileSync(path, '{"version":2}');
      await expect(rotateKept(workshop.keeping(), id)).rejects.toMatchObject({ kind: 'store_unwritable' });
      expect(workshop.sandbox.calls).toHaveLength(calls);
      expect(workshop.journal()).toEqual([]);
      expect(readFileSync(path, 'utf8')).toBe('{"version":2}');
    });

    test('of what is not there ends its intent', async () => {
      await expect(rotateKept(workshop.keeping(), 'gone')).rejects.toMatchObject({ kind: 'not_found' });
      expect(workshop.journal()).toEqual([]);
    });

    test('calls nobody when the store cannot be written', async () => {
      const keeping = withSecrets(workshop.keeping(), { proveWritable: () => Promise.reject(FULL) });
      await expect(rotateKept(keeping, 'w-1')).rejects.toBe(FULL);
      expect(workshop.sandbox.calls).toEqual([]);
    });
  });
});
