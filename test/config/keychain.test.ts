import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Clock, systemClock } from '../../src/clock.ts';
import type { HelperProgram } from '../../src/config/keychain/helper.ts';
import { openProfiles } from '../../src/config/profiles.ts';
import { openSecrets, type WebhookSecrets } from '../../src/config/secrets.ts';
import { makeVault } from '../../src/config/vault.ts';
import { InKeychain, Secret } from '../../src/secret.ts';
import { lacking, PROGRAM, type SecretService, startSecretService } from '../support/keychain.ts';
import { patient } from '../support/patient.ts';
import { environment, failureOf, filesIn, keyText, scratch } from './scratch.ts';
import { bundleWorkers, type Workers } from './workers.ts';

let service: SecretService;
let workers: Workers;

interface Given {
  readonly isChosen?: boolean;
  readonly program?: HelperProgram;
  readonly env?: Readonly<Record<string, string>>;
  readonly clock?: Clock;
}

/** The waits are short where nobody answers anyway. */
const hasty: Clock = { ...systemClock, sleep: (ms, signal) => systemClock.sleep(ms / 20, signal) };

function open(configDir: string, given: Given = {}) {
  const { isChosen = true, program = PROGRAM, env = service?.env ?? {}, clock = patient } = given;
  const losses: string[] = [];
  const surroundings = { ...environment(), onDamage: (message: string) => losses.push(message) };
  const troubles: string[] = [];
  const onTrouble = (message: string) => troubles.push(message);
  const vault = makeVault(isChosen, { program, env, clock, configDir, onTrouble });
  const options = { ...surroundings, configDir, vault };
  return {
    secrets: openSecrets({ ...options, profile: 'default' }),
    profiles: openProfiles(options),
    vault,
    losses,
    troubles,
  };
}

const added = (value: string, minute = 0, webhookId = 'one') => ({
  webhookId,
  secret: new Secret(value),
  obtainedAt: `2026-01-01T00:0${minute}:00.000Z`,
});

const values = (kept: WebhookSecrets | null): readonly string[] =>
  kept?.secrets.map(({ secret }) => secret.reveal()) ?? [];

const places = async (dir: string): Promise<readonly string[]> =>
  (await open(dir).secrets.look('one'))?.secrets.map(({ storedIn }) => storedIn) ?? [];

/** All that is on disk below `dir`. */
const textOf = (dir: string): string =>
  filesIn(dir)
    .filter((name) => name.endsWith('.json'))
    .map((name) => readFileSync(join(dir, name), 'utf8'))
    .join('\n');

const held = (): readonly string[] => [...service.entries().values()].sort();

