import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { kycgenie } from '../support/cli.ts';

interface Line {
  readonly type: string;
  readonly ok?: boolean;
  readonly command?: string;
  readonly data?: { readonly url?: string };
}

const leftovers = (): readonly string[] =>
  readdirSync(tmpdir()).filter((name) => name.startsWith('kycgenie-demo-'));

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
    const before = leftovers();
    const { stdout } = await kycgenie(['demo', '--color', 'never'], { columns: 100 });
    expect(stdout).toContain(
      '$ kycgenie webhooks create --event screening.completed --url http://127.0.0.1:',
    );
    expect(stdout).toContain('✓ Webhook created');
    expect(stdout).toMatch(/All \d+ steps did what they say/);
    expect(stdout.split('\n').every((line) => line.length <= 200)).toBe(true);
    expect(leftovers()).toEqual(before);
  });

  it('stops when it is interrupted, with 130 and nothing left', async () => {
    const before = leftovers();
    const stop = new AbortController();
    const { Failure } = await import('../../src/errors.ts');
    const { code } = await kycgenie(['demo', '--json'], {
      signal: stop.signal,
      onStdout: (text) => {
        if (text.includes('"type":"step"')) stop.abort(new Failure('interrupted', 'Interrupted'));
      },
    });
    expect(code).toBe(130);
    expect(leftovers()).toEqual(before);
  });
});
