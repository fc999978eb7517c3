import { expect, it } from 'vitest';
import { openCandidates } from '../../src/listen/candidates.ts';
import { KNOWN } from './deliveries.ts';

/** A store whose content is its revision; it counts how often it was read whole. */
function store() {
  const state = { revision: 'one', loads: 0, broken: false };
  const source = {
    revision: async () => state.revision,
    load: async () => {
      state.loads++;
      const { revision } = state;
      await new Promise(setImmediate);
      if (state.broken) throw new Error(`${revision} cannot be read`);
      return { candidates: KNOWN.map((known) => ({ ...known, webhookId: revision })), others: [] };
    },
  };
  return { state, source };
}

it('are read once, and anew only when something changed', async () => {
  const { state, source } = store();
  const { candidates, renew } = await openCandidates(source);
  expect(candidates()[0]?.webhookId).toBe('one');
  expect(await renew()).toBe(false);
  state.revision = 'two';
  expect(await renew()).toBe(true);
  expect(candidates()[0]?.webhookId).toBe('two');
  expect(await renew()).toBe(false);
  expect(state.loads).toBe(2);
});

it('stay what they were when they cannot be read, until they can', async () => {
  const { state, source } = store();
  const { candidates, renew } = await openCandidates(source);
  Object.assign(state, { revision: 'two', broken: true });
  await expect(renew()).rejects.toThrow('two cannot be read');
  await expect(Promise.all([renew(), renew()])).rejects.toThrow('two cannot be read');
  expect(candidates()[0]?.webhookId).toBe('one');
  state.broken = false;
  expect(await renew()).toBe(true);
  expect(candidates()[0]?.webhookId).toBe('two');
});

it('are read once for all who ask at the same time, and each of them hears that they changed', async () => {
  const { state, source } = store();
  const { renew } = await openCandidates(source);
  state.revision = 'two';
  expect(await Promise.all(Array.from({ length: 20 }, renew))).toEqual(Array(20).fill(true));
  expect(state.loads).toBe(2);
});

it('are read again for who asks after a reading began', async () => {
  const { state, source } = store();
  const { candidates, renew } = await openCandidates(source);
  state.revision = 'two';
  const first = renew();
  while (state.loads < 2) await Promise.resolve();
  state.revision = 'three';
  expect(await Promise.all([first, renew(), renew()])).toEqual([true, true, true]);
  expect(candidates()[0]?.webhookId).toBe('three');
  expect(state.loads).toBe(3);
});
