import { once } from 'node:events';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FULL, SHORT } from '../support/full.ts';
import { expectNotPrinted, home, kycgenie, sandbox, start, storedSecrets } from './tool.ts';

const SUBSCRIPTIONS = FULL ? 1_000 : 60;
const KILLS = FULL ? 10 : SHORT ? 1 : 2;
const POLL_MS = 5;

let place: ReturnType<typeof home>;
let api: Awaited<ReturnType<typeof sandbox>>;
let file: string;

beforeEach(async () => {
  place = home();
  api = await sandbox(place.env, '--latency', '60ms');
  file = join(place.folder, 'webhooks.yaml');
});

afterEach(async () => {
  await api.stop();
  place.remove();
});

/** A manifest of so many subscriptions; every tenth is one that takes two calls. */
function writeManifest(count: number): void {
  const entries = Array.from({ length: count }, (_none, index) => ({
    ...{ event: 'case.opened', url: `https://receiver.example/${index}`, description: `No. ${index}` },
    ...(index % 10 === 0 && { active: false }),
  }));
  writeFileSync(file, JSON.stringify({ version: 1, webhooks: entries }));
}

const apply = (...more: readonly string[]) => ['webhooks', 'apply', '-f', file, '--yes', '--json', ...more];

async function json(argv: readonly string[]): Promise<readonly Record<string, unknown>[]> {
  const { code, stdout, stderr } = await kycgenie([...argv, '--json'], api.env);
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout);
}

/** How many secrets are in the store. */
const stored = (): number => {
  try {
    const names = readdirSync(join(place.folder, 'secrets'), { recursive: true, encoding: 'utf8' });
    return names.filter((name) => name.endsWith('.json')).length;
  } catch {
    return 0;
  }
};

/** Starts an apply and kills it once the store holds so many secrets. */
async function killAt(count: number): Promise<void> {
  const child = start(apply(), api.env);
  child.stdout.resume();
  child.stderr.resume();
  const closed = once(child, 'close');
  const timer = setInterval(() => {
    if (stored() >= count) child.kill('SIGKILL');
  }, POLL_MS);
  const [, signal] = await closed;
  clearInterval(timer);
  expect(signal).toBe('SIGKILL');
}

/** Each subscription of the manifest is there once, as it says, and its secret is stored. */
async function expectExact(count: number): Promise<void> {
  const webhooks = await json(['webhooks', 'list']);
  expect(webhooks).toHaveLength(count);
  expect(new Set(webhooks.map(({ webhook_url }) => webhook_url)).size).toBe(count);
  expect(webhooks.filter(({ has_secret }) => !has_secret)).toEqual([]);
  expect(stored()).toBe(count);
  const { code, stdout } = await kycgenie(['webhooks', 'diff', '-f', file, '--prune'], api.env);
  expect(code, stdout).toBe(0);
  expect(await json(['webhooks', 'recover'])).toEqual([]);
}

describe('webhooks apply', () => {
  it(
    `provisions ${SUBSCRIPTIONS} and ends exact, killed ${KILLS} times`,
    async () => {
      writeManifest(SUBSCRIPTIONS);
      for (let kill = 1; kill <= KILLS; kill += 1) {
        await killAt(Math.floor((SUBSCRIPTIONS * (kill - Math.random())) / (KILLS + 1)) + 1);
      }
      const before = stored();
      expect(before).toBeLessThan(SUBSCRIPTIONS);
      const { code, stdout, stderr } = await kycgenie(apply(), api.env);
      expect(code, stderr).toBe(0);
      expect(JSON.parse(stdout).create.length).toBeLessThan(SUBSCRIPTIONS);
      await expectExact(SUBSCRIPTIONS);
      expectNotPrinted(await storedSecrets(api.env), 'no text');
    },
    FULL ? 900_000 : 120_000,
  );

  it('two at once from two processes make no double, and both end well', async () => {
    writeManifest(20);
    const runs = await Promise.all([kycgenie(apply(), api.env), kycgenie(apply(), api.env)]);
    expect(runs.map(({ code, stderr }) => ({ code, stderr }))).toMatchObject([{ code: 0 }, { code: 0 }]);
    expect(runs.map(({ stdout }) => JSON.parse(stdout).create.length).sort()).toEqual([0, 20]);
    await expectExact(20);
  });
});
