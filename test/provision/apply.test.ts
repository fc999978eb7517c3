import { afterEach, beforeEach, expect, test } from 'vitest';
import { readAccount } from '../../src/provision/account.ts';
import { applyPlan } from '../../src/provision/apply.ts';
import type { Keeping } from '../../src/provision/keeping.ts';
import { makePlan } from '../../src/provision/plan.ts';
import { recover } from '../../src/provision/recover.ts';
import { keyOf, type Subscription } from '../../src/provision/subscription.ts';
import { atEveryStep } from './mortal.ts';
import { openWorkshop, type Workshop } from './workshop.ts';

const wish = (name: string, given: Partial<Subscription> = {}): Subscription => ({
  ...{ event_type: 'case.opened', webhook_url: `https://receiver.example/${name}` },
  ...{ description: '', is_active: true, filters: {} },
  ...given,
});

let workshop: Workshop;

beforeEach(async () => {
  workshop = await openWorkshop();
});

afterEach(() => workshop.close());

/** What the command does: what was left open first, then the plan. */
async function apply(keeping: Keeping, wanted: readonly Subscription[]): Promise<void> {
  const recoveries = (await recover(keeping)).filter(({ created }) => created === null);
  const plan = makePlan(wanted, await readAccount(keeping, wanted), { prune: true });
  const applied = await applyPlan({
    ...{ keeping, plan, recoveries, concurrency: 1 },
    mayWrite: async () => undefined,
    onCreated: async () => null,
    onDone: () => undefined,
  });
  for (const { error } of [...applied.create, ...applied.update, ...applied.delete]) if (error) throw error;
}

test('killed at any step, it is finished by the next run: no double, no lost and no left secret', async () => {
  const before = [wish('old')];
  const wanted = [wish('off', { is_active: false })];
  let process = 1;
  const steps = await atEveryStep(
    workshop.keeping({ process }),
    (keeping) => apply(keeping, wanted),
    async () => {
      process += 1;
      const next = workshop.keeping({ process });
      await apply(next, wanted);
      await expectExact(next);
      process += 1;
      await apply(workshop.keeping({ process }), before);
    },
  );
  expect(steps).toBeGreaterThan(20);
  await expectExact(workshop.keeping({ process: process + 1 }));

  async function expectExact(keeping: Keeping): Promise<void> {
    const account = await keeping.api.listWebhooks();
    expect(account.map(keyOf).sort()).toEqual(wanted.map(keyOf).sort());
    expect(account.find(({ webhook_url }) => webhook_url.endsWith('/off'))?.is_active).toBe(false);
    for (const { id } of account) expect((await keeping.secrets.get(id))?.secrets).toHaveLength(1);
    expect(workshop.journal()).toEqual([]);
  }
});
