import type { Keeping } from '../keeping.ts';
import { byIdentity, keyOf, type Subscription } from '../subscription.ts';

import { lasting } from '../temporary/description.ts';

type Made = Subscription & { readonly id: string };

export interface Doubles {
  /** Ids of those that were deleted again. */
  readonly withdrawn: ReadonlySet<string>;
  /** Those that are there twice, or may be. */
  readonly left: readonly Subscription[];
}

/**
 * Looks whether somebody else has subscribed the same since the account was read: another machine, or a create that
 * was typed. Of the two the younger goes, so that of several runs that look, one keeps its own. Throws nothing.
 */
export async function withdrawDoubles(keeping: Keeping, made: readonly Made[]): Promise<Doubles> {
  const withdrawn = new Set<string>();
  if (made.length === 0 || keeping.signal.aborted) return { withdrawn, left: [] };
  const left: Subscription[] = [];
  try {
    const there = byIdentity(lasting(await keeping.api.listWebhooks({ signal: keeping.signal })));
    for (const one of made) {
      const [oldest, ...younger] = there.get(keyOf(one)) ?? [];
      if (!oldest || younger.length === 0) continue;
      if (oldest.id !== one.id && (await withdraw(keeping, one.id))) withdrawn.add(one.id);
      else left.push(one);
    }
  } catch {
    // Not to know is no failure: what was made is there, and the next plan shows what is there twice.
  }
  return { withdrawn, left };
}

async function withdraw({ api, secrets, signal }: Keeping, id: string): Promise<boolean> {
  try {
    await api.deleteWebhook(id, { signal });
    await secrets.forget(id);
    return true;
  } catch {
    return false;
  }
}
