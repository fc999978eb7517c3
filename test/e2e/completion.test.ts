import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toolForShell } from './tool.ts';

/** Completion as a person has it: keys typed into real shells, and what is on the screen then. */

const BOUND_MS = 30_000;
const LOOK_EVERY_MS = 25;
const PROMPT = '%> ';

const isHere = (program: string, ...argv: readonly string[]): boolean =>
  spawnSync(program, argv, { stdio: 'ignore' }).error === undefined;

const SHELLS = {
  bash: {
    start: 'bash --norc --noprofile',
    setUp: (script: string) => [`PS1='${PROMPT}'`, `source ${script}`],
  },
  zsh: {
    start: 'zsh -f',
    setUp: (script: string) => [`PS1='%%> '; autoload -U compinit; compinit -D -u`, `source ${script}`],
  },
  fish: {
    start: 'fish --private',
    setUp: (script: string) => [
      `set -g fish_autosuggestion_enabled 0; set -g fish_greeting; function fish_prompt; echo -n '${PROMPT}'; end`,
      `source ${script}`,
    ],
  },
} as const;

type Shell = keyof typeof SHELLS;

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kycgenie-completion-'));
  const secrets = join(folder, 'config', 'secrets', 'default');
  // Where this folder is missing, fish makes completions of all manual pages in the background.
  const made = join(folder, '.local', 'share', 'fish', 'generated_completions');
  for (const path of [secrets, made, join(folder, 'bin'), join(folder, 'work')])
    mkdirSync(path, { recursive: true });
  const script = `#!/bin/sh\nexec ${toolForShell()} "$@"\n`;
  writeFileSync(join(folder, 'bin', 'kycgenie'), script, { mode: 0o755 });
  const profiles = { default: {}, staging: {} };
  writeFileSync(join(folder, 'config', 'config.json'), JSON.stringify({ version: 1, profiles }));
  const ids = {
    'wh-one': 'case.opened',
    'wh-two': 'alert.created',
    '$(touch pwned)': 'all',
    '; touch pwned': 'all',
  };
  for (const [index, [id, type]] of Object.entries(ids).entries()) {
    writeFileSync(join(secrets, `x-${index}.json`), JSON.stringify({ webhook_id: id, event_type: type }));
  }
  writeFileSync(join(folder, 'work', 'body.json'), '{}');
  writeFileSync(join(folder, 'work', 'key file.txt'), 'kycg_0');
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A shell on a terminal of its own. */
class Terminal {
  readonly #socket: string;

  private constructor(socket: string) {
    this.#socket = socket;
  }

  static async open(shell: Shell): Promise<Terminal> {
    const terminal = new Terminal(`kycgenie-${process.pid}-${shell}`);
    const script = join(folder, `script.${shell}`);
    writeFileSync(script, execFileSync(join(folder, 'bin', 'kycgenie'), ['completion', shell]));
    const env = [
      `PATH=${join(folder, 'bin')}:${process.env['PATH']}`,
      `KYCGENIE_CONFIG_DIR=${join(folder, 'config')}`,
      `HOME=${folder}`,
      'TERM=screen',
      'NO_UPDATE_NOTIFIER=1',
      'LC_ALL=C.UTF-8',
    ];
    const { start, setUp } = SHELLS[shell];
    terminal.#tmux(
      ...['-f', '/dev/null', 'new-session', '-d', '-x', '110', '-y', '40', '-c', join(folder, 'work')],
      ...['env', '-i', ...env, ...start.split(' ')],
    );
    for (const line of setUp(script)) terminal.#tmux('send-keys', '-l', `${line}\n`);
    terminal.#tmux('send-keys', '-l', "echo load''ed\n");
    await terminal.shows(/^loaded$/m);
    return terminal;
  }

  close(): void {
    this.#tmux('kill-server');
  }

  /** Types on an empty line of an empty screen. */
  async type(keys: string, ...named: readonly string[]): Promise<void> {
    // Where a list is open, the first key only closes it.
    this.#tmux('send-keys', 'C-c', 'C-e', 'C-u');
    this.#tmux('send-keys', '-l', ' clear\n');
    await this.shows(/^\n*%>\s*$/);
    this.#tmux('send-keys', '-l', keys);
    this.#tmux('send-keys', ...named);
  }

  press(...named: readonly string[]): void {
    this.#tmux('send-keys', ...named);
  }

  /** Resolves when the screen fits; throws with the screen when it does not in time. */
  async shows(wanted: RegExp): Promise<string> {
    const end = Date.now() + BOUND_MS;
    for (;;) {
      const screen = this.#tmux('capture-pane', '-p').replace(/\s+$/, '\n');
      if (wanted.test(screen)) return screen;
      if (Date.now() > end) throw new Error(`${wanted} is not in:\n${screen}`);
      await pause(LOOK_EVERY_MS);
    }
  }

  #tmux(...argv: readonly string[]): string {
    return execFileSync('tmux', ['-L', this.#socket, ...argv], { encoding: 'utf8' });
  }
}

