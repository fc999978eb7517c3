import { readFileSync } from 'node:fs';

export interface ProcessStatus {
  /** When the process started, in the kernel's own count: tells it from a later one with the same id. */
  readonly started: string;
  /** Ended, and only waiting for its parent to notice. */
  readonly isOver: boolean;
}

/** From Linux's /proc; null elsewhere, or where it is hidden. */
export function processStatus(pid: number): ProcessStatus | null {
  try {
    const line = readFileSync(`/proc/${pid}/stat`, 'utf8').trim();
    // The second field is the command in parentheses and may hold anything; the third is the state.
    const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
    const [state, started] = [fields[0], fields[19]];
    return started === undefined ? null : { started, isOver: state === 'Z' || state === 'X' };
  } catch {
    return null;
  }
}
