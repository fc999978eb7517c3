import { readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import type { Clock } from '../clock.ts';
import { Failure } from '../errors.ts';
import { renameOver, syncFolder } from '../platform.ts';
import { isRecord } from '../record.ts';
import { systemCode } from '../system-error.ts';
import { folderOfProfile, isProfileName, PROFILE_NAME_RULE } from './names.ts';
import {
  closeFolder,
  createExclusively,
  FILE_MODE,
  makePrivateFolder,
  storeFailure,
  sweepLeftovers,
  tighten,
} from './private-files.ts';
import { setAside } from './store.ts';
import { holdLock } from './tails/held-lock.ts';
import { refuseNewer } from './versions.ts';

const TAIL_VERSION = 1;
/** Above what the largest state takes. */
const MAX_FILE_BYTES = 64 * 1024 * 1024;
const LEFTOVER = /^[a-z0-9_-]{1,129}\.json\.next-[0-9a-f-]{36}(?:\.tmp-[0-9a-f-]{36})?$/;

const STATE = v.looseObject({
  floor: v.nullable(v.number()),
  states: v.array(
    v.looseObject({ status: v.string(), attempt: v.nullable(v.number()), code: v.nullable(v.number()) }),
  ),
  known: v.array(v.tuple([v.string(), v.number(), v.number()])),
});

const FILE = v.looseObject({
  version: v.literal(TAIL_VERSION),
  profile: v.string(),
  base_url: v.string(),
  account: v.string(),
  state: STATE,
});

/** Where a tail was: times in milliseconds since the epoch, entries with the index of their state. */
export interface TailState {
  readonly floor: number | null;
  readonly states: readonly {
    readonly status: string;
    readonly attempt: number | null;
    readonly code: number | null;
  }[];
  readonly known: readonly (readonly [id: string, at: number, state: number])[];
}

/** The state of one named tail, which one process at a time has. Everything throws Failure `store_unwritable`. */
export interface Tail {
  /** Null for a name that is new. */
  readonly state: TailState | null;
  /** On disk on return: the old state or the new one at any instant. Throws too when another process has the tail. */
  save(state: TailState): Promise<void>;
  /** Lets other processes have it. */
  close(): Promise<void>;
}

/** Whose log it is: a tail goes on with the same profile, API and key alone. */
export interface TailTarget {
  readonly profile: string;
  readonly baseUrl: string;
  /** Of the API key: a fingerprint. */
  readonly account: string;
}

interface Options {
  readonly dataDir: string;
  readonly name: string;
  readonly target: TailTarget;
  readonly clock: Clock;
  /** Hears of a state that was set aside: the tail begins anew. */
  readonly onDamage: (message: string) => void;
}

/** Throws Failure `usage` for what is no name, or the name of a tail of another profile, API or key. */
export async function openTail(options: Options): Promise<Tail> {
  const { dataDir, name, clock } = options;
  if (!isProfileName(name)) {
    throw new Failure('usage', `--resume takes a name, not "${name.slice(0, 80)}"`, {
      hint: `A name has ${PROFILE_NAME_RULE}.`,
    });
  }
  const folder = join(dataDir, 'tails');
  makePrivateFolder(dataDir);
  makePrivateFolder(folder);
  closeFolder(folder);
  sweepLeftovers(folder, LEFTOVER, clock.now());
  // File systems differ in what they take for the same name: as for profiles.
  const path = join(folder, `${folderOfProfile(name)}.json`);
  const held = await holdLock(path, clock, usedElsewhere(name));
  const save = async (next: TailState): Promise<void> => {
    if (!(await held.isHeld())) throw usedElsewhere(name);
    replaceState(path, next, options);
  };
  try {
    return { state: readState(path, options), save, close: held.release };
  } catch (error) {
    await held.release();
    throw error;
  }
}

const usedElsewhere = (name: string): Failure =>
  new Failure('store_unwritable', `Another kycgenie uses the tail ${name}`, {
    hint: 'End the other one, or choose another name for --resume.',
  });

function readState(path: string, { target, name, clock, onDamage }: Options): TailState | null {
  const json = readFile(path);
  if (json === null) return null;
  if (isRecord(json)) refuseNewer(json['version'], TAIL_VERSION, path);
  if (!v.is(FILE, json)) {
    const report = setAside(path, 'it has an unexpected shape', clock);
    if (report !== null) onDamage(`${report}; the tail begins anew`);
    return null;
  }
  refuseOther(name, { profile: json.profile, baseUrl: json.base_url, account: json.account }, target);
  return json.state;
}

/** The entries of another log would be taken for old, or be told again. */
function refuseOther(name: string, kept: TailTarget, { profile, baseUrl, account }: TailTarget): void {
  const hint = 'Choose another name for --resume.';
  if (kept.baseUrl !== baseUrl)
    throw new Failure('usage', `The tail ${name} belongs to ${kept.baseUrl}, not to ${baseUrl}`, { hint });
  if (kept.profile !== profile)
    throw new Failure('usage', `The tail ${name} belongs to profile ${kept.profile}, not to ${profile}`, {
      hint,
    });
  if (kept.account !== account)
    throw new Failure('usage', `The tail ${name} was begun with another API key`, { hint });
}

/** Undefined for what is not JSON, null where there is no file. */
function readFile(path: string): unknown {
  try {
    const { size, mode } = statSync(path);
    if (size > MAX_FILE_BYTES) return undefined;
    tighten(path, mode, FILE_MODE);
    return parse(readFileSync(path, 'utf8'));
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return null;
    throw storeFailure(path, 'read', error);
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function replaceState(path: string, state: TailState, { dataDir, target }: Options): void {
  const { profile, baseUrl, account } = target;
  const file = { version: TAIL_VERSION, profile, base_url: baseUrl, account, state };
  const next = `${path}.next-${crypto.randomUUID()}`;
  try {
    createExclusively(next, `${JSON.stringify(file)}\n`);
    renameOver(next, path);
    syncFolder(join(dataDir, 'tails'));
  } catch (error) {
    throw storeFailure(path, 'written', error);
  } finally {
    rmSync(next, { force: true });
  }
}
