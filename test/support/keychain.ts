import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A real Secret Service with a bus, a home and a keyring of its own. */
export interface SecretService {
  /** What finds it. */
  readonly env: Readonly<Record<string, string>>;
  /** Values and accounts of ours, as another program sees them; by account. */
  entries(): ReadonlyMap<string, string>;
  /** As by a person who removes an entry. */
  lose(account: string): void;
  /** Answers nobody until it is woken. */
  fallAsleep(): void;
  wakeUp(): void;
  /** Starts it anew, with its keyring locked and nobody to ask for the password. */
  lock(): Promise<void>;
  unlock(): Promise<void>;
  close(): Promise<void>;
}

const START_MS = 20_000;
const PROGRAMS = ['dbus-daemon', 'dbus-send', 'gnome-keyring-daemon', 'secret-tool'];
const hasProgram = (name: string): boolean =>
  spawnSync('sh', ['-c', `command -v ${name}`], { stdio: 'ignore' }).status === 0;

/** Null where a test can run; else what is lacking, for the name of the test. */
export const lacking = PROGRAMS.filter((name) => !hasProgram(name)).join(', ') || null;

/** What main.ts gives. */
export const PROGRAM = {
  path: process.execPath,
  args: [join(import.meta.dirname, '../../bin/keychain.cjs')],
} as const;

/** No folders of services: nobody is started by asking for them. */
const BUS = (folder: string): string => `<busconfig>
  <type>session</type>
  <listen>unix:path=${folder}/bus</listen>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>`;

export async function startSecretService(): Promise<SecretService> {
  const folder = mkdtempSync(join(tmpdir(), 'kycgenie-keychain-'));
  mkdirSync(join(folder, 'run'), { mode: 0o700 });
  writeFileSync(join(folder, 'bus.conf'), BUS(folder));
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: folder,
    XDG_RUNTIME_DIR: join(folder, 'run'),
    XDG_DATA_HOME: join(folder, 'data'),
    DBUS_SESSION_BUS_ADDRESS: `unix:path=${folder}/bus`,
  };
  const bus = spawn('dbus-daemon', [`--config-file=${folder}/bus.conf`, '--nofork', '--print-address=1'], {
    env,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  await once(bus.stdout, 'data');
  let keyring = await startKeyring(env, true);
  const again = async (unlocked: boolean): Promise<void> => {
    await end(keyring);
    keyring = await startKeyring(env, unlocked);
  };
  return {
    env,
    entries: () => entriesOf(env),
    lose: (account) =>
      void execFileSync('secret-tool', ['clear', 'service', 'kycgenie-cli', 'username', account], { env }),
    fallAsleep: () => void keyring.kill('SIGSTOP'),
    wakeUp: () => void keyring.kill('SIGCONT'),
    lock: () => again(false),
    unlock: () => again(true),
    async close() {
      await end(keyring);
      await end(bus);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function startKeyring(env: NodeJS.ProcessEnv, unlocked: boolean): Promise<ChildProcess> {
  const args = ['--foreground', unlocked ? '--unlock' : '--start', '--components=secrets'];
  const keyring = spawn('gnome-keyring-daemon', args, { env, stdio: ['pipe', 'ignore', 'ignore'] });
  keyring.stdin.end('password');
  for (const begin = Date.now(); !(await isThere(env)); ) {
    if (keyring.exitCode !== null) throw new Error(`gnome-keyring-daemon ended: ${keyring.exitCode}`);
    if (Date.now() - begin > START_MS) throw new Error('gnome-keyring-daemon does not take its name');
  }
  return keyring;
}

async function isThere(env: NodeJS.ProcessEnv): Promise<boolean> {
  const owner = ['--print-reply', '--dest=org.freedesktop.DBus', '/', 'org.freedesktop.DBus.GetNameOwner'];
  const asking = spawn('dbus-send', [...owner, 'string:org.freedesktop.secrets'], { env, stdio: 'ignore' });
  const [code] = await once(asking, 'exit');
  return code === 0;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

function entriesOf(env: NodeJS.ProcessEnv): ReadonlyMap<string, string> {
  const found = spawnSync('secret-tool', ['search', '--all', 'service', 'kycgenie-cli'], {
    env,
    encoding: 'utf8',
  });
  const accounts = [...`${found.stdout}${found.stderr}`.matchAll(/^attribute\.username = (.*)$/gm)].flatMap(
    ([, account]) => account ?? [],
  );
  const lookUp = (account: string): string =>
    execFileSync('secret-tool', ['lookup', 'service', 'kycgenie-cli', 'username', account], {
      env,
      encoding: 'utf8',
    });
  return new Map(accounts.map((account) => [account, lookUp(account)]));
}
