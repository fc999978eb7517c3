import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { Failure } from '../../src/errors.ts';
import type { Removal } from '../../src/provision/temporary/remove.ts';
import { openTemporary } from '../../src/provision/temporary.ts';
import {
  answered,
  answerLost,
  type Fault,
  interruptedBy,
  type Json,
  passed,
  refused,
} from '../support/sandbox.ts';
import { type Given, openWorkshop, type Workshop, withSecrets } from './workshop.ts';

const TYPES = ['screening.completed', 'screening.failed', 'case.opened'];
const URL = 'https://tunnel.example/kyc';

let workshop: Workshop;
let left: Removal[];

const keeping = (given: Given = {}) => workshop.keeping({ clock: systemClock, ...given });

const open = (with_ = keeping(), eventTypes: readonly string[] = TYPES) =>
  openTemporary(with_, {
    ...{ eventTypes, url: URL, hostname: 'my-host' },
    onLeftBehind: (removals) => void left.push(...removals),
  });

function leases(): readonly Json[] {
  const folder = join(workshop.sandbox.folder, 'data', 'leases');
  return readdirSync(folder).map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')));
}

const webhooks = () => keeping().api.listWebhooks();

describe.each(['v1', 'v2'] as const)('temporary subscriptions on API %s', (version) => {
  beforeEach(async () => {
    workshop = await openWorkshop(version);
    left = [];
  });

  afterEach(() => workshop.close());

  test('are made, one a type, with their secrets and leases, and deleted with all of that', async () => {
    const { close, webhookIds } = await open();
    const made = await webhooks();
    expect(made.map(({ event_type }) => event_type).sort()).toEqual([...TYPES].sort());
    expect(made.map(({ id }) => id).sort()).toEqual([...webhookIds].sort());
    expect(new Set(made.map(({ webhook_url }) => webhook_url))).toEqual(new Set([URL]));
    expect((await keeping().secrets.list()).map(({ webhookId }) => webhookId)).toEqual(
      [...webhookIds].sort(),
    );
    for (const { lease } of leases()) {
      const webhook = made.find(({ id }) => id === lease.webhookId);
      expect(webhook?.description).toBe(
        `Temporary, made by kycgenie listen on my-host, which deletes it when it ends (${lease.id})`,
      );
    }
    expect(workshop.journal()).toEqual([]);

    const removals = await close();
    expect(removals.map(({ status }) => status)).toEqual(['deleted', 'deleted', 'deleted']);
    expect(await webhooks()).toEqual([]);
    expect(await keeping().secrets.list()).toEqual([]);
    expect(leases()).toEqual([]);
  });

  test('have the lease on disk before the call, under its key', async () => {
    let seen: readonly Json[] = [];
    workshop.sandbox.next((request, pass) => {
      seen = leases();
      return pass(request);
    });
    const temporary = await open(keeping(), ['case.opened']);
    const [call] = workshop.sandbox.calls;
    expect(seen).toMatchObject([
      {
        owner: { pid: expect.any(Number) },
        lease: {
          ...{ profile: 'default', account: 'account-1', baseUrl: workshop.sandbox.baseUrl },
          ...{ eventType: 'case.opened', webhookUrl: URL, webhookId: null },
          idempotencyKey: Object.fromEntries(call?.headers ?? [])['idempotency-key'],
        },
      },
    ]);
    await temporary.close();
  });

  test('are all or none: one that is refused takes the others along', async () => {
    workshop.sandbox.next(passed, answered(409, { error: 'No.', code: 'conflict' }));
    await expect(open()).rejects.toMatchObject({ kind: 'rejected' });
    expect(await webhooks()).toEqual([]);
    expect(await keeping().secrets.list()).toEqual([]);
    expect(leases()).toEqual([]);
    expect(workshop.journal()).toEqual([]);
    expect(left).toEqual([]);
  });

  test('of which one may exist keep its lease, and its intent', async () => {
    workshop.sandbox.next(passed, answerLost);
    await expect(open()).rejects.toMatchObject({ kind: 'network' });
    expect(await webhooks()).toHaveLength(1);
    expect(workshop.journal()).toHaveLength(1);
    expect(leases()).toMatchObject([{ lease: { webhookId: null } }]);
  });

  test('that cannot be deleted after another failed are told of, and keep their leases', async () => {
    // In whatever order the calls come: one create is refused, and every deletion.
    const choose: Fault = (request, pass) => {
      const isRefused = request.method === 'DELETE' || String(request.body).includes('screening.failed');
      return (isRefused ? answered(400, { error: 'No.' }) : passed)(request, pass);
    };
    workshop.sandbox.next(choose, choose, choose, choose);
    await expect(open(keeping(), TYPES.slice(0, 2))).rejects.toMatchObject({ kind: 'rejected' });
    expect(left).toMatchObject([{ status: 'failed', lease: { eventType: 'screening.completed' } }]);
    expect(leases()).toMatchObject([{ lease: { webhookId: left[0]?.lease.webhookId } }]);
  });

  test('that cannot be deleted at the end keep lease and secret, and the others go', async () => {
    const { close } = await open();
    workshop.sandbox.next(passed, answered(500, { error: 'Oops.' }));
    const removals = await close();
    expect(removals.map(({ status }) => status).sort()).toEqual(['deleted', 'deleted', 'failed']);
    const [kept] = removals.filter(({ status }) => status === 'failed');
    expect(leases().map(({ lease }) => lease.webhookId)).toEqual([kept?.lease.webhookId]);
    expect((await keeping().secrets.list()).map(({ webhookId }) => webhookId)).toEqual([
      kept?.lease.webhookId,
    ]);
  });

  test('that are gone already are fine', async () => {
    const { close, webhookIds } = await open();
    for (const id of webhookIds) await keeping().api.deleteWebhook(id);
    expect((await close()).map(({ status }) => status)).toEqual(['gone', 'gone', 'gone']);
    expect(leases()).toEqual([]);
    expect(await keeping().secrets.list()).toEqual([]);
  });

  test('are deleted after an interruption, too', async () => {
    const stop = new AbortController();
    const temporary = await open(keeping({ signal: stop.signal }));
    stop.abort(new Failure('interrupted', 'Interrupted'));
    expect((await temporary.close()).map(({ status }) => status)).toEqual(['deleted', 'deleted', 'deleted']);
    expect(await webhooks()).toEqual([]);
  });

  test('interrupted while they are made leave what may be on its way to prune', async () => {
    const stop = new AbortController();
    workshop.sandbox.next(interruptedBy(stop));
    const means = keeping({ signal: stop.signal });
    const error: unknown = await open(means, ['case.opened']).catch((thrown: unknown) => thrown);
    expect(error).toBe(stop.signal.reason);
    expect(await webhooks()).toHaveLength(1);
    expect(leases()).toMatchObject([{ lease: { webhookId: null } }]);
    expect(workshop.journal()).toHaveLength(1);
  });

  test('end in bounded time where the API does not answer', async () => {
    const hurried = {
      ...systemClock,
      sleep: (ms: number, signal?: AbortSignal) => systemClock.sleep(ms > 1000 ? 20 : ms, signal),
    };
    const { close } = await open(keeping({ clock: hurried }), ['case.opened']);
    workshop.sandbox.next(
      (request) =>
        new Promise((_resolve, reject) => {
          request.signal?.addEventListener('abort', () => reject(request.signal?.reason));
        }),
    );
    expect(await close()).toMatchObject([{ status: 'failed', error: { kind: 'timeout' } }]);
    expect(leases()).toHaveLength(1);
  });

  test('move to another URL together', async () => {
    const { close, moveTo } = await open();
    await moveTo('https://other.example/kyc');
    expect((await webhooks()).map(({ webhook_url }) => webhook_url)).toEqual(
      TYPES.map(() => 'https://other.example/kyc'),
    );
    expect(leases().map(({ lease }) => lease.webhookUrl)).toEqual(
      TYPES.map(() => 'https://other.example/kyc'),
    );
    workshop.sandbox.next(refused);
    await expect(moveTo('https://third.example/')).rejects.toMatchObject({ kind: 'network' });
    expect(
      (await webhooks()).filter(({ webhook_url }) => webhook_url === 'https://third.example/'),
    ).toHaveLength(2);
    await close();
  });

  test('are not asked for when the store cannot be written', async () => {
    const full = new Failure('store_unwritable', 'The disk is full');
    const without = withSecrets(keeping(), { proveWritable: () => Promise.reject(full) });
    await expect(open(without)).rejects.toBe(full);
    expect(workshop.sandbox.calls).toEqual([]);
    expect(leases()).toEqual([]);
  });

  test('say at intervals that their process is at work', async () => {
    let naps = 0;
    const awake = {
      ...systemClock,
      sleep: (ms: number, signal?: AbortSignal) =>
        systemClock.sleep(ms === 60_000 && naps++ < 3 ? 1 : ms, signal),
    };
    const renewed: (readonly string[])[] = [];
    const means = keeping({ clock: awake });
    const thrice = new Promise<void>((resolve) => {
      const renew = means.journal.leases.renew.bind(means.journal.leases);
      means.journal.leases.renew = async (ids) => {
        renewed.push(ids);
        await renew(ids);
        if (renewed.length === 3) resolve();
      };
    });
    const { close } = await open(means, ['case.opened']);
    await thrice;
    expect(renewed[0]).toEqual(leases().map(({ lease }) => lease.id));
    await close();
  });
});
