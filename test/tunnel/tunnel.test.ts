import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { Failure } from '../../src/errors.ts';
import { createSend } from '../../src/http.ts';
import { parseTunnel } from '../../src/tunnel/choice.ts';
import { openTunnel, requireProgram, type Tunnel } from '../../src/tunnel.ts';
import { startReceiver } from '../support/sandbox.ts';
import {
  CAN_SSH,
  CLOUDFLARED,
  freePort,
  isAlive,
  makePrograms,
  NGROK,
  type Programs,
  type Sshd,
  startSshd,
} from './programs.ts';

const ORIGIN = 'http://127.0.0.1:4242';

let programs: Programs;
const opened: Tunnel[] = [];

interface Given {
  readonly origin?: string;
  readonly isPublic?: boolean;
  readonly env?: Readonly<Record<string, string>>;
  readonly clock?: typeof systemClock;
  readonly signal?: AbortSignal;
}

async function open(choice: string, given: Given = {}): Promise<Tunnel> {
  const tunnel = await openTunnel({
    choice: parseTunnel(choice),
    target: { origin: new URL(given.origin ?? ORIGIN), isPublic: given.isPublic ?? false },
    env: given.env ?? programs.env,
    clock: given.clock ?? systemClock,
    signal: given.signal ?? new AbortController().signal,
  });
  opened.push(tunnel);
  return tunnel;
}

afterEach(async () => {
  await Promise.all(opened.splice(0).map((tunnel) => tunnel.close()));
});

/** Sleeps of this length pass at once. */
const hasty = (hastyMs: number) => ({
  ...systemClock,
  sleep: (ms: number, signal?: AbortSignal) => systemClock.sleep(ms === hastyMs ? 0 : ms, signal),
});

describe('a tunnel program', () => {
  beforeEach(() => {
    programs = makePrograms();
  });

  afterEach(() => programs.remove());

  test.each([
    ['cloudflared', CLOUDFLARED, 'https://run-1-of-tunnel.trycloudflare.com'],
    ['ngrok', NGROK, 'https://ab12.ngrok-free.app'],
  ])('%s tells its URL, and ends when it is closed', async (name, script, url) => {
    programs.install(name, script);
    const tunnel = await open(name);
    expect(tunnel.ready).toEqual({ kind: 'url', url });
    const [pid = 0] = programs.pids(name);
    expect(isAlive(pid)).toBe(true);
    expect(programs.starts(name)[0]).toContain(ORIGIN);
    await tunnel.close();
    expect(isAlive(pid)).toBe(false);
    expect(await tunnel.ended).toMatch(/^it was ended by SIGTERM/);
    await tunnel.close();
  });

  test.each([
    ['cloudflared', 'brew install cloudflared'],
    ['ngrok', 'https://ngrok.com/download'],
    ['ssh:me@example.com', 'openssh-client'],
  ])('%s that is not installed is a usage error that says how to', async (choice, hint) => {
    const usage = { kind: 'usage', hint: expect.stringContaining(hint) };
    await expect(open(choice)).rejects.toMatchObject(usage);
    expect(() => requireProgram(parseTunnel(choice), programs.env)).toThrow(expect.objectContaining(usage));
    expect(() => requireProgram(parseTunnel(choice), {})).toThrow(expect.objectContaining(usage));
  });

  test('is not looked for in the working folder', () => {
    programs.install('ngrok', NGROK);
    for (const PATH of ['', '.', 'relative'])
      expect(() => requireProgram(parseTunnel('ngrok'), { PATH })).toThrow('not installed');
  });

  test('that ends without a tunnel is a network failure with its last words', async () => {
    programs.install(
      'ngrok',
      `console.log('\\u001b[31mERROR: your account is limited\\u001b[0m'); process.exit(1);`,
    );
    await expect(open('ngrok')).rejects.toMatchObject({
      kind: 'network',
      message: 'ngrok opened no tunnel: it ended with exit code 1: ERROR: your account is limited',
      hint: expect.stringContaining('authtoken'),
    });
  });

  test.each([
    'Your authtoken: 2aBcDeFgHiJkLm',
    '{"err":"the token: \\"2aBcDeFgHiJkLm\\" is not valid"}',
    'authtoken=2aBcDeFgHiJkLm',
    'the key is 2aBcDeFgHiJkLm',
  ])('whose last words are %j has its secret kept out of the error', async (words) => {
    programs.install('ngrok', `console.log(${JSON.stringify(words)}); process.exit(1);`);
    const error: unknown = await open('ngrok').catch((thrown: unknown) => thrown);
    expect(String(error)).toContain('…');
    expect(String(error)).not.toContain('2aBcDeFg');
  });

  test('that says nothing is given up and ended', async () => {
    programs.install('cloudflared', `console.error('Requesting'); stay();`);
    await expect(open('cloudflared', { clock: hasty(30_000) })).rejects.toMatchObject({ kind: 'timeout' });
    for (const pid of programs.pids('cloudflared')) expect(isAlive(pid)).toBe(false);
  });

  test('that floods its output without an end of line does no harm', async () => {
    programs.install(
      'cloudflared',
      `process.stderr.write('x'.repeat(3e6), () => { process.stderr.write('\\n'); ${CLOUDFLARED} });`,
    );
    const { ready } = await open('cloudflared');
    expect(ready).toMatchObject({ kind: 'url' });
  });

  test('that does not want to end is killed', async () => {
    programs.install('cloudflared', `process.on('SIGTERM', () => undefined); ${CLOUDFLARED}`);
    const tunnel = await open('cloudflared', { clock: hasty(2_000) });
    const [pid = 0] = programs.pids('cloudflared');
    await tunnel.close();
    expect(isAlive(pid)).toBe(false);
    expect(await tunnel.ended).toMatch(/^it was ended by SIGKILL/);
  });

  test('is ended when the run is interrupted before it stands', async () => {
    const stop = new AbortController();
    programs.install('cloudflared', `console.error('Requesting'); stay();`);
    const opening = open('cloudflared', { signal: stop.signal });
    while (programs.pids('cloudflared').length === 0) await new Promise(setImmediate);
    stop.abort(new Failure('interrupted', 'Interrupted'));
    await expect(opening).rejects.toBe(stop.signal.reason);
    for (const pid of programs.pids('cloudflared')) expect(isAlive(pid)).toBe(false);
  });

  test('that cannot be started is a network failure', async () => {
    programs.install('ngrok', '');
    const { writeFileSync } = await import('node:fs');
    writeFileSync(`${programs.folder}/ngrok`, '#!/no/such/interpreter\n');
    await expect(open('ngrok')).rejects.toMatchObject({ kind: 'network' });
  });
});

