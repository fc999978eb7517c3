import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { Failure } from '../../src/errors.ts';
import { withLock } from '../../src/lock.ts';
import { Secret } from '../../src/secret.ts';
import { COMMAND_TIMEOUT_MS } from '../../src/sinks/secret-exec.ts';
import { type Expected, type Handed, handOver, openSinks, type Wishes } from '../../src/sinks/sinks.ts';
import { failureOf, modeOf, scratch } from '../config/scratch.ts';

const SECRET = 'whsec_c2luayBjYW5hcnkgc2VjcmV0';
const WEBHOOK = { webhookId: 'w-1', eventType: 'case.opened', webhookUrl: 'https://a.example/kyc' };

let dir: string;

beforeEach(() => {
  dir = scratch();
});

const at = (name: string): string => join(dir, name);
const read = (name: string): string => readFileSync(at(name), 'utf8');

interface Given extends Partial<typeof WEBHOOK> {
  readonly secret?: string;
  readonly clock?: typeof systemClock;
  readonly signal?: AbortSignal;
  readonly env?: Readonly<Record<string, string>>;
}

/** Hands one secret to what was wished for. */
async function hand(wishes: Wishes, given: Given = {}): Promise<readonly Handed[]> {
  const {
    secret = SECRET,
    clock = systemClock,
    signal = new AbortController().signal,
    env = {},
    ...rest
  } = given;
  const subject = { ...WEBHOOK, ...rest };
  const surroundings = { env: { PATH: process.env['PATH'], DIR: dir, ...env }, clock, signal };
  return handOver(openSinks(wishes, [subject]), { ...subject, secret: new Secret(secret) }, surroundings);
}

/** The error of the only sink. */
async function errorOf(wishes: Wishes, given?: Given): Promise<unknown> {
  const [handed] = await hand(wishes, given);
  return handed?.error;
}

const messageOf = (error: unknown): string => (error instanceof Failure ? error.message : String(error));

describe('a secret file', () => {
  test('holds the secret and nothing else, for its owner alone, new or not', async () => {
    expect(await hand({ secretFile: at('s') })).toEqual([
      { sink: 'secret_file', target: at('s'), error: null },
    ]);
    expect([read('s'), modeOf(at('s'))]).toEqual([SECRET, '600']);
    chmodSync(at('s'), 0o644);
    await hand({ secretFile: at('s') }, { secret: 'whsec_next' });
    expect([read('s'), modeOf(at('s'))]).toEqual(['whsec_next', '600']);
    expect(readdirSync(dir)).toEqual(['s']);
  });

  test('is never a folder, a link or a device, and its folder has to be there', async () => {
    mkdirSync(at('folder'));
    writeFileSync(at('file'), 'kept');
    symlinkSync(at('folder'), at('to-folder'));
    symlinkSync(at('file'), at('to-file'));
    for (const path of [dir, at('folder'), at('to-folder'), at('to-file'), '/dev/null', at('none/s')]) {
      expect(await failureOf(() => openSinks({ secretFile: path }, [WEBHOOK])), path).toMatchObject({
        kind: 'usage',
      });
    }
    expect([read('file'), readdirSync(at('folder'))]).toEqual(['kept', []]);
  });

  test('that became a folder meanwhile takes nothing', async () => {
    const sinks = openSinks({ secretFile: at('s') }, [WEBHOOK]);
    mkdirSync(at('s'));
    const surroundings = { env: {}, clock: systemClock, signal: new AbortController().signal };
    const [handed] = await handOver(sinks, { ...WEBHOOK, secret: new Secret(SECRET) }, surroundings);
    expect(messageOf(handed?.error)).toContain('is a folder');
    expect(readdirSync(at('s'))).toEqual([]);
  });

  test('leads nowhere else, whatever the API calls a webhook', async () => {
    for (const hostile of ['../../escaped', '/etc/x', '.', '..']) {
      expect(await errorOf({ secretFile: at('{id}') }, { webhookId: hostile })).toBeNull();
      expect(await errorOf({ secretFile: at('{event_type}.t') }, { eventType: hostile })).toBeNull();
    }
    expect(readdirSync(dir).every((name) => /^[\w-][\w.-]*$/.test(name) && statSync(at(name)).isFile())).toBe(
      true,
    );
  });
});

