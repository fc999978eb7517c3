import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, inject } from 'vitest';

export interface Ran {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

type Env = Readonly<Record<string, string>>;

/** Everything that the tool printed in this test file, for the search for leaked secrets. */
export const printed: { readonly argv: readonly string[]; readonly text: string }[] = [];

const BOUND_MS = 60_000;

/** The tool and what goes before its arguments: the packed one, or the executable that KYCGENIE_E2E_BINARY names. */
export function tool(): readonly [program: string, ...argv: readonly string[]] {
  const binary = process.env['KYCGENIE_E2E_BINARY'];
  return binary ? [resolve(binary)] : [process.execPath, inject('bin')];
}

/** The same for a shell. */
export const toolForShell = (): string =>
  tool()
    .map((word) => `"${word}"`)
    .join(' ');

/** What a child needs of this machine, and nothing of the developer's settings. */
function cleanEnv(env: Env): NodeJS.ProcessEnv {
  const { PATH, SystemRoot, TMPDIR } = process.env;
  return { PATH, ...(SystemRoot && { SystemRoot }), ...(TMPDIR && { TMPDIR }), HOME: '/nonexistent', ...env };
}

/** Starts the packed tool. */
export function start(argv: readonly string[], env: Env): ChildProcessWithoutNullStreams {
  const [program, ...before] = tool();
  return spawn(program, [...before, ...argv], { env: cleanEnv(env), stdio: 'pipe' });
}

/** Runs the packed tool to its end. */
export function kycgenie(argv: readonly string[], env: Env, input = ''): Promise<Ran> {
  const child = start(argv, env);
  child.stdin.on('error', () => undefined).end(input);
  return finish(child, argv);
}

/** Runs a shell pipeline in which `kycgenie` is the packed tool. */
export function shell(script: string, env: Env): Promise<Ran> {
  const itself = `kycgenie() { ${toolForShell()} "$@"; };`;
  const child = spawn('bash', ['-c', `set -o pipefail; ${itself} ${script}`], {
    env: cleanEnv(env),
    stdio: 'pipe',
  });
  child.stdin.end();
  return finish(child, [script]);
}

async function finish(child: ChildProcessWithoutNullStreams, argv: readonly string[]): Promise<Ran> {
  const timer = setTimeout(() => child.kill('SIGKILL'), BOUND_MS);
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const [code, signal] = await once(child, 'close');
  clearTimeout(timer);
  printed.push({ argv, text: stdout + stderr });
  return { code, signal, stdout, stderr };
}

type Json = Readonly<Record<string, unknown>>;

/** A tool that goes on and prints NDJSON. */
export interface Running {
  readonly child: ChildProcessWithoutNullStreams;
  readonly ready: Json;
  /** Lines after the ready line, as they come. */
  readonly lines: readonly Json[];
  /** Resolves with the first line, past or to come, that fits. */
  waitFor(fits: (line: Json) => boolean): Promise<Json>;
  /** Sends SIGTERM and waits for the end. */
  stop(): Promise<Ran>;
}

/** Starts the packed tool with --json and waits until it is ready. */
export async function open(argv: readonly string[], env: Env): Promise<Running> {
  const child = start([...argv, '--json'], env);
  const lines: Json[] = [];
  const watchers = new Set<() => void>();
  let text = '';
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (piece: string) => {
    stderr += piece;
  });
  const closed = once(child, 'close');
  createInterface({ input: child.stdout }).on('line', (line) => {
    text += `${line}\n`;
    lines.push(JSON.parse(line));
    for (const look of watchers) look();
  });
  const waitFor = (fits: (line: Json) => boolean): Promise<Json> =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`nothing fits in ${text}\n${stderr}`)), BOUND_MS);
      const look = (): void => {
        const found = lines.find(fits);
        if (!found) return;
        clearTimeout(timer);
        watchers.delete(look);
        resolve(found);
      };
      watchers.add(look);
      look();
      closed.then(() => {
        clearTimeout(timer);
        reject(new Error(`it ended: ${text}\n${stderr}`));
      });
    });
  const ready = await waitFor(({ type }) => type === 'ready');
  return {
    child,
    ready,
    lines,
    waitFor,
    stop: async () => {
      child.kill('SIGTERM');
      const [code, signal] = await closed;
      printed.push({ argv, text: text + stderr });
      return { code, signal, stdout: text, stderr };
    },
  };
}

/** A folder for the tool's files, with the environment that names it. */
export function home() {
  const folder = mkdtempSync(join(tmpdir(), 'kycgenie-e2e-'));
  return {
    folder,
    env: { KYCGENIE_CONFIG_DIR: folder, KYCGENIE_NO_INPUT: '1' } as Env,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** A sandbox process, and the environment that points at it. */
export async function sandbox(env: Env, ...options: readonly string[]) {
  const running = await open(['sandbox', '--port', '0', ...options], env);
  const { url, api_key: apiKey } = running.ready;
  return {
    ...running,
    env: { ...env, KYCGENIE_BASE_URL: String(url), KYCGENIE_API_KEY: String(apiKey) } as Env,
  };
}

/** The values of all stored secrets: asked for, so what shows them is not searched. */
export async function storedSecrets(env: Env): Promise<readonly string[]> {
  const listed: readonly { readonly webhook_id: string }[] = JSON.parse(
    (await kycgenie(['secrets', 'list', '--json'], env)).stdout,
  );
  const secrets: string[] = [];
  for (const { webhook_id: id } of listed) {
    const { stdout } = await kycgenie(['secrets', 'show', id], env);
    printed.pop();
    secrets.push(stdout.trim());
  }
  return secrets;
}

/** Searches everything that was printed in this test file; `allowed` is a text that may hold one. */
export function expectNotPrinted(canaries: readonly string[], allowed: string): void {
  expect(canaries.filter((canary) => canary.length < 20)).toEqual([]);
  for (const { argv, text } of printed) {
    const rest = text.replace(allowed, '');
    expect(canaries.filter((canary) => rest.includes(canary)).length, argv.join(' ')).toBe(0);
  }
}
