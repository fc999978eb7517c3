import { lstatSync, readFileSync, realpathSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Clock } from '../clock.ts';
import { Failure } from '../errors.ts';
import { type Lock, withLock } from '../lock.ts';
import { renameOver, syncFolder } from '../platform.ts';
import { systemCode } from '../system-error.ts';
import { FILE_MODE, makePrivateFolder, storeFailure, tighten } from './private-files.ts';
import {
  type Conf,
  type Json,
  loadConf,
  MAX_FILE_BYTES,
  replaceFile,
  type SignalListeners,
} from './replace-file.ts';

/** What every store needs of the world. */
export interface StoreEnvironment {
  readonly clock: Clock;
  readonly signals: SignalListeners;
  /** Hears of a file that was set aside; the message holds no secret. */
  readonly onDamage: (message: string) => void;
}

/** An update starts over when its lock is in doubt, or when a reader kept the file open (Windows). */
const MAX_UPDATE_ATTEMPTS = 5;
/** Five of them outlast the refresh of a lock. */
const REPEAT_PAUSE_MS = 500;
const PASSING: ReadonlySet<string | undefined> = new Set(['EBUSY', 'EPERM', 'EACCES']);

/** One JSON file that many processes read and replace. Everything throws Failure `store_unwritable`. */
export class StoreFile<T extends Json> {
  /** As it was named: perhaps a link. */
  readonly #name: string;
  readonly #path: string;
  readonly #folder: string;
  readonly #accepts: (json: unknown) => json is T;
  readonly #environment: StoreEnvironment;

  /** `accepts` says whether JSON from the disk has the right shape, and may throw a Failure of its own. */
  constructor(path: string, accepts: (json: unknown) => json is T, environment: StoreEnvironment) {
    this.#name = path;
    this.#path = realPath(path);
    this.#folder = dirname(path);
    this.#accepts = accepts;
    this.#environment = environment;
  }

  /** Null where there is no file. A damaged one is set aside, reported, and counts as none. */
  async read(): Promise<T | null> {
    const content = readJson(this.#path, this.#accepts);
    if (content.kind === 'sound') return content.json;
    // Looks again under the lock: meanwhile someone may have put a sound file in its place.
    return content.kind === 'damaged' ? this.#locked(undefined, () => this.#readHeld()) : null;
  }

  /**
   * Replaces the content by what `change` makes of it, under a lock: one that the caller already holds, or its
   * own. What `change` returns unchanged is not written; it may be called more than once.
   */
  async update(change: (current: T | null) => T | null, held?: Lock): Promise<T | null> {
    makePrivateFolder(this.#folder);
    const Conf = await loadConf(this.#environment.signals);
    for (let attempt = 1; attempt <= MAX_UPDATE_ATTEMPTS; attempt += 1) {
      try {
        const outcome = await this.#locked(held, (lock) => this.#replace(Conf, change, lock));
        if (outcome.done) return outcome.value;
      } catch (error) {
        const mayPass = PASSING.has(systemCode(error)) && attempt < MAX_UPDATE_ATTEMPTS;
        if (!mayPass) throw storeFailure(this.#path, 'written', error);
      }
      await this.#environment.clock.sleep(REPEAT_PAUSE_MS);
    }
    throw lockLost(this.#path);
  }

  /** True when there was a file. */
  remove(held?: Lock): Promise<boolean> {
    return this.#locked(held, () => removeFile(this.#path));
  }

  async #locked<R>(held: Lock | undefined, work: (lock: Lock) => R): Promise<R> {
    return held && !held.lost() ? work(held) : withLock(this.#path, this.#environment.clock, work);
  }

  #replace(Conf: Conf, change: (current: T | null) => T | null, lock: Lock): Outcome<T> {
    const current = this.#readHeld();
    const next = change(current);
    const done = next === null || next === current || replaceFile(Conf, this.#path, next, lock);
    // Also for what was not changed: whoever wrote it may have been killed before this.
    syncFolder(dirname(this.#path));
    return { done, value: next };
  }

  #readHeld(): T | null {
    const content = readJson(this.#path, this.#accepts);
    if (content.kind === 'sound') return content.json;
    if (content.kind === 'damaged') {
      const { clock, onDamage } = this.#environment;
      // A link itself is moved: what it leads to may be of use to others.
      const report = setAside(this.#name, content.reason, clock);
      if (report !== null) onDamage(report);
    }
    return null;
  }
}

interface Outcome<T> {
  /** False: the lock was in doubt, and nothing was changed. */
  readonly done: boolean;
  readonly value: T | null;
}

type Content<T> =
  | { readonly kind: 'absent' }
  | { readonly kind: 'sound'; readonly json: T }
  | { readonly kind: 'damaged'; readonly reason: string };

/** Reads and checks a file of ours. Throws Failure `store_unwritable` where it is there and cannot be read. */
export function readJson<T>(path: string, accepts: (json: unknown) => json is T): Content<T> {
  const text = readText(path);
  if (typeof text !== 'string') return text;
  const json = parseJson(text);
  if (json === undefined) return { kind: 'damaged', reason: 'it is not JSON' };
  return accepts(json) ? { kind: 'sound', json } : { kind: 'damaged', reason: 'it has an unexpected shape' };
}

function readText(path: string): string | Content<never> {
  try {
    const status = statSync(path);
    if (!status.isFile()) throw notAFile(path);
    if (status.size > MAX_FILE_BYTES) return { kind: 'damaged', reason: 'it is far too long' };
    tighten(path, status.mode, FILE_MODE);
    return readFileSync(path, 'utf8').replace(/^\uFEFF/, '');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return { kind: 'absent' };
    throw storeFailure(path, 'read', error);
  }
}

/** The parser's own error is dropped: it quotes the text, which may hold a key. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Moves a damaged file to a name of its own. Returns what to tell, null when another process was faster. The
 * caller sees to it that nobody puts a sound file in its place meanwhile.
 */
export function setAside(path: string, reason: string, clock: Clock): string | null {
  const stamp = new Date(clock.now()).toISOString().replaceAll(/[-:.]/g, '');
  const free = freeName(`${path}.damaged-${stamp}`);
  try {
    renameOver(path, free);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return null;
    throw storeFailure(path, 'written', error);
  }
  return `${path} is damaged (${reason}) and was set aside as ${free}`;
}

function freeName(wanted: string): string {
  let name = wanted;
  for (let count = 2; lstatSync(name, { throwIfNoEntry: false }); count += 1) name = `${wanted}-${count}`;
  return name;
}

function removeFile(path: string): boolean {
  try {
    rmSync(path);
    syncFolder(dirname(path));
    return true;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false;
    throw storeFailure(path, 'removed', error);
  }
}

/** A file that is a symbolic link stays one: what it points to is replaced. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

function notAFile(path: string): Failure {
  return new Failure('store_unwritable', `${path} cannot be read: it is not a file`, {
    hint: 'Move it out of the way.',
  });
}

function lockLost(path: string): Failure {
  return new Failure('store_unwritable', `${path} cannot be written: its lock was lost again and again`, {
    hint: 'The disk or the machine is very slow: try again when it is less busy.',
  });
}
