import type { Clock } from '../../clock.ts';
import { withLock } from '../../lock.ts';

/** Another process that has it keeps it for as long as it runs: waiting would be in vain, but for a killed one. */
const WAIT_MS = 8_000;

/** Takes the lock beside `path` until it is released. Throws Failure `store_unwritable` where another has it. */
export function holdLock(path: string, clock: Clock): Promise<{ release(): Promise<void> }> {
  return new Promise((resolve, reject) => {
    let done: () => void = () => undefined;
    const released = new Promise<void>((end) => {
      done = end;
    });
    const work = (): Promise<void> => {
      resolve({
        release: async () => {
          done();
          await held;
        },
      });
      return released;
    };
    const held = withLock(path, clock, work, WAIT_MS);
    held.catch(reject);
  });
}
