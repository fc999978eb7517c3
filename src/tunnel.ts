import type { Clock } from './clock.ts';
import { Failure } from './errors.ts';
import { type Child, run } from './tunnel/child.ts';
import type { TunnelChoice } from './tunnel/choice.ts';
import { findProgram } from './tunnel/find.ts';
import { type Program, programOf, type Ready, type Target } from './tunnel/programs.ts';

/** How long a program may take until its tunnel stands. */
const READY_TIMEOUT_MS = 30_000;

export interface TunnelOptions {
  readonly choice: TunnelChoice;
  readonly target: Target;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  /** Ends the wait for it to stand; whoever has it closes it. */
  readonly signal: AbortSignal;
}

/** A running tunnel program, its tunnel standing. */
export interface Tunnel {
  readonly ready: Ready;
  /** Resolves when the program has ended, with half a sentence on how. */
  readonly ended: Promise<string>;
  /** Resolves when the program is gone: at once or killed after 2 s. */
  close(): Promise<void>;
}

/** Throws Failure `usage` where the program is not installed: to be asked before anything is begun. */
export function requireProgram(choice: TunnelChoice, env: TunnelOptions['env']): void {
  const origin = new URL('http://127.0.0.1');
  locate(programOf(choice, { origin, isPublic: false }), env);
}

/**
 * Starts the program and waits until its tunnel stands. Throws Failure `usage` where it is not installed, `network`
 * where it ends, `timeout` where it says nothing for 30 s; then it does not run any more.
 */
export async function openTunnel({ choice, target, env, clock, signal }: TunnelOptions): Promise<Tunnel> {
  signal.throwIfAborted();
  const program = programOf(choice, target);
  const path = locate(program, env);
  let onReady: (ready: Ready) => void = () => undefined;
  const stands = new Promise<Ready>((resolve) => {
    onReady = resolve;
  });
  const onLine = (line: string): void => {
    const ready = program.read(line);
    if (ready) onReady(ready);
  };
  const { args, readsInput: keepsInputOpen } = program;
  const child = run({ path, args, env, keepsInputOpen, onLine }, clock);
  try {
    const ready = await firstOf(stands, child, program, clock, signal);
    return { ready, ended: child.ended, close: () => child.stop() };
  } catch (error) {
    await child.stop();
    throw error;
  }
}

function locate({ file, install }: Program, env: TunnelOptions['env']): string {
  const path = findProgram(file, env);
  if (path !== null) return path;
  throw new Failure('usage', `${file} is not installed, or not on PATH`, { hint: install });
}

async function firstOf(
  stands: Promise<Ready>,
  { ended }: Child,
  { file, help }: Program,
  clock: Clock,
  signal: AbortSignal,
): Promise<Ready> {
  const over = new AbortController();
  const late = clock.sleep(READY_TIMEOUT_MS, AbortSignal.any([signal, over.signal])).then(() => {
    throw new Failure('timeout', `${file} told no tunnel within ${READY_TIMEOUT_MS / 1000} s`, {
      hint: help,
    });
  });
  const failed = ended.then((how) => {
    throw new Failure('network', `${file} opened no tunnel: ${how}`, { hint: help });
  });
  try {
    return await Promise.race([stands, late, failed]);
  } finally {
    // Whichever comes later is of no interest.
    late.catch(() => undefined);
    failed.catch(() => undefined);
    over.abort();
  }
}
