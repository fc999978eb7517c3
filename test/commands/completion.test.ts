import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ASK, ASK_NEXT } from '../../src/cli/completion/ask.ts';
import { kycgenie } from '../support/cli.ts';

async function script(shell: string): Promise<string> {
  const { code, stdout, stderr } = await kycgenie(['completion', shell]);
  expect({ code, stderr }).toStrictEqual({ code: 0, stderr: '' });
  return stdout;
}

const folder = mkdtempSync(join(tmpdir(), 'kycgenie-scripts-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Undefined where this machine has no such shell. */
function syntaxOf(shell: string, text: string) {
  const path = join(folder, shell);
  writeFileSync(path, text);
  const { error, status, stderr } = spawnSync(shell, ['-n', path], { encoding: 'utf8' });
  return error ? undefined : { status, stderr };
}

describe('kycgenie completion', () => {
  it.each(['bash', 'zsh', 'fish'])('prints a script that %s can read', async (shell) => {
    const text = await script(shell);
    expect([undefined, { status: 0, stderr: '' }]).toContainEqual(syntaxOf(shell, text));
  });

  it.each(['bash', 'zsh', 'fish', 'powershell'])('%s asks the tool, and nothing else', async (shell) => {
    const text = await script(shell);
    expect(text).toContain(`kycgenie ${ASK} `);
    expect(text).toMatch(/2>(?:\/dev\/null|\$null)/);
    expect(text).not.toMatch(/\beval\b|Invoke-Expression/);
    expect(text).not.toContain('webhooks');
    expect(text).not.toContain('${"');
  });

  it('has a way to ask for shells that drop empty words', async () => {
    expect(await script('powershell')).toContain(`kycgenie ${ASK_NEXT} `);
  });

  it('begins as zsh wants a file of fpath to begin', async () => {
    expect(await script('zsh')).toMatch(/^#compdef kycgenie\n/);
  });

  it('is data, too', async () => {
    const { stdout } = await kycgenie(['completion', 'fish', '--json']);
    expect(JSON.parse(stdout)).toEqual({ shell: 'fish', script: await script('fish') });
  });

  it('knows four shells, and its help tells how to install for each', async () => {
    const { code, stderr } = await kycgenie(['completion', 'tcsh']);
    expect(code).toBe(2);
    expect(stderr).toContain('bash, zsh, fish, powershell');
    const { stdout } = await kycgenie(['completion', '--help']);
    for (const place of ['bash-completion', '~/.zshrc', '.config/fish', '$PROFILE'])
      expect(stdout).toContain(place);
  });
});
