import { afterEach, beforeEach, expect, test } from 'vitest';
import { Failure } from '../../src/errors.ts';
import { createOnce } from '../../src/provision/earlier.ts';
import { createKept } from '../../src/provision/one-time.ts';
import { type Recovery, recover } from '../../src/provision/recover.ts';
import { answered, answerLost, type Fault, refused, requestLost } from '../support/sandbox.ts';
import { openWorkshop, type Workshop } from './workshop.ts';

const REQUEST = { event_type: 'screening.completed', webhook_url: 'https://receiver.example/hook' };

let workshop: Workshop;

beforeEach(async () => {
  workshop = await openWorkshop();
});

afterEach(() => workshop.close());

async function leave(fault: Fault, request = REQUEST): Promise<void> {
  workshop.sandbox.next(fault);
  await expect(createKept(workshop.keeping(), request)).rejects.toBeInstanceOf(Failure);
}

/** What a process that comes later recovers, where this goes wrong first. */
async function recovered(...faults: readonly Fault[]): Promise<Recovery[]> {
  workshop.sandbox.next(...faults);
  return [...(await recover(workshop.keeping({ process: 2 })))];
}

test('a subscription that recovering made is taken in place of a second one, once', async () => {
  await leave(answerLost);
  const recoveries = await recovered();
  const first = await createOnce(workshop.keeping({ process: 2 }), REQUEST, recoveries);
  expect(await workshop.subscriptions()).toEqual([{ id: first.id, webhook_url: REQUEST.webhook_url }]);
  const second = await createOnce(workshop.keeping({ process: 2 }), REQUEST, recoveries);
  expect(second.id).not.toBe(first.id);
});

test('two interrupted calls stand for two wishes', async () => {
  await leave(answerLost);
  await leave(requestLost);
  const recoveries = await recovered();
  const keeping = workshop.keeping({ process: 2 });
  const ids = [
    await createOnce(keeping, REQUEST, recoveries),
    await createOnce(keeping, REQUEST, recoveries),
  ];
  expect(new Set(ids.map(({ id }) => id)).size).toBe(2);
  expect(await workshop.subscriptions()).toHaveLength(2);
});

test.each([
  ['event type', { event_type: 'case.opened' }],
  ['URL', { webhook_url: 'https://receiver.example/other' }],
  ['description', { description: 'another' }],
  ['filters', { filters: { risk: 'high' } }],
])('another %s is another subscription', async (_what, change) => {
  await leave(answerLost);
  await createOnce(workshop.keeping({ process: 2 }), { ...REQUEST, ...change }, await recovered());
  expect(await workshop.subscriptions()).toHaveLength(2);
});

test('a call that still cannot be finished is repeated with its own key: nothing is doubled later', async () => {
  await leave(answerLost);
  const recoveries = await recovered(refused);
  expect(recoveries).toMatchObject([{ outcome: 'failed' }]);
  const created = await createOnce(workshop.keeping({ process: 2 }), REQUEST, recoveries);
  expect(workshop.journal()).toEqual([]);
  expect(await recover(workshop.keeping({ process: 3 }))).toEqual([]);
  expect(await workshop.subscriptions()).toEqual([{ id: created.id, webhook_url: REQUEST.webhook_url }]);
});

test('nothing is doubled either when that fails too, and a later run finishes both', async () => {
  await leave(answerLost);
  const recoveries = await recovered(requestLost, answerLost);
  await expect(createOnce(workshop.keeping({ process: 2 }), REQUEST, recoveries)).rejects.toMatchObject({
    mayHaveHappened: true,
  });
  await recover(workshop.keeping({ process: 3 }));
  expect(await workshop.subscriptions()).toHaveLength(1);
  expect(workshop.journal()).toEqual([]);
});

test('a key that the API holds against us is not used again', async () => {
  await leave(answerLost);
  const recoveries = await recovered(answered(409, { error: 'No.', code: 'conflict' }));
  await createOnce(workshop.keeping({ process: 2 }), REQUEST, recoveries);
  expect(await workshop.subscriptions()).toHaveLength(2);
});