describe('an env file', () => {
  const wishes = () => ({ envFile: at('.env'), envName: 'KYC' });

  test('is made for its owner alone, and keeps the mode and every byte that it has', async () => {
    expect(await hand(wishes())).toEqual([{ sink: 'env_file', target: `KYC in ${at('.env')}`, error: null }]);
    expect([read('.env'), modeOf(at('.env'))]).toEqual([`KYC=${SECRET}\n`, '600']);
    const before = Buffer.from([0x41, 0x3d, 0xff, 0xfe, 0x0d, 0x0a]);
    writeFileSync(at('.env'), before);
    chmodSync(at('.env'), 0o640);
    await hand(wishes());
    expect(readFileSync(at('.env'))).toEqual(Buffer.concat([before, Buffer.from(`KYC=${SECRET}\r\n`)]));
    expect(modeOf(at('.env'))).toBe('640');
    expect(readdirSync(dir)).toEqual(['.env']);
  });

  test('stays a link where it is one', async () => {
    writeFileSync(at('real'), 'A=1\n');
    symlinkSync('real', at('.env'));
    await hand(wishes());
    expect([readlinkSync(at('.env')), read('real')]).toEqual(['real', `A=1\nKYC=${SECRET}\n`]);
  });

  test.each<[string, () => void]>([
    ['a folder', () => mkdirSync(at('.env'))],
    ['a broken link', () => symlinkSync(at('none'), at('.env'))],
  ])('is not %s', async (what, make) => {
    make();
    expect((await failureOf(() => openSinks(wishes(), [WEBHOOK]))).message).toContain(what);
  });

  test('that is too long or no text stays as it is', async () => {
    for (const content of ['x'.repeat(1024 * 1024 + 1), Buffer.from('A=1\n', 'utf16le')]) {
      writeFileSync(at('.env'), content);
      expect(messageOf(await errorOf(wishes()))).toContain('is no env file');
      expect(readFileSync(at('.env')).equals(Buffer.from(content))).toBe(true);
    }
  });

  test('is not touched while another process holds its lock', async () => {
    let writing: Promise<unknown> = Promise.resolve();
    await withLock(at('.env'), systemClock, async () => {
      writing = hand(wishes());
      for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      writeFileSync(at('.env'), 'THEIRS=1\n');
    });
    await writing;
    expect(read('.env')).toBe(`THEIRS=1\nKYC=${SECRET}\n`);
  });

  test('loses nothing when many write at once', async () => {
    const ids = Array.from({ length: 12 }, (_, index) => `w-${index}`);
    await Promise.all(ids.map((webhookId) => hand({ ...wishes(), envName: 'KYC_{ID}' }, { webhookId })));
    expect(read('.env').split('\n').sort()).toEqual(
      ['', ...ids.map((id) => `KYC_W_${id.slice(2)}=${SECRET}`)].sort(),
    );
  });
});

describe('a command', () => {
  test('has the secret on standard input alone, and whose it is in its environment', async () => {
    const line = `cat > "$DIR/in"; env > "$DIR/env"; tr '\\0' '\\n' < /proc/$$/cmdline > "$DIR/argv"`;
    const env = {
      KYCGENIE_API_KEY: 'kycg_0123',
      OLD: 'whsec_old',
      KYCGENIE_DATA_DIR: '/x',
      GH_TOKEN: 'theirs',
    };
    expect(await hand({ secretExec: line }, { env })).toEqual([
      { sink: 'secret_exec', target: null, error: null },
    ]);
    expect(read('in')).toBe(SECRET);
    expect(read('argv') + read('env')).not.toContain(SECRET);
    const seen = read('env')
      .split('\n')
      .filter((one) => /^(?:KYCGENIE_|OLD|GH_)/.test(one))
      .sort();
    expect(seen).toEqual([
      'GH_TOKEN=theirs',
      'KYCGENIE_EVENT_TYPE=case.opened',
      'KYCGENIE_WEBHOOK_ID=w-1',
      'KYCGENIE_WEBHOOK_URL=https://a.example/kyc',
    ]);
  });

  test('that does not read is no error', async () => {
    expect(await errorOf({ secretExec: 'exec <&-; true' })).toBeNull();
  });

  test('that fails says why, without the secret in any form', async () => {
    const line =
      's=$(cat); echo "no $s"; echo "$(echo "$s" | cut -d_ -f2) $(printf %s "$s" | base64)" >&2; exit 3';
    const error = await errorOf({ secretExec: line });
    expect(error).toMatchObject({ kind: 'store_unwritable' });
    expect(messageOf(error)).toContain('it ended with exit code 3: ');
    expect(messageOf(error)).toContain('no [redacted]');
    for (const part of [SECRET, SECRET.slice(6), Buffer.from(SECRET).toString('base64').slice(0, 20)])
      expect(messageOf(error)).not.toContain(part);
  });

  test('that prints without end is read in bounded memory, and no half of the secret is shown', async () => {
    const line = 's=$(cat); i=0; while [ $i -lt 2000 ]; do echo "$s$s$s$s"; i=$((i+1)); done; exit 1';
    const message = messageOf(await errorOf({ secretExec: line }));
    expect(message.length).toBeLessThan(700);
    expect(message).not.toMatch(/c2luay|YW5hcnk|c2VjcmV0/);
  });

  test('that prints a long secret again and again shows no piece of it', async () => {
    const secret = `whsec_${'QmFk'.repeat(750)}`;
    const line = 's=$(cat); for i in 1 2 3 4 5 6 7 8 9; do echo "$s"; done; exit 1';
    expect(messageOf(await errorOf({ secretExec: line }, { secret }))).not.toContain('QmFk');
  });

  test('that prints something else between two halves of the secret does not show them', async () => {
    const line =
      's=$(cat); printf %.15s "$s"; while [ ! -e "$DIR/go" ]; do sleep 0.01; done; ' +
      'echo between >&2; printf %s "$s" | tail -c +16; exit 1';
    const running = errorOf({ secretExec: line });
    for (let turn = 0; turn < 20; turn += 1) await systemClock.sleep(1);
    writeFileSync(at('go'), '');
    const message = messageOf(await running);
    expect(message).toContain('between');
    expect(message).not.toContain(SECRET.slice(16));
  });

  test('that cannot be started, or is ended by a signal, fails', async () => {
    expect(messageOf(await errorOf({ secretExec: 'no-such-program-here' }))).toContain('exit code 127');
    expect(messageOf(await errorOf({ secretExec: 'kill -9 $$' }))).toContain('ended by SIGKILL');
  });

  const pidOf = async (): Promise<number> => {
    while (!existsSync(at('pid')) || read('pid') === '') await systemClock.sleep(5);
    return Number(read('pid'));
  };
  const isAlive = (pid: number): boolean => {
    try {
      process.kill(pid, 0);
      return true;
    } catch {
      return false;
    }
  };
  const ENDLESS = 'echo $$ > "$DIR/pid"; exec sleep 600';

  test('that takes too long is stopped', async () => {
    const clock = {
      ...systemClock,
      sleep: async (ms: number, signal?: AbortSignal) =>
        ms === COMMAND_TIMEOUT_MS ? void (await pidOf()) : systemClock.sleep(ms, signal),
    };
    expect(messageOf(await errorOf({ secretExec: ENDLESS }, { clock }))).toContain('did not end within 60 s');
    expect(isAlive(await pidOf())).toBe(false);
  });

  test('is stopped when the run is interrupted', async () => {
    const stop = new AbortController();
    const running = errorOf({ secretExec: ENDLESS }, { signal: stop.signal });
    const pid = await pidOf();
    stop.abort(new Failure('interrupted', 'Interrupted'));
    expect(await running).toMatchObject({ kind: 'interrupted' });
    expect(isAlive(pid)).toBe(false);
  });
});