describe.skipIf(lacking !== null)(`a real Secret Service${lacking ? ` (without ${lacking})` : ''}`, () => {
  beforeAll(async () => {
    service = await startSecretService();
    workers = await bundleWorkers();
  });
  afterAll(async () => {
    workers.remove();
    await service.close();
  });

  it('holds the secret, and the file only says so', async () => {
    const dir = scratch();
    await open(dir).secrets.put(added('whsec_canary'));
    expect(values(await open(dir).secrets.get('one'))).toEqual(['whsec_canary']);
    expect(values((await open(dir).secrets.list())[0] ?? null)).toEqual(['whsec_canary']);
    expect(held()).toContain('whsec_canary');
    expect([...service.entries().keys()]).toContainEqual(expect.stringMatching(/^default\/one\//));
    expect(textOf(dir)).not.toContain('canary');
    await open(dir).secrets.forget('one');
    expect(held()).not.toContain('whsec_canary');
  });

  it('is not asked for what the file knows', async () => {
    const dir = scratch();
    await open(dir).secrets.put(added('whsec_1'));
    const { secrets, troubles } = open(dir, { program: null });
    expect((await secrets.survey())[0]).toMatchObject({
      webhookId: 'one',
      secrets: [{ storedIn: 'keychain' }],
    });
    expect(await secrets.look('one')).toMatchObject({
      secrets: [{ obtainedAt: '2026-01-01T00:00:00.000Z' }],
    });
    expect(await secrets.revision()).toMatch(/one\.json/);
    expect(troubles).toEqual([]);
    await open(dir).secrets.forget('one');
  });

  it('has one entry for one value, and none for the secrets that are out', async () => {
    const dir = scratch();
    const { secrets } = open(dir);
    for (let minute = 1; minute <= 6; minute += 1) await secrets.put(added(`s${minute}`, minute));
    await open(dir).secrets.put(added('s6', 9));
    expect(values(await open(dir).secrets.get('one'))).toEqual(['s6', 's5', 's4', 's3', 's2']);
    expect(held()).toEqual(['s2', 's3', 's4', 's5', 's6']);
    expect(await secrets.forget('one')).toBe(true);
    expect(await secrets.get('one')).toBeNull();
    expect(held()).toEqual([]);
  });

  it('keeps those of two folders, and of two webhooks, apart', async () => {
    const [here, there] = [scratch(), scratch()];
    await open(here).secrets.put(added('same'));
    await open(here).secrets.put(added('same', 0, 'two'));
    await open(there).secrets.put(added('same'));
    await open(there).secrets.forget('one');
    expect(held()).toEqual(['same', 'same']);
    expect(values(await open(here).secrets.get('one'))).toEqual(['same']);
    for (const id of ['one', 'two']) await open(here).secrets.forget(id);
    expect(held()).toEqual([]);
  });

  it('takes over what is stored anew, and gives it back to the file in the same way', async () => {
    const dir = scratch();
    await open(dir, { isChosen: false }).secrets.put(added('moves', 1));
    await open(dir).secrets.put(added('new', 2));
    expect(await places(dir)).toEqual(['keychain', 'file']);
    await open(dir).secrets.put(added('moves', 3));
    expect(await places(dir)).toEqual(['keychain', 'keychain']);
    expect(values(await open(dir).secrets.get('one'))).toEqual(['new', 'moves']);
    expect(textOf(dir)).not.toContain('moves');
    for (const value of ['new', 'moves']) await open(dir, { isChosen: false }).secrets.put(added(value, 4));
    expect(await places(dir)).toEqual(['file', 'file']);
    expect(values(await open(dir).secrets.get('one'))).toEqual(['new', 'moves']);
    expect(held()).toEqual([]);
  });

  it('that lost an entry is told of, and takes the value again', async () => {
    const dir = scratch();
    const { secrets, vault } = open(dir);
    await secrets.put(added('lost'));
    const [account = ''] = service.entries().keys();
    await (await vault.open()).drop(new InKeychain(account));
    expect(await failureOf(() => open(dir).secrets.get('one'))).toMatchObject({
      kind: 'store_unwritable',
      message: expect.stringContaining('A signing secret of webhook one is no longer in the keychain'),
    });
    await open(dir).secrets.put(added('lost'));
    expect(values(await open(dir).secrets.get('one'))).toEqual(['lost']);
    await secrets.forget('one');
  });

  it('that lost one webhook, or a previous secret, still gives the others, and that is said once', async () => {
    const dir = scratch();
    await open(dir).secrets.put(added('gone', 1));
    const [account = ''] = service.entries().keys();
    await open(dir).secrets.put(added('there', 1, 'two'));
    await (await open(dir).vault.open()).drop(new InKeychain(account));
    const { secrets, losses } = open(dir);
    expect((await secrets.list()).map(({ webhookId }) => webhookId)).toEqual(['two']);
    await secrets.list();
    expect(losses).toEqual([
      `A signing secret of webhook one is no longer in the keychain (${account}): it is left out`,
    ]);
    await secrets.put(added('new', 2));
    expect(values(await secrets.get('one'))).toEqual(['new']);
    expect((await open(dir).secrets.list()).map(values)).toEqual([['new'], ['there']]);
    for (const id of ['one', 'two']) await open(dir).secrets.forget(id);
  });

  it('holds the key of a profile until another takes its place', async () => {
    const dir = scratch();
    const login = async (key: string): Promise<void> => {
      const { profiles } = open(dir);
      const apiKey = await profiles.place('live', new Secret(key));
      await profiles.update('live', ({ values: kept }) => ({ apiKey, values: { ...kept, timeout: '5s' } }));
    };
    await login('kycg_1');
    await login('kycg_2');
    expect(held()).toEqual(['kycg_2']);
    expect(textOf(dir)).not.toContain('kycg_');
    const { profiles } = open(dir);
    const { apiKey } = await profiles.read('live');
    expect(keyText(apiKey)).toBe('in the keychain');
    expect(apiKey && (await profiles.reveal('live', apiKey)).reveal()).toBe('kycg_2');
    await profiles.update('live', (profile) => ({ ...profile, values: {} }));
    expect(held()).toEqual(['kycg_2']);
    expect(await profiles.remove('live')).toBe(true);
    expect(held()).toEqual([]);
  });

  it('that falls silent is given up after 3 s: the secret goes into its file, said once', async () => {
    const dir = scratch();
    await open(dir).secrets.put(added('before', 1));
    service.fallAsleep();
    const { secrets, troubles } = open(dir, { clock: hasty });
    let turns = 0;
    const counting = setInterval(() => {
      turns += 1;
    }, 5);
    try {
      await secrets.put(added('during', 2));
      await secrets.put(added('after', 3));
      expect(turns).toBeGreaterThan(5);
      expect(troubles).toEqual([
        expect.stringMatching(
          /did not answer within 3 s.* locked.*\. What is stored now goes into files in /,
        ),
      ]);
      expect(await places(dir)).toEqual(['file', 'file', 'keychain']);
      expect(await failureOf(() => open(dir, { clock: hasty }).secrets.get('one'))).toMatchObject({
        kind: 'store_unwritable',
        message:
          'A signing secret of webhook one is in the keychain, and it did not answer within 3 s: it may be locked and wait for its password',
        hint: expect.stringContaining('Unlock the keychain'),
      });
    } finally {
      clearInterval(counting);
      service.wakeUp();
    }
    expect(values(await open(dir).secrets.get('one'))).toEqual(['after', 'during', 'before']);
    await open(dir).secrets.forget('one');
  });

  it('that is asleep as a secret is forgotten: that is said', async () => {
    const dir = scratch();
    await open(dir).secrets.put(added('stays'));
    service.fallAsleep();
    const { secrets, troubles } = open(dir, { clock: hasty });
    try {
      expect(await secrets.forget('one')).toBe(true);
    } finally {
      service.wakeUp();
    }
    expect(await secrets.look('one')).toBeNull();
    expect(troubles).toEqual([
      expect.stringMatching(/the keychain may still hold kycgenie-cli default\/one\//),
    ]);
    for (const account of service.entries().keys())
      await (await open(dir).vault.open()).drop(new InKeychain(account));
  });

  it('that is locked, with nobody to ask for the password, refuses; unlocked, it has everything', async () => {
    const dir = scratch();
    await open(dir).secrets.put(added('locked', 1));
    await service.lock();
    const { secrets, troubles } = open(dir);
    await secrets.put(added('meanwhile', 2));
    expect(troubles).toEqual([expect.stringContaining('it refused: ')]);
    expect(await failureOf(() => secrets.get('one'))).toMatchObject({
      message: expect.stringContaining('is in the keychain, and it refused: '),
    });
    await service.unlock();
    expect(values(await open(dir).secrets.get('one'))).toEqual(['meanwhile', 'locked']);
    await open(dir).secrets.forget('one');
  });

  it('keeps no more than all systems do', async () => {
    const dir = scratch();
    const long = 'x'.repeat(1281);
    const { secrets, troubles } = open(dir);
    await secrets.put(added(long));
    expect(troubles).toEqual([expect.stringContaining('it keeps no more than 1280 characters')]);
    expect(values(await open(dir, { program: null }).secrets.get('one'))).toEqual([long]);
  });

  it('outlives its helper, which may be killed at any time', async () => {
    const dir = scratch();
    const { secrets, troubles } = open(dir, { program: dying(dir) });
    await secrets.put(added('kept'));
    expect(values(await open(dir).secrets.get('one'))).toEqual(['kept']);
    expect(troubles).toEqual([]);
    await open(dir).secrets.forget('one');
  });

  it('and kill -9 between the keychain and the file: the same put finishes it', async () => {
    const dir = scratch();
    const job = { dir, env: service.env, program: PROGRAM, webhookId: 'one', secret: 'twice' } as const;
    const dead = workers.start({ ...job, do: 'die-after-keychain' });
    expect(await dead.ended).toBeNull();
    expect(held()).toEqual(['twice']);
    expect(await open(dir).secrets.look('one')).toBeNull();
    await open(dir).secrets.put(added('twice'));
    expect(values(await open(dir).secrets.get('one'))).toEqual(['twice']);
    await open(dir).secrets.forget('one');
    for (const account of service.entries().keys())
      await (await open(dir).vault.open()).drop(new InKeychain(account));
  });

  it.each([
    ['forgotten', (dir: string) => open(dir).secrets.forget('one')],
    ['moved into the file', (dir: string) => open(dir, { isChosen: false }).secrets.put(added('same', 2))],
    ['written anew', (dir: string) => writtenAnew(dir)],
  ])('and what is %s while it is stored once more stays stored', async (_how, meanwhile) => {
    const dir = scratch();
    await open(dir).secrets.put(added('same', 1));
    const { vault, secrets } = open(dir);
    const keychain = await vault.open();
    const has = vi.spyOn(keychain, 'has').mockImplementationOnce(async (kept, secret) => {
      has.mockRestore();
      const isThere = await keychain.has(kept, secret);
      await meanwhile(dir);
      return isThere;
    });
    await secrets.put(added('same', 3));
    expect(values(await open(dir).secrets.get('one'))).toEqual(['same']);
    await open(dir).secrets.forget('one');
    expect(held()).toEqual([]);
  });

  /** By a process that the keychain told, for a moment, that it has not got it. */
  async function writtenAnew(dir: string): Promise<void> {
    const { vault, secrets } = open(dir);
    vi.spyOn(await vault.open(), 'has').mockResolvedValueOnce(false);
    await secrets.put(added('same', 2));
  }

  it('and many processes at once lose nothing', async () => {
    const dir = scratch();
    const jobs = ['a', 'b', 'c'].map(
      (secret) =>
        ({
          do: 'put-in-keychain',
          dir,
          env: service.env,
          program: PROGRAM,
          webhookId: 'one',
          secret,
        }) as const,
    );
    await workers.all(jobs);
    expect([...values(await open(dir).secrets.get('one'))].sort()).toEqual(['a', 'b', 'c']);
    await open(dir).secrets.forget('one');
    expect(held()).toEqual([]);
  });
});

/** A helper whose first process ends without an answer. */
function dying(dir: string): HelperProgram {
  const script = join(dir, 'dying.cjs');
  const mark = join(dir, 'died');
  writeFileSync(
    script,
    `const fs = require('node:fs');
    if (fs.existsSync(${JSON.stringify(mark)})) require(${JSON.stringify(PROGRAM.args[0])});
    else { fs.writeFileSync(${JSON.stringify(mark)}, ''); process.exit(0); }`,
  );
  return { path: process.execPath, args: [script] };
}

describe('without a keychain', () => {
  it.each([
    ['where the package is missing', () => alone(), /@napi-rs\/keyring, which reaches it, is not installed/],
    ['in a build without its helper', () => null, /@napi-rs\/keyring, which reaches it, is not installed/],
    [
      'where the helper breaks',
      () => ({ path: process.execPath, args: ['-e', ''] }),
      /failed: it ended with/,
    ],
    [
      'where the helper cannot be started',
      () => ({ path: '/nonexistent/node', args: [] }),
      /could not be started/,
    ],
    ['where the helper says anything else', () => saying('hello'), /said nothing that can be read/],
    [
      'where another value comes back',
      () => saying('{"value":"other"}'),
      /did not give back what it was given/,
    ],
  ])('%s, the secret goes into its file, and that is said', async (_where, program, problem) => {
    const dir = scratch();
    const { secrets, troubles } = open(dir, { program: program(), env: {} });
    await secrets.put(added('whsec_1'));
    expect(values(await secrets.get('one'))).toEqual(['whsec_1']);
    expect(troubles).toEqual([expect.stringMatching(problem)]);
    expect(troubles[0]).not.toContain('whsec_1');
    expect(readdirSync(join(dir, 'secrets', 'default'))).toEqual(['one.json']);
  });

  it.skipIf(process.platform !== 'linux')(
    'no kernel keyring stands in, which forgets at a restart',
    async () => {
      const dir = scratch();
      const { secrets, troubles } = open(dir, {
        env: { DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent/bus' },
      });
      await secrets.put(added('whsec_1'));
      expect(troubles).toEqual([expect.stringContaining('it refused: Platform failure: DBus error')]);
      expect(textOf(dir)).toContain('whsec_1');
    },
  );

  const alone = (): HelperProgram => {
    const script = join(scratch(), 'keychain.cjs');
    copyFileSync(PROGRAM.args[0], script);
    return { path: process.execPath, args: [script] };
  };
  const saying = (line: string): HelperProgram => ({
    path: process.execPath,
    args: ['-e', `process.stdin.on('data', () => console.log(${JSON.stringify(line)}))`],
  });
});
