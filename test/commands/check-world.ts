import { afterEach, beforeEach } from 'vitest';
import { type Clock, systemClock } from '../../src/clock.ts';
import { openSecrets } from '../../src/config/secrets.ts';
import { Secret } from '../../src/secret.ts';
import { OLD_SECRET, type Running, SECRET, startReceiver } from '../check/receivers.ts';
import { kycgenie, type Ran, temporaryHome, type World } from '../support/cli.ts';

export const DAY_MS = 24 * 3_600_000;

const hasty: Clock = { ...systemClock, sleep: (ms, signal) => systemClock.sleep(Math.min(ms, 1), signal) };
const ENV = { KYC_SECRET: SECRET, KYC_OLD: OLD_SECRET };

interface Stored {
  readonly eventType?: string;
  readonly webhookUrl?: string;
  readonly ageMs?: number;
}

/** A home and receivers for the tests of one file, gone after each. */
export function checkWorld() {
  let home: ReturnType<typeof temporaryHome>;
  const receivers: Running[] = [];
  beforeEach(() => {
    home = temporaryHome();
  });
  afterEach(async () => {
    await Promise.all(receivers.splice(0).map((receiver) => receiver.close()));
    home.remove();
  });
  const check = (argv: readonly string[], world: World = {}): Promise<Ran> =>
    kycgenie(['check', ...argv], { clock: hasty, ...world, env: { ...home.env, ...ENV, ...world.env } });
  return {
    check,
    /** With the secret that the receivers know. */
    signed: (argv: readonly string[], world?: World): Promise<Ran> =>
      check(['--secret-env', 'KYC_SECRET', ...argv], world),
    async start(...args: Parameters<typeof startReceiver>): Promise<Running> {
      const receiver = await startReceiver(...args);
      receivers.push(receiver);
      return receiver;
    },
    /** The current secret first, each a day older than the one before it. */
    async store(
      webhookId: string,
      secrets: readonly string[],
      { ageMs = 0, ...facts }: Stored = {},
    ): Promise<void> {
      const environment = { clock: systemClock, signals: process, onDamage: () => undefined };
      const kept = openSecrets({ ...environment, configDir: home.folder, profile: 'default' });
      for (const [index, secret] of [...secrets.entries()].toReversed()) {
        const obtainedAt = new Date(Date.now() - ageMs - index * DAY_MS).toISOString();
        await kept.put({ webhookId, secret: new Secret(secret), obtainedAt, ...facts });
      }
    },
  };
}