describe('several places', () => {
  test('are all tried, whatever became of the others', async () => {
    const handed = await hand({
      secretFile: at('s'),
      envFile: at('.env'),
      envName: 'KYC',
      secretExec: 'exit 1',
    });
    expect(handed.map(({ error }) => error === null)).toEqual([true, true, false]);
    mkdirSync(at('x'));
    const sinks = openSinks({ secretFile: at('x/{id}'), secretExec: 'cat > "$DIR/in"' }, [WEBHOOK]);
    chmodSync(at('x'), 0o500);
    const signal = new AbortController().signal;
    const surroundings = { env: { DIR: dir, PATH: process.env['PATH'] }, clock: systemClock, signal };
    const later = await handOver(sinks, { ...WEBHOOK, secret: new Secret(SECRET) }, surroundings);
    // The superuser may write anywhere.
    expect(later[0]?.error === null).toBe(process.getuid?.() === 0);
    expect([later[1]?.error, read('in')]).toEqual([null, SECRET]);
    chmodSync(at('x'), 0o700);
  });

  const TWO: readonly Expected[] = [
    { webhookId: null, eventType: 'case.opened' },
    { webhookId: null, eventType: 'case.resolved' },
  ];
  const SAME: readonly Expected[] = [
    { webhookId: 'w-1', eventType: 'all' },
    { webhookId: 'w-2', eventType: 'all' },
  ];

  test.each<[string, Wishes, readonly Expected[], RegExp]>([
    ['one file for two', { secretFile: 's' }, TWO, /2 secrets only 1/],
    ['one name for two', { envFile: '.env', envName: 'KYC' }, TWO, /2 secrets only 1/],
    ['one type for two', { secretFile: '{EVENT_TYPE}' }, SAME, /2 secrets only 1/],
    ['a name without a file', { envName: 'KYC' }, TWO, /go together/],
    ['a file without a name', { envFile: '.env' }, TWO, /go together/],
    ['a name that is none', { envFile: '.env', envName: 'KYC-{ID}' }, TWO, /name of an environment variable/],
    ['a name that starts with an id', { envFile: '.env', envName: '{ID}' }, TWO, /name of an environment/],
    ['an unknown placeholder', { secretFile: '{url}' }, TWO, /knows no \{url\}/],
    [
      'a type nobody knows',
      { secretFile: '{EVENT_TYPE}' },
      [{ webhookId: 'w', eventType: null }],
      /not known here/,
    ],
    [
      'the same file twice',
      { secretFile: './.env', envFile: '.env', envName: 'A_{ID}' },
      SAME.slice(1),
      /same file/,
    ],
  ])('refuse %s', async (_what, wishes, expected, message) => {
    const failure = await failureOf(() => openSinks(wishes, expected));
    expect(failure.kind).toBe('usage');
    expect(failure.message).toMatch(message);
  });

  test('are one for each webhook by its type or id', () => {
    for (const wishes of [
      { secretFile: at('{EVENT_TYPE}') },
      { secretFile: at('{id}') },
      { envFile: at('.env'), envName: 'KYC_{EVENT_TYPE}_SECRET' },
      { envFile: at('{event_type}.env'), envName: 'KYC' },
    ])
      expect(openSinks(wishes, TWO)).toHaveLength(1);
  });
});
