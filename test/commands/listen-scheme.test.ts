import { createHmac } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { PRESETS } from '../../src/signing/scheme.ts';
import { sign } from '../../src/signing/sign.ts';
import { clock, KNOWN, NOW, send } from '../listen/deliveries.ts';
import { kycgenie, temporaryHome, type World } from '../support/cli.ts';
import { open } from '../support/stream.ts';

const SECRET = KNOWN[0]?.secret.reveal() ?? '';
const BODY = '{"type": "screening.completed", "id": "evt_1"}';

let home: ReturnType<typeof temporaryHome>;
let world: World;

beforeEach(async () => {
  home = temporaryHome();
  world = { env: home.env, clock };
  await kycgenie(['secrets', 'import', 'w-1'], { ...world, stdin: SECRET });
});

afterEach(() => home.remove());

const signedBy = (scheme: keyof typeof PRESETS) =>
  sign(PRESETS[scheme], { id: 'msg_1', timestampMs: NOW, body: Buffer.from(BODY) }, [
    KNOWN[0]?.secret ?? raise(),
  ]);

function raise(): never {
  throw new Error('no secret');
}

/** Sends these deliveries to a `listen` of its own, and gives its lines but the first and the last. */
async function listenTo(
  headers: readonly (readonly (readonly [string, string])[])[],
  argv: readonly string[] = [],
) {
  const running = open(
    ['listen', '--port', '0', '--json', '--exit-after', String(headers.length), ...argv],
    world,
  );
  const { url } = await running.line({ type: 'ready' });
  for (const each of headers) await send(url, { headers: [...each], body: BODY });
  const { stdout } = await running.ended;
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .slice(1, -1);
}

describe('listen --scheme auto', () => {
  test('finds the scheme, keeps it in the profile, and accepts no other from then on', async () => {
    const lines = await listenTo([signedBy('stripe'), signedBy('github'), signedBy('stripe')]);
    expect(lines).toMatchObject([
      { type: 'scheme', scheme: 'stripe', description: expect.stringContaining('HMAC-SHA256'), pinned: true },
      { type: 'event', signature: { status: 'valid', scheme: 'stripe' } },
      { type: 'event', signature: { status: 'invalid', scheme: 'stripe', reason: 'wrong_scheme' } },
      { type: 'event', signature: { status: 'valid' } },
    ]);
    expect(await listenTo([signedBy('slack')])).toMatchObject([
      { type: 'event', signature: { status: 'invalid', scheme: 'stripe', reason: 'wrong_scheme' } },
    ]);
    await kycgenie(['config', 'unset', 'scheme'], world);
    expect(await listenTo([signedBy('slack')])).toMatchObject([{ type: 'scheme', scheme: 'slack' }, {}]);
  });

  test('what was found is the YAML that --scheme takes, also for a scheme in no list', async () => {
    const signature = createHmac('sha512', SECRET).update(`${NOW}|`).update(BODY).digest('base64');
    const odd = [
      ['X-Kyc-When', String(NOW)],
      ['X-Kyc-Proof', signature],
    ] as const;
    const [found] = await listenTo([odd]);
    expect(found).toMatchObject({ type: 'scheme', pinned: true });
    const yaml = (await kycgenie(['config', 'get', 'scheme'], world)).stdout;
    expect(yaml).toContain('{timestamp}|{body}');
    await kycgenie(['config', 'unset', 'scheme'], world);
    const file = join(home.folder, 'scheme.yaml');
    writeFileSync(file, yaml);
    expect(await listenTo([odd, signedBy('stripe')], ['--scheme', file])).toMatchObject([
      { signature: { status: 'valid' } },
      { signature: { status: 'invalid' } },
    ]);
  });

  test('a secret that belongs to no webhook pins for this run only', async () => {
    const env = { ...home.env, SIGNING: SECRET };
    const running = open(
      ['listen', '--port', '0', '--json', '--exit-after', '1', '--secret-env', 'SIGNING'],
      { ...world, env },
    );
    const { url } = await running.line({ type: 'ready' });
    await send(url, { headers: [...signedBy('github')], body: BODY });
    expect(await running.line({ type: 'scheme' })).toMatchObject({ scheme: 'github', pinned: false });
    await running.ended;
    expect((await kycgenie(['config', 'get', 'scheme'], world)).stdout).toBe('auto\n');
  });
});

describe('config set scheme', () => {
  test('takes a preset or a file, and listen uses it', async () => {
    expect((await kycgenie(['config', 'set', 'scheme', 'github'], world)).code).toBe(0);
    expect((await kycgenie(['config', 'get', 'scheme'], world)).stdout).toMatch(/^name: github$/m);
    expect(await listenTo([signedBy('github'), signedBy('stripe')])).toMatchObject([
      { signature: { status: 'valid' } },
      { signature: { status: 'invalid', reason: 'wrong_scheme' } },
    ]);
    expect((await kycgenie(['config', 'list'], world)).stdout).toMatch(/^scheme +name: github …/m);
  });

  test('refuses what is neither', async () => {
    const { code, stderr } = await kycgenie(['config', 'set', 'scheme', 'gitbub'], world);
    expect(code).toBe(2);
    expect(stderr).toContain('github');
  });

  test('a damaged one in the profile is named with its file', async () => {
    mkdirSync(home.env.KYCGENIE_CONFIG_DIR, { recursive: true });
    writeFileSync(
      join(home.env.KYCGENIE_CONFIG_DIR, 'config.json'),
      JSON.stringify({ version: 1, profiles: { default: { scheme: 'name: [' } } }),
    );
    const { code, stderr } = await kycgenie(['listen', '--port', '0'], world);
    expect(code).toBe(2);
    expect(stderr).toContain('config.json');
  });
});
