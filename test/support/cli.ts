import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { readAsset } from '../../src/assets.ts';
import type { CommandTree } from '../../src/cli/define.ts';
import { ClosedOutput, type Edge, type Sink } from '../../src/cli/edge.ts';
import { run } from '../../src/cli/run.ts';
import { type Clock, systemClock } from '../../src/clock.ts';
import { COMMANDS } from '../../src/commands/index.ts';
import type { Send } from '../../src/http.ts';
import { plain } from '../../src/terminal/text.ts';

const DIST = join(import.meta.dirname, '..', '..', 'dist');

export interface World {
  /** The program's own when absent. */
  readonly tree?: CommandTree;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Piped standard input; a terminal that nobody types on when absent and `columns` is set. */
  readonly stdin?: string;
  /** Both outputs are a terminal of this width. */
  readonly columns?: number;
  /** Somebody at a terminal, who can be asked. */
  readonly person?: Person;
  readonly send?: Send;
  readonly clock?: Clock;
  readonly signal?: AbortSignal;
  /** Sees stdout as it is written. */
  readonly onStdout?: (text: string) => void;
  readonly onStderr?: (text: string) => void;
  /** The reader of stdout leaves after this many writes. */
  readonly stdoutWrites?: number;
  /** Nobody reads stderr. */
  readonly stderrClosed?: boolean;
  readonly homedir?: string;
  /** Where the files are that are published with the program; dist/ by default. */
  readonly assets?: string;
  readonly nodeVersion?: string;
  /** Where the newest version is asked for; it is not when absent. */
  readonly releasesUrl?: URL;
  /** What asks the keychain; none by default. */
  readonly keychain?: Edge['keychain'];
  /** Which process this is, and which others live; by default this one, and all do. */
  readonly processes?: Edge['processes'];
}

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  /** All talk but the questions, which are on the screen of the person. */
  readonly stderr: string;
}

/** A home for the tool's files, removed by `remove`. */
export function temporaryHome() {
  const folder = mkdtempSync(join(tmpdir(), 'kycgenie-home-'));
  return {
    folder,
    env: { KYCGENIE_CONFIG_DIR: folder, KYCGENIE_NO_INPUT: '1' },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Lines of text as a terminal of the test sees them. */
export interface Person {
  readonly stdin: PassThrough;
  readonly screen: PassThrough;
  /** Resolves when this text is on the screen. */
  shown(text: string): Promise<void>;
  type(keys: string): void;
  /** What the questions have put on the screen, without colour. */
  seen(): string;
}

export const ENTER = '\r';
export const CTRL_C = '\u{3}';

/** A person at a terminal: streams that look like one, what it showed, and keys to press. */
export function sitDown(): Person {
  const stdin = Object.assign(new PassThrough(), { isTTY: true });
  // Node marks its own stderr like this, so that a pipe into it does not end it.
  const screen = Object.assign(new PassThrough(), { isTTY: true, columns: 80, _isStdio: true });
  let text = '';
  screen.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  const seen = (): string => text.split('\n').map(plain).join('\n');
  return {
    stdin,
    screen,
    seen,
    type: (keys) => void stdin.write(keys),
    async shown(wanted) {
      while (!seen().includes(wanted)) await once(screen, 'data');
    },
  };
}

/** Runs the whole program inside the test: real files, and `send` or real sockets. */
export async function kycgenie(argv: readonly string[], world: World = {}): Promise<Ran> {
  const { person } = world;
  const columns = world.columns ?? (person ? 80 : undefined);
  const stdout = collect(columns, world.stdoutWrites, world.onStdout);
  const stderr = collect(columns, world.stderrClosed ? 0 : undefined, world.onStderr);
  const edge: Edge = {
    env: world.env ?? {},
    platform: process.platform,
    homedir: world.homedir ?? join(tmpdir(), 'kycgenie-no-home'),
    nodeVersion: world.nodeVersion ?? process.versions.node,
    stdout: stdout.sink,
    stderr: stderr.sink,
    stdinIsTerminal: () => world.stdin === undefined && columns !== undefined,
    stdin: () => person?.stdin ?? Readable.from(world.stdin === undefined ? [] : [Buffer.from(world.stdin)]),
    stderrStream: () => person?.screen ?? new PassThrough(),
    asset: (name) => readAsset(world.assets ?? DIST, name),
    clock: world.clock ?? systemClock,
    signal: world.signal ?? new AbortController().signal,
    signals: process,
    turn: () => new Promise((resolve) => setImmediate(resolve)),
    keychain: world.keychain ?? null,
    processes: world.processes ?? { pid: process.pid, isAlive: () => true },
    ...(world.send && { send: world.send }),
    ...(world.releasesUrl && { releasesUrl: world.releasesUrl }),
  };
  const code = await run(world.tree ?? COMMANDS, argv, edge);
  return { code, stdout: stdout.text(), stderr: stderr.text() };
}

function collect(
  columns: number | undefined,
  writesLeft = Number.POSITIVE_INFINITY,
  onWrite?: (text: string) => void,
): { sink: Sink; text: () => string } {
  const written: string[] = [];
  const sink: Sink = {
    isTerminal: columns !== undefined,
    columns: columns ?? null,
    write: async (text) => {
      if (written.length >= writesLeft) throw new ClosedOutput();
      written.push(text);
      onWrite?.(text);
    },
  };
  return { sink, text: () => written.join('') };
}
