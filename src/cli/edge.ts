import type { Readable, Writable } from 'node:stream';
import type { Clock } from '../clock.ts';
import type { HelperProgram } from '../config/keychain/helper.ts';
import type { SignalListeners } from '../config/replace-file.ts';
import type { Send } from '../http.ts';

/** An open output: the process's own, or a test's. */
export interface Sink {
  readonly isTerminal: boolean;
  /** Width of the terminal, null where there is none. */
  readonly columns: number | null;
  /** Resolves when the text is with the reader or the system; throws ClosedOutput when nobody reads any more. */
  write(text: string): Promise<void>;
}

/** The reader of an output has gone (`| head -1`): no error, but an end. */
export class ClosedOutput extends Error {
  override readonly name = 'ClosedOutput';
}

/** The world of one run, as a value: nothing below main.ts reaches past it. */
export interface Edge {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  readonly homedir: string;
  /** Of the runtime: `20.19.0`. */
  readonly nodeVersion: string;
  readonly stdout: Sink;
  readonly stderr: Sink;
  /** A question, not a value: the answer loads node:tty, a tenth of an empty process. */
  stdinIsTerminal(): boolean;
  /** Opened on first use: prompts and piped data. */
  stdin(): Readable;
  /** What prompts draw on. */
  stderrStream(): Writable;
  /** A file that is published with the program, by its path below dist/. Throws Failure `internal` without it. */
  asset(name: string): Promise<Uint8Array>;
  readonly clock: Clock;
  /** Resolves when what is ready now has been handled: at the end of this turn of the event loop. */
  turn(): Promise<void>;
  /** Aborts with Failure `interrupted` or `terminated`. */
  readonly signal: AbortSignal;
  readonly processes: { readonly pid: number; isAlive(pid: number): boolean };
  readonly keychain: HelperProgram;
  /** Where libraries hang their signal handlers. */
  readonly signals: SignalListeners;
  /** Where the newest version is asked for; it is not where absent. */
  readonly releasesUrl?: URL;
  /** Stands in for the sockets of API calls. */
  readonly send?: Send;
}
