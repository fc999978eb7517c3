import { readFileSync } from 'node:fs';

/** What is asked of the processes of this machine. */
export interface Processes {
  /** Of this process. */
  readonly pid: number;
  /** Also true for processes of other users. */
  isAlive(pid: number): boolean;
}

/** A process as the names of its files tell it. */
export interface WriterProcess {
  readonly pid: number;
  /** When it started, in the kernel's own count; `0` where the system does not say. */
  readonly started: string;
}

const UNKNOWN_START = '0';

export function describeWriter({ pid }: Processes): WriterProcess {
  return { pid, started: statusOf(pid)?.started ?? UNKNOWN_START };
}

/** True when the process no longer runs, also when its id has gone to another one, where the system tells. */
export function isGone({ pid, started }: WriterProcess, processes: Processes): boolean {
  if (!processes.isAlive(pid)) return true;
  const status = started === UNKNOWN_START ? null : statusOf(pid);
  return status !== null && (status.isOver || status.started !== started);
}

interface ProcessStatus {
  readonly started: string;
  /** Ended, and only waiting for its parent to notice. */
  readonly isOver: boolean;
}

/** From Linux's /proc; null elsewhere, or where it is hidden. */
function statusOf(pid: number): ProcessStatus | null {
  try {
    const line = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the command in parentheses and may hold anything; the third is the state.
    const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
    const [state, started] = [fields[0], fields[19]];
    return started === undefined ? null : { started, isOver: state === 'Z' || state === 'X' };
  } catch {
    return null;
  }
}
