import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseTunnel } from '../../src/tunnel/choice.ts';
import { type LastingTunnel, openLastingTunnel } from '../../src/tunnel/lasting.ts';
import type { Ready } from '../../src/tunnel/programs.ts';
import { CLOUDFLARED, hastyRestarts, isAlive, makePrograms, type Programs } from './programs.ts';

let programs: Programs;
let problems: string[];
let lasting: LastingTunnel;

async function open(onBack: (ready: Ready) => Promise<void> = async () => undefined): Promise<void> {
  lasting = await openLastingTunnel({
    choice: parseTunnel('cloudflared'),
    target: { origin: new URL('http://127.0.0.1:4242'), isPublic: false },
    ...{ env: programs.env, clock: hastyRestarts, signal: new AbortController().signal, onBack },
    onProblem: (message) => void problems.push(message),
  });
}

const kill = (): unknown => process.kill(programs.pids('cloudflared').at(-1) ?? 0, 'SIGKILL');

describe('a lasting tunnel', () => {
  beforeEach(() => {
    programs = makePrograms();
    problems = [];
  });

  afterEach(async () => {
    await lasting.close();
    for (const pid of programs.pids('cloudflared')) expect(isAlive(pid)).toBe(false);
    programs.remove();
  });

  test('is started again when its program ends, and tells where it stands now', async () => {
    programs.install('cloudflared', CLOUDFLARED);
    const back = new Promise<Ready>((resolve) => void open(async (ready) => resolve(ready)).then(kill));
    expect(await back).toEqual({ kind: 'url', url: 'https://run-2-of-tunnel.trycloudflare.com' });
    expect(problems).toEqual([
      expect.stringMatching(/^The tunnel is down: it was ended by SIGKILL.*; again in 1 s$/),
    ]);
    expect(lasting.lost.aborted).toBe(false);
  });

  test('is not up again before those who need its URL have it', async () => {
    programs.install('cloudflared', CLOUDFLARED);
    let tries = 0;
    const back = new Promise<void>((resolve) => {
      void open(async () => {
        tries += 1;
        if (tries === 1) throw new Error('The API is down');
        resolve();
      }).then(kill);
    });
    await back;
    expect(problems.at(-1)).toContain('again in 2 s');
    expect(programs.starts('cloudflared')).toHaveLength(3);
  });

  test('is given up after five attempts, with a reason', async () => {
    programs.install(
      'cloudflared',
      `if (run > 1) { console.error('No more tunnels'); process.exit(1); } ${CLOUDFLARED}`,
    );
    await open();
    const lost = new Promise<void>((resolve) => lasting.lost.addEventListener('abort', () => resolve()));
    kill();
    await lost;
    expect(lasting.lost.reason).toMatchObject({
      kind: 'network',
      hint: expect.stringContaining('--public-url'),
    });
    expect(problems).toHaveLength(5);
    expect(problems[1]).toContain('No more tunnels');
    expect(programs.starts('cloudflared')).toHaveLength(6);
  });

  test('that is closed is no problem', async () => {
    programs.install('cloudflared', CLOUDFLARED);
    await open();
    await lasting.close();
    expect(problems).toEqual([]);
  });
});
