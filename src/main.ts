import { setMaxListeners } from 'node:events';
import { existsSync, fstatSync, statSync, writeSync } from 'node:fs';
import { devNull, homedir } from 'node:os';
import { join } from 'node:path';
import { ClosedOutput, type Edge, type Sink } from './cli/edge.ts';
import { run } from './cli/run.ts';
import { systemClock } from './clock.ts';
import { COMMANDS } from './commands/index.ts';
import { Failure } from './errors.ts';
import { DESCRIPTORS_TELL, END_SIGNALS, READER_GONE, TERMINAL_TAKES_BYTES } from './platform.ts';
import { RELEASES_URL } from './version.ts';

/** How long an interrupted run may take to finish what it has in hand. */
const DRAIN_MS = 5000;
/** A quarter of what a pipe holds on Linux, all of what it holds on macOS. */
const MAX_SYNC_BYTES = 16_384;
const DEFAULT_COLUMNS = 80;
/** In the package, beside the bundle; a single file has none. */
const KEYCHAIN = join(import.meta.dirname, '../bin/keychain.cjs');

main();

async function main(): Promise<void> {
  const edge = processEdge(listenForSignals());
  process.exitCode = await run(COMMANDS, process.argv.slice(2), edge);
  // Every write was awaited, so nothing is pending but what would keep the process alive for no reason.
  process.exit();
}

/** The first signal asks to finish, the second (or the time) ends the process. */
function listenForSignals(): AbortSignal {
  const stop = new AbortController();
  // Bulk work hangs one listener a request on it.
  setMaxListeners(0, stop.signal);
  for (const [signal, [kind, code]] of Object.entries(END_SIGNALS)) {
    process.on(signal, () => {
      if (stop.signal.aborted) process.exit(code);
      setTimeout(() => process.exit(code), DRAIN_MS).unref();
      stop.abort(new Failure(kind, kind === 'interrupted' ? 'Interrupted' : 'Terminated'));
    });
  }
  return stop.signal;
}

function processEdge(signal: AbortSignal): Edge {
  return {
    env: process.env,
    platform: process.platform,
    homedir: homedir(),
    nodeVersion: process.versions.node,
    stdout: openSink(1, () => process.stdout),
    stderr: openSink(2, () => process.stderr),
    stdinIsTerminal: () => isTerminal(0),
    stdin: () => process.stdin,
    stderrStream: () => process.stderr,
    asset: (name) => import('./assets.ts').then(({ readAsset }) => readAsset(import.meta.dirname, name)),
    clock: systemClock,
    turn: () => new Promise((resolve) => setImmediate(resolve)),
    signal,
    signals: process,
    processes: { pid: process.pid, isAlive },
    releasesUrl: new URL(RELEASES_URL),
    get keychain() {
      return existsSync(KEYCHAIN) ? { path: process.execPath, args: [KEYCHAIN] } : null;
    },
  };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) === 'EPERM';
  }
}

/**
 * The first bytes are written at once: making `process.stdout` costs a fifth of an empty process, and an empty
 * pipe has room for them. What follows goes through the stream, awaited: writing at once into a pipe that nobody
 * reads would stop the whole process, signals too, and output pending at exit would be lost.
 */
function openSink(fd: 1 | 2, openStream: () => NodeJS.WriteStream): Sink {
  let stream: NodeJS.WriteStream | undefined;
  let roomAtOnce = TERMINAL_TAKES_BYTES || !isTerminal(fd) ? MAX_SYNC_BYTES : 0;
  const viaStream = (bytes: Uint8Array): Promise<void> => {
    stream ??= openStream().on('error', () => undefined);
    const open = stream;
    return new Promise((resolve, reject) => {
      open.write(bytes, (error) => (error ? reject(closedOr(error)) : resolve()));
    });
  };
  return {
    get isTerminal() {
      return isTerminal(fd);
    },
    get columns() {
      return isTerminal(fd) ? openStream().columns || DEFAULT_COLUMNS : null;
    },
    async write(text) {
      let bytes: Uint8Array = Buffer.from(text);
      roomAtOnce -= bytes.length;
      if (roomAtOnce < 0) return viaStream(bytes);
      while (bytes.length > 0) {
        try {
          bytes = bytes.subarray(writeSync(fd, bytes));
        } catch (error) {
          if (errorCode(error) !== 'EAGAIN') throw closedOr(error);
          roomAtOnce = 0;
          return viaStream(bytes);
        }
      }
    },
  };
}

/** Loads node:tty, a tenth of an empty process, only for what may be a terminal. */
function isTerminal(fd: number): boolean {
  try {
    const status = fstatSync(fd);
    if (!status.isCharacterDevice() || status.rdev === nullDevice()) return false;
  } catch {
    // A closed descriptor is no terminal.
    if (DESCRIPTORS_TELL) return false;
  }
  return process.getBuiltinModule('node:tty').isatty(fd);
}

/** Where scheduled jobs send what nobody reads; null on Windows, where it has no number. */
function nullDevice(): number | null {
  return DESCRIPTORS_TELL ? statSync(devNull).rdev : null;
}

function closedOr(error: unknown): unknown {
  return READER_GONE.has(errorCode(error)) ? new ClosedOutput() : error;
}

function errorCode(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
