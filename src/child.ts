import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import type { Clock } from './clock.ts';
import { systemReason } from './system-error.ts';

/** How long a program may take to end by itself once it is asked to. */
const TERM_MS = 2_000;

export type Environment = Readonly<Record<string, string | undefined>>;

interface Start {
  /** A program, not through a shell; or a command line as its user typed it, for the shell of the system. */
  readonly program: { readonly path: string; readonly args: readonly string[] } | { readonly line: string };
  /** Passed on without our own settings, keys and secrets. */
  readonly env: Environment;
  /** What the program is told besides, as it is. */
  readonly added?: Readonly<Record<string, string>>;
  readonly hasInput: boolean;
}

/** How a process ended: half a sentence for people. */
export interface Ending {
  readonly isSuccess: boolean;
  readonly how: string;
}

export interface Running {
  /** Null where it has no input. Writing to a program that does not read is no error. */
  readonly stdin: Writable | null;
  readonly outputs: readonly Readable[];
  /** Resolves when the process is gone, or never was. */
  readonly over: Promise<Ending>;
  /** Resolves when its outputs are closed, too; may never do: another process may hold them open. */
  readonly closed: Promise<void>;
  /** Asks it to end, and ends it after 2 s. Resolves when it is over. */
  stop(): Promise<void>;
}

/**
 * Starts another process. It is in our process group, so that Ctrl-C and a closed terminal end it, too, and that it
 * can ask on the terminal. Where we are killed outright it lives on until it notices that nobody has the other end of
 * its input or output: node cannot ask the system to end it with us.
 */
export function start({ program, env, added = {}, hasInput }: Start, clock: Clock): Running {
  const options: SpawnOptions = {
    env: { ...withoutOurs(env), ...added },
    stdio: [hasInput ? 'pipe' : 'ignore', 'pipe', 'pipe'],
    windowsHide: true,
  };
  const child =
    'line' in program
      ? spawn(program.line, { ...options, shell: true })
      : spawn(program.path, program.args, options);
  child.stdin?.on('error', () => undefined);
  const over = outcome(child);
  return {
    stdin: child.stdin,
    outputs: [child.stdout, child.stderr].filter((output) => output !== null),
    over,
    closed: new Promise((resolve) => child.once('close', () => resolve())),
    stop: () => stop(child, over, clock),
  };
}

function outcome(child: ChildProcess): Promise<Ending> {
  return new Promise((resolve) => {
    child.once('error', (error) => {
      if (child.pid === undefined)
        resolve({ isSuccess: false, how: `it could not be started: ${systemReason(error)}` });
    });
    child.once('exit', (code, signal) => {
      const how = signal === null ? `it ended with exit code ${code}` : `it was ended by ${signal}`;
      resolve({ isSuccess: code === 0, how });
    });
  });
}

async function stop(child: ChildProcess, over: Promise<unknown>, clock: Clock): Promise<void> {
  child.kill('SIGTERM');
  if (!(await withinTime(clock, TERM_MS, over))) child.kill('SIGKILL');
  await over;
  // A process of its own that still holds them is not waited for.
  child.stdin?.destroy();
  child.stdout?.destroy();
  child.stderr?.destroy();
}

/** Whether it came within `ms`. */
export async function withinTime(clock: Clock, ms: number, awaited: Promise<unknown>): Promise<boolean> {
  const late = new AbortController();
  const timer = clock.sleep(ms, late.signal).then(
    () => false,
    () => false,
  );
  const isInTime = await Promise.race([awaited.then(() => true), timer]);
  late.abort();
  return isInTime;
}

/** Another program has no business with our settings, keys and secrets. */
function withoutOurs(env: Environment): NodeJS.ProcessEnv {
  const isOurs = (name: string, value = ''): boolean =>
    name.startsWith('KYCGENIE_') || /^(?:whsec_|kycg_)/.test(value);
  return Object.fromEntries(Object.entries(env).filter(([name, value]) => !isOurs(name, value)));
}
