import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { FULL, SHORT } from '../support/full.ts';
import { lacking, type SecretService, startSecretService } from '../support/keychain.ts';
import { home, kycgenie, sandbox, shell, start, tool } from './tool.ts';

const KILLS = FULL ? 100 : SHORT ? 6 : 16;
const AT_ONCE = 4;
/** A create takes about so long with others beside it; some are to end before they are killed. */
const WITHIN_MS = 900;

describe.skipIf(lacking !== null)(`the packed tool${lacking ? ` (without ${lacking})` : ''}`, () => {
  let place: ReturnType<typeof home>;
  let service: SecretService;
  let api: Awaited<ReturnType<typeof sandbox>>;
  let env: Readonly<Record<string, string>>;

  beforeAll(async () => {
    place = home();
    service = await startSecretService();
    api = await sandbox(place.env);
    const { DBUS_SESSION_BUS_ADDRESS = '', XDG_RUNTIME_DIR = '' } = service.env;
    env = { ...api.env, DBUS_SESSION_BUS_ADDRESS, XDG_RUNTIME_DIR, KYCGENIE_STORE: 'keychain' };
  });
  afterAll(async () => {
    await api.stop();
    await service.close();
    place.remove();
  });

  /** An installation without a network may have left the optional package out, and the executable has none. */
  const hasPackage = (): boolean =>
    tool().length > 1 && existsSync(join(inject('bin'), '../../node_modules/@napi-rs/keyring/package.json'));

  it(`loses no secret through kill -9 at ${KILLS} instants`, async () => {
    let next = 0;
    const worker = async (): Promise<void> => {
      while (next < KILLS) {
        const url = `https://kill.example/${next++}`;
        const child = start(['webhooks', 'create', '--event', 'screening.completed', '--url', url], env);
        child.stdout.resume();
        child.stderr.resume();
        const timer = setTimeout(() => child.kill('SIGKILL'), Math.random() * WITHIN_MS);
        await once(child, 'close');
        clearTimeout(timer);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    await kycgenie(
      ['webhooks', 'create', '--event', 'screening.completed', '--url', 'https://last.example'],
      env,
    );
    expect((await kycgenie(['webhooks', 'recover', '--json'], env)).stdout.trim()).toBe('[]');
    const webhooks = JSON.parse((await kycgenie(['webhooks', 'list', '--json'], env)).stdout);
    expect(new Set(webhooks.map(({ webhook_url }: { webhook_url: string }) => webhook_url)).size).toBe(
      webhooks.length,
    );
    expect(webhooks.filter(({ has_secret }: { has_secret: boolean }) => !has_secret)).toEqual([]);
    const exported = JSON.parse(
      (await kycgenie(['secrets', 'export', '--env-name', 'KYC_{ID}', '--json'], env)).stdout,
    );
    expect(exported).toHaveLength(webhooks.length);
    const listed = JSON.parse((await kycgenie(['secrets', 'list', '--json'], env)).stdout);
    const places = new Set(listed.map(({ stored_in }: { stored_in: string }) => stored_in));
    // On a machine that is too busy to answer in time some may be in files.
    expect([...places]).toContain(hasPackage() ? 'keychain' : 'file');
  });

  it('moves what is in files by the recipe of kycgenie help environment', async () => {
    const file = { ...env, KYCGENIE_STORE: 'file' };
    const { stdout } = await kycgenie(
      ['webhooks', 'create', '--event', 'screening.completed', '--url', 'https://move.example', '-q'],
      file,
    );
    const id = stdout.trim();
    const before = (await kycgenie(['secrets', 'show', id], file)).stdout;
    const moved = await shell(`kycgenie secrets show ${id} | kycgenie secrets import ${id}`, env);
    expect(moved.code, moved.stderr).toBe(0);
    expect((await kycgenie(['secrets', 'show', id], env)).stdout).toBe(before);
    if (hasPackage()) expect([...service.entries().values()]).toContain(before.trim());
  });
});
