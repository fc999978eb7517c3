import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { OWNER, type Owner } from './owner.ts';
import { createExclusively, namesIn } from './private-files.ts';
import { readJson } from './store.ts';

/**
 * Who took an orphaned intent over. Claims are numbered files, `<id>.claim-1` and up, each made exclusively and
 * never replaced: of those who saw claim 1 abandoned, one alone can make claim 2. No lock and no time is
 * involved, and a process may be killed at any point: its claim exists whole or not at all.
 */

const CLAIM = v.looseObject({ owner: OWNER, claimed_at: v.string() });
type Claim = v.InferInput<typeof CLAIM>;
const CLAIM_NAME = /^([0-9a-f-]+)\.claim-(\d{1,9})$/;

export interface Holder {
  readonly generation: number;
  /** Null where the claim cannot be read. */
  readonly owner: Owner | null;
  /** Milliseconds since the epoch. */
  readonly since: number;
}

/** The latest claim of an intent, null when nobody took it over yet. */
export function holderOf(folder: string, id: string, nowMs: number): Holder | null {
  const generation = Math.max(
    0,
    ...claimsIn(folder).flatMap((claim) => (claim.id === id ? [claim.generation] : [])),
  );
  if (generation === 0) return null;
  const path = claimPath(folder, id, generation);
  const content = readJson(path, (json): json is Claim => v.is(CLAIM, json));
  if (content.kind === 'sound') {
    return { generation, owner: content.json.owner, since: Date.parse(content.json.claimed_at) };
  }
  return { generation, owner: null, since: statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? nowMs };
}

/** Makes the claim that follows `generation`; false when another process did. */
export function makeClaim(
  folder: string,
  id: string,
  generation: number,
  owner: Owner,
  nowMs: number,
): boolean {
  const claim: Claim = { owner, claimed_at: new Date(nowMs).toISOString() };
  return createExclusively(claimPath(folder, id, generation), `${JSON.stringify(claim, undefined, 2)}\n`);
}

/** Removes the claims of intents that are over. */
export function removeClaims(folder: string, isOver: (id: string) => boolean): void {
  for (const { id, generation } of claimsIn(folder)) {
    if (isOver(id)) rmSync(claimPath(folder, id, generation), { force: true });
  }
}

function claimPath(folder: string, id: string, generation: number): string {
  return join(folder, `${id}.claim-${generation}`);
}

function claimsIn(folder: string): readonly { readonly id: string; readonly generation: number }[] {
  return namesIn(folder).flatMap((name) => {
    const [, id, generation] = CLAIM_NAME.exec(name) ?? [];
    return id === undefined ? [] : [{ id, generation: Number(generation) }];
  });
}
