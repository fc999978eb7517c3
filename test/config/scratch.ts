import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import { type Clock, systemClock } from '../../src/clock.ts';
import { Failure } from '../../src/errors.ts';
import { type InKeychain, Secret } from '../../src/secret.ts';

const made: string[] = [];

/** A folder of its own for one test, removed afterwards. */
export function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'kycgenie-config-'));
  made.push(folder);
  return folder;
}

afterEach(() => {
  for (const folder of made.splice(0)) {
    chmodSync(folder, 0o700);
    rmSync(folder, { recursive: true, force: true });
  }
});

export const modeOf = (path: string): string => (statSync(path).mode & 0o7777).toString(8);

/** Everything below `folder`, as relative paths. */
export function filesIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
}

/** A store environment that keeps what was reported. */
export function environment(clock: Clock = systemClock) {
  const damages: string[] = [];
  return { clock, signals: process, onDamage: (message: string) => damages.push(message), damages };
}

/** A clock that stands still until it is moved; its sleeps pass at once. */
export function standingClock(start = Date.parse('2026-01-02T03:04:05.678Z')) {
  let now = start;
  return {
    now: () => now,
    random: () => 0.5,
    sleep: async (ms: number) => {
      now += ms;
    },
    move: (ms: number) => {
      now += ms;
    },
  };
}

/** A key as a profile has it: the value, or that it is elsewhere. */
export const keyText = (key: Secret | InKeychain | null): string | undefined =>
  key instanceof Secret ? key.reveal() : key?.mask();

/** The Failure that `work` ends with. */
export async function failureOf(work: () => unknown): Promise<Failure> {
  try {
    await work();
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error('It did not fail');
}
