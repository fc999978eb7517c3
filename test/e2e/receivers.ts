import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { ModuleKind, ScriptTarget, transpileModule } from 'typescript';

const READY_MS = 60_000;
/** Somebody else may take the port between our looking and the receiver's binding. */
const MAX_TRIES = 3;

export interface Program {
  readonly file: string;
  readonly argv: (port: number) => readonly string[];
  readonly build?: () => Promise<unknown>;
}

export interface Receiver {
  readonly url: string;
  /** All that it printed up to now. */
  readonly output: () => string;
  readonly stop: () => Promise<void>;
}

type Env = Readonly<Record<string, string>>;

/** What a receiver's process gets: none of the developer's settings, and temporary files in the test's folder. */
export function receiverEnv(folder: string, env: Env = {}): NodeJS.ProcessEnv {
  const { PATH } = process.env;
  const quiet = { PYTHONUNBUFFERED: '1', PYTHONDONTWRITEBYTECODE: '1' };
  const place = { HOME: folder, TMPDIR: folder, KYC_SEEN_FILE: join(folder, 'seen') };
  return { PATH, ...place, LANG: 'C.UTF-8', ...quiet, ...env };
}

/** Whether this program is here and ends well. */
export function runs(file: string, argv: readonly string[], folder: string): boolean {
  return spawnSync(file, argv, { env: receiverEnv(folder), stdio: 'ignore' }).status === 0;
}

/** Starts a receiver and waits until it prints its port. */
export async function startReceiver(program: Program, env: NodeJS.ProcessEnv): Promise<Receiver> {
  await program.build?.();
  let said = '';
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const port = await freePort();
    const started = launch(program, port, env);
    const isReady = await untilPrinted(started, `:${port}\\b|=${port}\\b`);
    if (isReady) return { url: `http://127.0.0.1:${port}/`, ...started };
    said = started.output();
    await started.stop();
  }
  throw new Error(`${program.file} does not get ready: ${said}`);
}

/** The exit code of a receiver that refuses to start. */
export async function exitOfReceiver(program: Program, env: NodeJS.ProcessEnv): Promise<number | null> {
  await program.build?.();
  const { child, stop } = launch(program, await freePort(), env);
  const timer = setTimeout(stop, READY_MS);
  await exited(child);
  clearTimeout(timer);
  return child.exitCode;
}

function launch({ file, argv }: Program, port: number, env: NodeJS.ProcessEnv) {
  const child = spawn(file, argv(port), { env: { ...env, PORT: String(port) }, stdio: 'pipe' });
  let text = '';
  const keep = (piece: string): void => {
    text += piece;
  };
  child.stdin.end();
  child.stdout.setEncoding('utf8').on('data', keep);
  child.stderr.setEncoding('utf8').on('data', keep);
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await exited(child);
  };
  return { child, output: () => text, stop };
}

/** False: it ended, or takes too long. */
function untilPrinted({ child, output }: ReturnType<typeof launch>, pattern: string): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), READY_MS);
    const finish = (isReady: boolean): void => {
      clearTimeout(timer);
      resolve(isReady);
    };
    const look = (): void => {
      if (new RegExp(pattern).test(output())) finish(true);
    };
    child.stdout.on('data', look);
    child.stderr.on('data', look);
    child.once('exit', () => finish(false));
  });
}

async function exited(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

export const onNode = (path: string): Program => ({ file: process.execPath, argv: () => [path] });

/** A route handler of Next.js behind a small server: all Node versions run JavaScript, not all TypeScript. */
export function onNext(path: string, folder: string): Program {
  const compiled = join(folder, `${basename(path, '.ts')}.mjs`);
  const compilerOptions = { module: ModuleKind.ESNext, target: ScriptTarget.ES2022 };
  writeFileSync(compiled, transpileModule(readFileSync(path, 'utf8'), { compilerOptions }).outputText);
  return { file: process.execPath, argv: () => [join(import.meta.dirname, 'next-server.mjs'), compiled] };
}

/** Built once, with what Go brings, from no network, with all that it keeps in the folder. */
export function onGo(path: string, folder: string): Program {
  const file = join(folder, basename(path, '.go'));
  const cache = join(folder, 'go');
  const go = { GOCACHE: cache, GOPATH: cache, GOFLAGS: '-mod=mod', GOPROXY: 'off', GOTOOLCHAIN: 'local' };
  let building: Promise<unknown> | null = null;
  const build = (): Promise<unknown> => {
    building ??= promisify(execFile)('go', ['build', '-o', file, path], { env: receiverEnv(folder, go) });
    return building;
  };
  return { file, argv: () => [], build };
}
