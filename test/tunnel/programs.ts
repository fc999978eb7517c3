import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Clock, systemClock } from '../../src/clock.ts';
import { findProgram } from '../../src/tunnel/find.ts';

/** A folder on PATH with programs that stand in for others. */
export interface Programs {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  /** `script` is JavaScript; it sees how often it was started before as `run`, from 1. */
  install(name: string, script: string): void;
  /** The arguments of each start of a program so far. */
  starts(name: string): readonly (readonly string[])[];
  /** Process ids of its starts. */
  pids(name: string): readonly number[];
  remove(): void;
}

export function makePrograms(): Programs {
  const folder = mkdtempSync(join(tmpdir(), 'kycgenie-tunnel-'));
  const linesOf = (name: string): readonly { readonly args: readonly string[]; readonly pid: number }[] => {
    const log = join(folder, `${name}.log`);
    return existsSync(log)
      ? readFileSync(log, 'utf8')
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line))
      : [];
  };
  return {
    folder,
    env: { PATH: folder },
    install(name, script) {
      const log = JSON.stringify(join(folder, `${name}.log`));
      const head = `#!${process.execPath}
const fs = require('node:fs');
const line = JSON.stringify({ args: process.argv.slice(2), pid: process.pid });
fs.appendFileSync(${log}, line + '\\n');
const run = fs.readFileSync(${log}, 'utf8').trimEnd().split('\\n').length;
const stay = () => setInterval(() => undefined, 60_000);
`;
      writeFileSync(join(folder, name), head + script);
      chmodSync(join(folder, name), 0o755);
    },
    starts: (name) => linesOf(name).map(({ args }) => args),
    pids: (name) => linesOf(name).map(({ pid }) => pid),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** What cloudflared prints on stderr, each run under another name. */
export const CLOUDFLARED = `
const box = (text) => console.error('2026-01-02T03:04:05Z INF |  ' + text + '  |');
console.error('2026-01-02T03:04:05Z INF Thank you for trying Cloudflare Tunnel. See https://www.cloudflare.com/website-terms/');
console.error('2026-01-02T03:04:05Z INF Requesting new quick Tunnel on trycloudflare.com...');
console.error('2026-01-02T03:04:05Z INF +-----------------------------------------+');
box('Your quick Tunnel has been created! Visit it at (it may take some time to be reachable):');
box('https://run-' + run + '-of-tunnel.trycloudflare.com');
console.error('2026-01-02T03:04:06Z INF Registered tunnel connection connIndex=0');
stay();
`;

export const NGROK = `
const log = (entry) => console.log(JSON.stringify({ t: '2026-01-02T03:04:05+0000', lvl: 'info', ...entry }));
log({ msg: 'no configuration paths supplied' });
log({ msg: 'starting web service', obj: 'web', addr: '127.0.0.1:4040', allow_hosts: [] });
log({ msg: 'update available', url: 'https://ngrok.com/download' });
log({ msg: 'started tunnel', obj: 'tunnels', name: 'command_line', addr: process.argv[3], url: 'https://ab12.ngrok-free.app' });
stay();
`;

const PAUSES_MS = [1000, 4000, 8000, 10_000];
/** Both a pause and what a program may take to end. */
const SHARED_MS = 2000;

/** Pauses between restarts pass at once, or nearly; nothing else does. */
export const hastyRestarts: Clock = {
  ...systemClock,
  sleep(ms, signal) {
    if (PAUSES_MS.includes(ms)) return systemClock.sleep(0, signal);
    return systemClock.sleep(ms === SHARED_MS ? 200 : ms, signal);
  },
};

const SSHD = '/usr/sbin/sshd';
export const CAN_SSH = existsSync(SSHD) && findProgram('ssh', process.env) !== null;

export interface Sshd {
  readonly port: number;
  readonly user: string;
  /** `ssh` on this PATH has the identity and knows the host. */
  readonly programs: Programs;
  /** Makes the host an unknown one. */
  forgetHost(): void;
  close(): Promise<void>;
}

/** An OpenSSH server of this user on loopback; sessions say what localhost.run says, and last while their input does. */
export async function startSshd(): Promise<Sshd> {
  const programs = makePrograms();
  const at = (name: string): string => join(programs.folder, name);
  for (const name of ['host', 'id'])
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', at(name)]);
  writeFileSync(at('authorized_keys'), readFileSync(at('id.pub')), { mode: 0o600 });
  const port = await freePort();
  writeFileSync(
    at('sshd_config'),
    `Port ${port}
ListenAddress 127.0.0.1
HostKey ${at('host')}
AuthorizedKeysFile ${at('authorized_keys')}
StrictModes no
UsePAM no
PidFile none
PasswordAuthentication no
ForceCommand echo 'Go to https://admin.localhost.run/ for more.'; echo 'f00.lhr.life tunneled with tls termination, https://f00.lhr.life'; exec cat
`,
  );
  writeFileSync(at('known'), `[127.0.0.1]:${port} ${readFileSync(at('host.pub'), 'utf8')}`);
  writeFileSync(
    at('config'),
    `Host *
  IdentityFile ${at('id')}
  IdentitiesOnly yes
  IdentityAgent none
  UserKnownHostsFile ${at('known')}
  GlobalKnownHostsFile /dev/null
  LogLevel QUIET
`,
  );
  const ssh = String(findProgram('ssh', process.env));
  writeFileSync(
    at('ssh'),
    `#!/bin/sh\nprintf '{"args":[],"pid":%s}\\n' $$ >> '${at('ssh.log')}'\nexec '${ssh}' -F '${at('config')}' "$@"\n`,
    { mode: 0o755 },
  );
  const made = makeRunFolder();
  const server = spawn(SSHD, ['-D', '-e', '-f', at('sshd_config')], { stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = once(server, 'exit');
  const lines = createInterface(server.stderr);
  await Promise.race([
    new Promise<void>((resolve) =>
      lines.on('line', (line) => line.includes('Server listening') && resolve()),
    ),
    ended.then(() => {
      throw new Error('sshd did not start');
    }),
  ]);
  return {
    ...{ port, user: userInfo().username },
    programs: { ...programs, env: { PATH: [programs.folder, dirname(ssh)].join(delimiter) } },
    forgetHost: () => writeFileSync(at('known'), ''),
    async close() {
      server.kill('SIGTERM');
      await ended;
      programs.remove();
      if (made) rmSync(RUN_FOLDER, { recursive: true, force: true });
    },
  };
}

const RUN_FOLDER = '/run/sshd';

/** The server of the superuser wants its folder. */
function makeRunFolder(): boolean {
  if (process.getuid?.() !== 0 || existsSync(RUN_FOLDER)) return false;
  mkdirSync(RUN_FOLDER, { mode: 0o755 });
  return true;
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** Whether there is such a process. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
