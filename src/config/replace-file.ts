import { chmodSync, readFileSync, rmSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { Failure } from '../errors.ts';
import type { Lock } from '../lock.ts';
import { renameOver } from '../platform.ts';
import { FILE_MODE, syncFile } from './private-files.ts';

/** The part of `process` where signal listeners are added and removed. */
export interface SignalListeners {
  on(event: 'newListener', seen: Listening): unknown;
  off(event: string | symbol, listener: Listener): unknown;
}

type Listening = (event: string | symbol, listener: Listener) => void;
// biome-ignore lint/suspicious/noExplicitAny: what node's own event emitter calls a listener
type Listener = (...args: any[]) => void;

export type Json = Readonly<Record<string, unknown>>;

export type Conf = typeof import('conf').default;

/**
 * conf, without the signal handlers it brings along (through atomically and when-exit): they answer the first
 * SIGINT by sending it once more, which a program that drains on the first would take for the second.
 */
export async function loadConf(signals: SignalListeners): Promise<Conf> {
  const added: (readonly [signal: string, listener: Listener])[] = [];
  const note: Listening = (event, listener) => {
    if (typeof event === 'string' && event.startsWith('SIG')) added.push([event, listener]);
  };
  signals.on('newListener', note);
  try {
    const { default: Conf } = await import('conf');
    return Conf;
  } finally {
    signals.off('newListener', note);
    for (const [signal, listener] of added) signals.off(signal, listener);
  }
}

/** A longer file is not read back, so none is written. */
export const MAX_FILE_BYTES = 1024 * 1024;

/**
 * Puts `json` in the place of the file `path`: fsynced, old or new at any instant; the folder is left to fsync. The
 * caller holds `lock`; false, and nothing changed, when it may no longer.
 *
 * conf writes a staged copy, which takes the place only after it was read back: its writer does not look at
 * how much was written, so on a full disk it would put a cut file in the place of a good one, and in a snap
 * (`SNAP` is set) it writes in place.
 */
export function replaceFile(Conf: Conf, path: string, json: Json, lock: Lock): boolean {
  const staged = `${path}.next`;
  const text = serialize(json);
  if (Buffer.byteLength(text) > MAX_FILE_BYTES) throw tooLong(path);
  rmSync(staged, { force: true });
  try {
    const conf = new Conf<Record<string, unknown>>({
      cwd: dirname(path),
      configName: basename(staged),
      fileExtension: '',
      configFileMode: FILE_MODE,
      clearInvalidConfig: false,
      accessPropertiesByDotNotation: false,
      serialize: () => text,
    });
    conf.store = json;
    chmodSync(staged, FILE_MODE);
    if (readFileSync(staged, 'utf8') !== text) throw cutShort(path);
    syncFile(staged);
    if (!lock.held()) return false;
    renameOver(staged, path);
  } finally {
    rmSync(staged, { force: true });
  }
  return true;
}

const serialize = (json: Json): string => `${JSON.stringify(json, undefined, 2)}\n`;

function cutShort(path: string): Failure {
  return new Failure('store_unwritable', `${path} cannot be written: the disk took only a part of it`, {
    hint: 'Free some space on the disk, then try again.',
  });
}

function tooLong(path: string): Failure {
  return new Failure(
    'store_unwritable',
    `${path} cannot be written: it would grow beyond ${MAX_FILE_BYTES} bytes`,
  );
}
