import { isDeepStrictEqual } from 'node:util';
import { commandWord } from '../command-word.ts';
import { Failure } from '../errors.ts';
import type { Located, LocatedEntry } from '../located.ts';
import { isRecord } from '../record.ts';
import { sorted, toManifest } from './export.ts';
import { fieldsOf, type Reading, refusal } from './manifest/fields.ts';
import { parseManifest } from './manifest.ts';
import { makePlan, type Plan } from './plan.ts';
import type { Subscription } from './subscription.ts';

const SAVED_VERSION = 1;
const KEYS = ['kycgenie_plan', 'base_url', 'account', 'prune', 'manifest', 'plan'] as const;

/** Whose account a plan is for. */
export interface Account {
  readonly baseUrl: string;
  /** Of the API key: a fingerprint. */
  readonly account: string;
}

/** A plan that was kept to be applied later: what is wanted, and what that was going to change. */
export interface SavedPlan extends Account {
  readonly prune: boolean;
  readonly wanted: readonly Subscription[];
  readonly plan: unknown;
}

/** As JSON; without secrets. */
export const savedPlanText = (saved: Omit<SavedPlan, 'plan'> & { readonly plan: Plan }): string => {
  const { baseUrl: base_url, account, prune, wanted, plan } = saved;
  const file = { kycgenie_plan: SAVED_VERSION, base_url, account, prune, manifest: toManifest(wanted), plan };
  return `${JSON.stringify(file, undefined, 2)}\n`;
};

/** Throws Failure `usage` for what is no saved plan. */
export function readSavedPlan(root: Located, reading: Reading): SavedPlan {
  if (isManifest(root)) throw manifestGiven(reading);
  const fields = fieldsOf(reading, root, 'A saved plan', KEYS);
  const field = (key: (typeof KEYS)[number]): LocatedEntry => {
    const found = fields.get(key);
    if (found) return found;
    const hint = 'kycgenie webhooks apply -f <file> --out plan.json writes one; a manifest is named with -f.';
    throw refusal(reading, root.at, `${key} is missing: this is no saved plan`, hint);
  };
  if (plainValue(field('kycgenie_plan').value) !== SAVED_VERSION)
    throw refusal(reading, root.at, `This release reads saved plans of version ${SAVED_VERSION}`);
  return {
    baseUrl: String(plainValue(field('base_url').value)),
    account: String(plainValue(field('account').value)),
    prune: plainValue(field('prune').value) === true,
    // It was resolved when the plan was made: the environment of now has no say.
    wanted: parseManifest(field('manifest').value, { ...reading, env: {} }).subscriptions,
    plan: plainValue(field('plan').value),
  };
}

const isManifest = (root: Located): boolean =>
  root.kind === 'mapping' &&
  root.entries.some(({ key }) => key === 'webhooks') &&
  !root.entries.some(({ key }) => key === 'kycgenie_plan');

const manifestGiven = ({ source }: Reading): Failure =>
  new Failure('usage', `${source} is a manifest, not a plan that --out saved`, {
    hint: `Name it with -f: kycgenie webhooks apply -f ${commandWord(source, '<file>')}`,
  });

/** The data alone. */
function plainValue(node: Located): unknown {
  switch (node.kind) {
    case 'value':
      return node.value;
    case 'list':
      return node.items.map(plainValue);
    case 'mapping':
      return Object.fromEntries(node.entries.map(({ key, value }) => [key, plainValue(value)]));
  }
}

/** Throws Failure `condition_not_met` where the plan is for another account. */
export function checkAccount(saved: SavedPlan, { baseUrl, account }: Account): void {
  if (saved.baseUrl === baseUrl && saved.account === account) return;
  const other = saved.baseUrl === baseUrl ? 'with another API key' : `for ${saved.baseUrl}`;
  throw new Failure('condition_not_met', `The plan was made ${other}`, {
    hint: 'Apply it with the settings that it was made with.',
  });
}

/**
 * The saved plan, as the account is now. Throws Failure `condition_not_met` where the account has moved since, so
 * that something else would be done than was looked at.
 */
export function stillPlanned(saved: SavedPlan, account: Parameters<typeof makePlan>[1]): Plan {
  const plan = makePlan(saved.wanted, account, saved);
  if (isDeepStrictEqual(changesIn({ ...plan }), changesIn(saved.plan))) return plan;
  throw new Failure(
    'condition_not_met',
    'The account has changed since the plan was made; nothing was done',
    {
      hint: 'Make the plan anew: kycgenie webhooks apply -f <file> --out plan.json.',
    },
  );
}

/** In no order; what stays as it is may be something else by now. */
function changesIn(plan: unknown): readonly (readonly string[])[] {
  const lists = isRecord(plan) ? [plan['create'], plan['update'], plan['delete']] : [];
  return lists.map((list) =>
    Array.isArray(list) ? list.map((item) => JSON.stringify(sorted(item))).sort() : [],
  );
}
