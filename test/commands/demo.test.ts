import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { kycgenie } from '../support/cli.ts';

interface Line {
  readonly type: string;
  readonly ok?: boolean;
  readonly command?: string;
  readonly data?: { readonly url?: string };
}

let folder: string;

// A temporary folder of its own: other programs use the shared one meanwhile.
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kycgenie-demo-test-'));
  vi.stubEnv('TMPDIR', folder);
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

const leftovers = (): readonly string[] =>
  readdirSync(folder).filter((name) => name.startsWith('kycgenie-demo-'));

describe('demo', () => {
  it('plays every step on real sockets, and ends its sandbox and receivers', async () => {
    const { code, stdout, stderr } = await kycgenie(['demo', '--json']);
    const lines: readonly Line[] = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const steps = lines.filter(({ type }) => type === 'step');
    expect(steps.filter(({ ok }) => !ok)).toEqual([]);
    expect(steps.length).toBeGreaterThan(15);
    expect(lines.at(-1)).toMatchObject({ type: 'summary', steps: steps.length, failed: 0 });
    expect(stderr).toBe('');
    expect(code).toBe(0);
    const urls = steps.flatMap(({ data }) => data?.url ?? []);
    expect(urls).toHaveLength(3);
    for (const url of urls) await expect(fetch(url)).rejects.toThrow();
  });

  it('is told as a story for people: chapters, commands, their output', async () => {
    const { stdout } = await kycgenie(['demo', '--color', 'never'], { columns: 100 });
    expect(stdout).toContain(
      '$ kycgenie webhooks create --event screening.completed --url http://127.0.0.1:',
    );
    expect(stdout).toContain('✓ Webhook created');
    expect(stdout).toMatch(/All \d+ steps did what they say/);
    expect(stdout.split('\n').every((line) => line.length <= 200)).toBe(true);
    expect(leftovers()).toEqual([]);
  });

  it('stops when it is interrupted, with 130 and nothing left', async () => {
    const stop = new AbortController();
    const { Failure } = await import('../../src/errors.ts');
    const { code } = await kycgenie(['demo', '--json'], {
      signal: stop.signal,
      onStdout: (text) => {
        if (text.includes('"type":"step"')) stop.abort(new Failure('interrupted', 'Interrupted'));
      },
    });
    expect(code).toBe(130);
    expect(leftovers()).toEqual([]);
  });
});