describe.skipIf(!CAN_SSH)('a tunnel through an OpenSSH server', () => {
  let sshd: Sshd;

  beforeEach(async () => {
    sshd = await startSshd();
    programs = sshd.programs;
  });

  afterEach(() => sshd.close());

  const choice = (remote = '') => `ssh:${sshd.user}@127.0.0.1:${sshd.port}${remote}`;

  const get = (port: number) =>
    createSend({ env: {} })({
      ...{ method: 'POST', url: new URL(`http://127.0.0.1:${port}/hook`), headers: [] },
      ...{ body: Buffer.from('{"a":1}'), timeoutMs: 10_000, maxBodyBytes: 1000 },
    });

  test('carries deliveries from a port that the server chose, until it is closed', async () => {
    const receiver = await startReceiver(202);
    const tunnel = await open(choice(), { origin: receiver.url, isPublic: true });
    const port = tunnel.ready.kind === 'port' ? tunnel.ready.port : 0;
    expect((await get(port)).status).toBe(202);
    expect(receiver.received.map(({ target }) => target)).toEqual(['/hook']);
    const [pid = 0] = programs.pids('ssh');
    await tunnel.close();
    expect(isAlive(pid)).toBe(false);
    await receiver.close();
  });

  test('carries them from a port of choice', async () => {
    const receiver = await startReceiver(202);
    const port = await freePort();
    const tunnel = await open(choice(`/${port}`), { origin: receiver.url, isPublic: true });
    expect(tunnel.ready).toEqual({ kind: 'port', port });
    expect((await get(port)).status).toBe(202);
    await tunnel.close();
    await receiver.close();
  });

  test('takes the URL that a service tells, among others', async () => {
    const receiver = await startReceiver(202);
    const port = await freePort();
    const tunnel = await open(choice(`/${port}`), { origin: receiver.url });
    expect(tunnel.ready).toEqual({ kind: 'url', url: 'https://f00.lhr.life' });
    expect((await get(port)).status).toBe(202);
    await tunnel.close();
    await receiver.close();
  });

  test('fails where the port is taken, and says so', async () => {
    const port = await freePort();
    await open(choice(`/${port}`), { isPublic: true });
    await expect(open(choice(`/${port}`), { isPublic: true })).rejects.toMatchObject({
      kind: 'network',
      message: expect.stringContaining(`remote port forwarding failed for listen port ${port}`),
    });
  });

  test('fails where the host is not known: nobody is asked, and nothing is trusted', async () => {
    sshd.forgetHost();
    await expect(open(choice(), { isPublic: true })).rejects.toMatchObject({
      kind: 'network',
      message: expect.stringContaining('Host key verification failed'),
    });
  });

  test('ends when the connection does', async () => {
    const tunnel = await open(choice(), { isPublic: true });
    const [pid = 0] = programs.pids('ssh');
    process.kill(pid, 'SIGKILL');
    expect(await tunnel.ended).toMatch(/SIGKILL/);
  });
});