const NAMES = ['bash', 'zsh', 'fish'] as const satisfies readonly Shell[];

describe.each(NAMES)('in %s', (shell) => {
  const isMissing = !isHere(shell, '--version') || !isHere('tmux', '-V');
  const when = it.skipIf(isMissing);
  let terminal: Terminal;

  beforeAll(async () => {
    if (!isMissing) terminal = await Terminal.open(shell);
  });
  afterAll(() => {
    if (!isMissing) terminal.close();
  });

  when('a command completes, and a list shows what each does', async () => {
    await terminal.type('kycgenie webhooks li', 'Tab');
    await terminal.shows(/^%> kycgenie webhooks list$/m);
    await terminal.type('kycgenie webhooks r', 'Tab', 'Tab');
    await terminal.shows(/recover\W.*Finish what a crash interrupted/);
  });

  when('an event type completes, also after = and in quotes', async () => {
    await terminal.type('kycgenie webhooks create --event screening.c', 'Tab');
    await terminal.shows(/^%> kycgenie webhooks create --event screening\.completed$/m);
    await terminal.type('kycgenie webhooks create --event=case.o', 'Tab');
    await terminal.shows(/^%> kycgenie webhooks create --event=case\.opened$/m);
    await terminal.type("kycgenie webhooks create --event 'alert.cr", 'Tab');
    await terminal.shows(/^%> kycgenie webhooks create --event 'alert\.created'?$/m);
  });

  when('a group that was completed arrives whole, whatever files there are', async () => {
    writeFileSync(join(folder, 'work', 'report.txt'), '');
    await terminal.type('kycgenie events types --group rep', 'Tab');
    await terminal.shows(/--group report\.\\\*/);
    terminal.press('Enter');
    await terminal.shows(/report\.client_report_generated/);
  });

  when('profiles and webhooks of this machine complete, hostile ids do not', async () => {
    await terminal.type('kycgenie whoami --profile st', 'Tab');
    await terminal.shows(/--profile staging$/m);
    await terminal.type('kycgenie webhooks get wh-', 'Tab', 'Tab');
    const screen = await terminal.shows(/wh-one\W.*case\.opened[\s\S]*wh-two\W.*alert\.created/);
    expect(screen).not.toContain('touch');
    await terminal.type('kycgenie webhooks get wh-o', 'Tab');
    await terminal.shows(/get wh-one$/m);
    expect(existsSync(join(folder, 'work', 'pwned'))).toBe(false);
  });

  when('files complete where an option takes one, also behind @ and with spaces', async () => {
    await terminal.type('kycgenie login --api-key-file key', 'Tab');
    await terminal.shows(/--api-key-file (?:key\\ file\.txt|'key file\.txt')$/m);
    await terminal.type('kycgenie sign --body @bo', 'Tab');
    await terminal.shows(/--body \\?@body\.json$/m);
    await terminal.type('kycgenie events export --file=bo', 'Tab');
    await terminal.shows(/--file=body\.json$/m);
  });

  when('what cannot be completed changes nothing and says nothing', async () => {
    await terminal.type('kycgenie no-such-command x', 'Tab');
    // What is typed while the tool is asked may be echoed twice: the screen is drawn anew.
    terminal.press('y', 'Tab', 'C-l');
    await terminal.shows(/^%> kycgenie no-such-command xy$/m);
  });
});
