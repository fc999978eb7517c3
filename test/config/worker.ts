import { hostname } from 'node:os';
import { systemClock } from '../../src/clock.ts';
import { openJournal } from '../../src/config/journal.ts';
import { openProfiles } from '../../src/config/profiles.ts';
import { openSecrets } from '../../src/config/secrets.ts';
import { makeVault, type Vault } from '../../src/config/vault.ts';
import { withLock } from '../../src/lock.ts';
import { Secret } from '../../src/secret.ts';
import { patient } from '../support/patient.ts';
import type { InKeychainJob, Job } from './workers.ts';

/** What a child process does in the tests of this folder; bundled and run by workers.ts. */

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};
const environment = {
  clock: systemClock,
  signals: process,
  onDamage: (message: string) => say(`damage ${message}`),
};
const processes = {
  pid: process.pid,
  isAlive(pid: number): boolean {
    try {
      process.kill(pid, 0);
      return true;
    } catch {
      return false;
    }
  },
};
const forever = (): Promise<never> => new Promise(() => setInterval(() => undefined, 1_000_000));

async function updateProfiles(job: Job & { do: 'update-profiles' }): Promise<void> {
  const profiles = openProfiles({ ...environment, configDir: job.dir });
  for (let index = 0; index < job.count; index += 1) {
    await profiles.update('shared', ({ apiKey, values }) => ({
      apiKey,
      values: { ...values, timeout: `${values.timeout ?? ''}${job.label}.${index} ` },
    }));
    say(`${job.label}.${index}`);
  }
}

async function put(job: Job & { do: 'put' }): Promise<void> {
  const secrets = openSecrets({ ...environment, configDir: job.dir, profile: 'default' });
  for (let index = 0; index < job.count; index += 1) {
    const secret = new Secret(`${job.secret}${job.count > 1 ? index : ''}`);
    const obtainedAt = new Date(index).toISOString();
    await secrets.put({ webhookId: job.webhookId, secret, obtainedAt });
    say(secret.reveal());
  }
}

async function putInKeychain(job: Job & InKeychainJob, vault: Vault): Promise<void> {
  const secrets = openSecrets({ ...environment, configDir: job.dir, profile: 'default', vault });
  await secrets.put({
    webhookId: job.webhookId,
    secret: new Secret(job.secret),
    obtainedAt: new Date().toISOString(),
  });
}

const vaultOf = ({ dir, program, env }: Job & InKeychainJob): Vault =>
  makeVault(true, { program, env, clock: patient, configDir: dir, onTrouble: say });

/** The keychain has it, and nobody has heard of that yet. */
const dyingAfterKeep = (vault: Vault): Vault => ({
  isChosen: true,
  async open() {
    const keychain = await vault.open();
    return {
      has: (kept, secret) => keychain.has(kept, secret),
      read: (kept, wanted) => keychain.read(kept, wanted),
      drop: (kept) => keychain.drop(kept),
      probe: () => keychain.probe(),
      async keep(owner, secret) {
        await keychain.keep(owner, secret);
        process.kill(process.pid, 'SIGKILL');
        return forever();
      },
    };
  },
});

async function begin(job: Job & { do: 'begin' }): Promise<void> {
  const journal = openJournal({ ...environment, dataDir: job.dir, hostname: hostname(), processes });
  for (let index = 0; index < job.count; index += 1) {
    const { id } = await journal.begin({
      kind: 'rotate',
      webhookId: 'one',
      idempotencyKey: 'key-of-sixteen-characters',
      profile: 'default',
      baseUrl: 'http://localhost',
      apiVersion: 'v2',
      account: 'account-1',
    });
    say(id);
  }
  await forever();
}

async function claimAll(job: Job & { do: 'claim-all' }): Promise<void> {
  const journal = openJournal({ ...environment, dataDir: job.dir, hostname: hostname(), processes });
  for (const { id } of await journal.orphans()) {
    if (await journal.claim(id)) say(id);
  }
  say('done');
  await forever();
}

async function count(job: Job & { do: 'count' }): Promise<void> {
  const { readFileSync, writeFileSync } = await import('node:fs');
  for (let index = 0; index < job.count; index += 1) {
    await withLock(job.dir, systemClock, async () => {
      const before = Number(readFileSync(job.dir, 'utf8'));
      await new Promise((resolve) => setImmediate(resolve));
      writeFileSync(job.dir, String(before + 1));
    });
  }
}

async function hold(job: Job & { do: 'hold' }): Promise<void> {
  await withLock(job.dir, systemClock, () => {
    say('held');
    return forever();
  });
}

async function interrupt(job: Job & { do: 'interrupt' }): Promise<void> {
  let heard = 0;
  process.on('SIGINT', () => {
    heard += 1;
    say(`heard ${heard}`);
  });
  await updateProfiles({ do: 'update-profiles', dir: job.dir, label: 'before', count: 1 });
  process.kill(process.pid, 'SIGINT');
  await new Promise((resolve) => setTimeout(resolve, 200));
  say('still here');
}

async function perform(job: Job): Promise<void> {
  if (job.umask !== undefined) process.umask(job.umask);
  switch (job.do) {
    case 'update-profiles':
      return updateProfiles(job);
    case 'put':
      return put(job);
    case 'put-in-keychain':
      return putInKeychain(job, vaultOf(job));
    case 'die-after-keychain':
      return putInKeychain(job, dyingAfterKeep(vaultOf(job)));
    case 'begin':
      return begin(job);
    case 'claim-all':
      return claimAll(job);
    case 'count':
      return count(job);
    case 'hold':
      return hold(job);
    case 'interrupt':
      return interrupt(job);
  }
}

const job: Job = JSON.parse(process.argv[2] ?? '');
perform(job).then(
  () => process.exit(0),
  (error: unknown) => {
    say(`error ${error instanceof Error ? error.message : String(error)}`);
    process.exit(1);
  },
);
