import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { defineCommand, leaf } from '../../src/cli/define.ts';
import { systemClock } from '../../src/clock.ts';
import { readScheme, signingScheme, verifyingScheme } from '../../src/commands/scheme-name.ts';
import { openProfiles } from '../../src/config/profiles.ts';
import { lines } from '../../src/terminal/view.ts';
import { kycgenie, temporaryHome } from '../support/cli.ts';

const SCHEME =
  'name: acme\nsignature: {header: X-Acme, format: bare, encoding: hex}\nsigned: "{body}"\nhash: sha1\nsecret: {encoding: utf8}\n';

let home: ReturnType<typeof temporaryHome>;

beforeEach(() => {
  home = temporaryHome();
});

afterEach(() => home.remove());

const CHOICES = { read: readScheme, sign: signingScheme, verify: verifyingScheme } as const;

/** What a command would get for `--scheme <typed>`; the message where it gets none. */
async function chosen(how: keyof typeof CHOICES, typed?: string): Promise<string | null> {
  const names: (string | null)[] = [];
  const probe = defineCommand({
    examples: [],
    setup: (command) => command,
    async run(context) {
      const scheme = how === 'read' ? readScheme(context, typed ?? '') : CHOICES[how](context, typed);
      names.push((await scheme)?.name ?? null);
      return {};
    },
    view: () => lines(),
  });
  const tree = { Probes: { probe: leaf('Probe', async () => ({ command: probe })) } };
  const { code, stderr } = await kycgenie(['probe'], { tree, env: home.env });
  expect(code).toBe(names.length > 0 ? 0 : 2);
  return names.length > 0 ? (names[0] ?? null) : stderr;
}

function file(name: string, text: string): string {
  const path = join(home.folder, name);
  writeFileSync(path, text);
  return path;
}

const pin = (text: string) => kycgenie(['config', 'set', 'scheme', text], { env: home.env });

describe('a scheme by name or file', () => {
  test('is a preset, or what a file says', async () => {
    expect(await chosen('read', 'stripe')).toBe('stripe');
    expect(await chosen('read', file('acme.yaml', SCHEME))).toBe('acme');
    mkdirSync(join(home.folder, 'x'));
    expect(await chosen('read', file('x/no-extension', SCHEME))).toBe('acme');
  });

  test.each([
    ['strip', 'Did you mean stripe?'],
    ['nothing-like-it', 'Schemes are standard-webhooks, stripe'],
    ['no-such-file.yaml', 'no-such-file.yaml cannot be read: it does not exist'],
    ['auto', 'auto finds a scheme from deliveries'],
  ])('%s is refused', async (typed, message) => {
    expect(await chosen('sign', typed)).toContain(message);
  });

  test('a fault in a file is named with its place', async () => {
    const broken = file('broken.yaml', 'name: a\nsignature: {header: [');
    expect(await chosen('read', broken)).toContain(`${broken}, line 2, column 22`);
    const unknown = file('unknown.yaml', SCHEME.replace('hash:', 'hsah:'));
    expect(await chosen('read', unknown)).toContain('hsah is not a key of a scheme');
  });
});

describe('without a name', () => {
  test('deliveries are signed by the default scheme, and verified by the one that is found', async () => {
    expect(await chosen('sign')).toBe('standard-webhooks');
    expect(await chosen('verify')).toBeNull();
  });

  test('the scheme of the profile counts, by name or whole', async () => {
    await pin('github');
    expect([await chosen('sign'), await chosen('verify')]).toEqual(['github', 'github']);
    await pin(file('acme.yaml', SCHEME));
    expect([await chosen('sign'), await chosen('verify')]).toEqual(['acme', 'acme']);
  });

  test('what is named wins, auto too', async () => {
    await pin(file('acme.yaml', SCHEME));
    expect([await chosen('sign', 'slack'), await chosen('verify', 'slack')]).toEqual(['slack', 'slack']);
    expect(await chosen('verify', 'auto')).toBeNull();
  });

  test('a scheme of the profile that cannot be read says where it is kept', async () => {
    const environment = { clock: systemClock, signals: process, onDamage: () => undefined };
    const profiles = openProfiles({ ...environment, configDir: home.folder });
    await profiles.update('default', (now) => ({ ...now, values: { scheme: 'name: [' } }));
    expect(await chosen('verify')).toContain('config.json');
  });
});
