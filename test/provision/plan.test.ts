import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Webhook } from '../../src/api/wire.ts';
import { makePlan, type Plan } from '../../src/provision/plan.ts';
import { keyOf, type Subscription } from '../../src/provision/subscription.ts';

const webhook = (id: string, given: Partial<Webhook> = {}): Webhook => ({
  ...{
    id,
    event_type: 'all',
    webhook_url: 'https://a.example/',
    is_active: true,
    description: '',
    filters: {},
  },
  ...{ created_at: null, updated_at: null, stats: null, last_triggered_at: null },
  ...given,
});
const wish = (given: Partial<Subscription> = {}): Subscription => ({
  ...{ event_type: 'all', webhook_url: 'https://a.example/', is_active: true, description: '', filters: {} },
  ...given,
});

describe('a plan', () => {
  it('keeps the oldest of duplicates, by time and not by text; by id where no time is told', () => {
    const plan = makePlan(
      [wish()],
      [
        webhook('a'),
        webhook('b', { created_at: '2026-01-02T00:00:00.5Z' }),
        webhook('c', { created_at: '2026-01-02T00:00:00.25Z' }),
      ],
      { prune: true },
    );
    expect(plan.unchanged.map(({ id }) => id)).toEqual(['c']);
    expect(plan.delete).toMatchObject([
      { id: 'b', duplicate_of: 'c' },
      { id: 'a', duplicate_of: 'c' },
    ]);
    expect(makePlan([wish()], [webhook('y'), webhook('x')], { prune: true }).delete).toMatchObject([
      { id: 'y' },
    ]);
  });

  it('changes nothing that the API does not tell, and takes absent for empty', () => {
    const silent = webhook('a', { is_active: null, description: null, filters: null });
    expect(makePlan([wish({ is_active: false })], [silent], { prune: false }).update).toEqual([]);
  });

  it('does not mind the order of the keys of filters', () => {
    const there = webhook('a', { filters: { x: 1, y: { z: [1, 2], w: null } } });
    const wanted = wish({ filters: { y: { w: null, z: [1, 2] }, x: 1 } });
    expect(makePlan([wanted], [there], { prune: false }).update).toEqual([]);
  });

  const types = fc.constantFrom('all', 'test', 'case.opened');
  const urls = fc.constantFrom('https://a.example/', 'https://b.example/');
  const content = {
    description: fc.constantFrom('', 'a'),
    is_active: fc.boolean(),
    filters: fc.constantFrom({}, { a: 1 }),
  };
  const anyWanted = fc.uniqueArray(fc.record({ event_type: types, webhook_url: urls, ...content }), {
    selector: keyOf,
  });
  const anyAccount = fc
    .array(fc.record({ event_type: types, webhook_url: urls, ...content }), { maxLength: 12 })
    .map((all) => all.map((one, index) => webhook(`id-${index}`, one)));

  it('leads any account to any manifest, and then there is nothing left to plan', () => {
    fc.assert(
      fc.property(anyWanted, anyAccount, fc.boolean(), (wanted, account, prune) => {
        const after = applied(account, makePlan(wanted, account, { prune }));
        const next = makePlan(wanted, after, { prune });
        expect([next.create, next.update, next.delete]).toEqual([[], [], []]);
        if (prune) expect(after.map(keyOf).sort()).toEqual(wanted.map(keyOf).sort());
        else expect(after.length).toBeGreaterThanOrEqual(account.length);
      }),
    );
  });

  it('names each subscription of the account once', () => {
    fc.assert(
      fc.property(anyWanted, anyAccount, fc.boolean(), (wanted, account, prune) => {
        const plan = makePlan(wanted, account, { prune });
        const ids = [...plan.update, ...plan.delete, ...plan.unchanged].map(({ id }) => id);
        expect(ids.sort()).toEqual(account.map(({ id }) => id).sort());
      }),
    );
  });

  function applied(account: readonly Webhook[], plan: Plan): readonly Webhook[] {
    const gone = new Set(plan.delete.map(({ id }) => id));
    const kept = account.filter(({ id }) => !gone.has(id));
    const changed = kept.map((one) => {
      const { changes = {} } = plan.update.find(({ id }) => id === one.id) ?? {};
      return { ...one, ...Object.fromEntries(Object.entries(changes).map(([key, { to }]) => [key, to])) };
    });
    return [...changed, ...plan.create.map((one, index) => webhook(`new-${index}`, one))];
  }
});
