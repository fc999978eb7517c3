import type { Api } from '../api/client.ts';
import type { Clock } from '../clock.ts';
import type { Journal } from '../config/journal.ts';
import type { ProfileStore } from '../config/profiles.ts';
import type { SecretStore } from '../config/secrets.ts';
import type { Places, Settings } from '../config/settings.ts';
import type { Vault } from '../config/vault.ts';
import type { Secret } from '../secret.ts';
import type { Text } from '../terminal/view.ts';
import type { Result, StreamItem } from './define.ts';

export interface Choice {
  readonly value: string;
  readonly description?: string;
}

/** Questions to a person; each throws Failure `usage` (naming `insteadOf`) where none can be asked. */
export interface Questions {
  /** True where a person can be asked. */
  readonly possible: boolean;
  text(question: string, insteadOf: string, check?: (answer: string) => string | true): Promise<string>;
  secret(question: string, insteadOf: string): Promise<string>;
  confirm(question: string, insteadOf: string): Promise<boolean>;
  /** A list that narrows as one types. */
  search(question: string, insteadOf: string, choices: readonly Choice[]): Promise<string>;
}

/** The conversation on stderr: silent under --quiet, except for warnings. */
export interface Talk {
  notice(text: Text): void;
  warn(text: Text): void;
  /** What the next question is about: in its own looks, under --quiet too. */
  show(text: Text): void;
  /** A line for programs and for what must be seen at any price: printed as it is, under --quiet too. */
  raw(line: string): void;
  /** A long job's line that redraws itself on a terminal and is absent elsewhere. */
  progress(label: string, total: number): Progress;
  /** A line that says how things stand, below everything else on a terminal and absent elsewhere. */
  status(): Status;
  /** Says nothing but warnings from now on. */
  hush(): void;
  /** Prints to stdout, which may be the same terminal, with the live line out of the way. */
  above(print: () => Promise<void>): Promise<void>;
}

export interface Status {
  set(text: Text): void;
  end(): void;
}

export interface Progress {
  advance(by?: number): void;
  end(): void;
}

/** What an API client may have for itself. */
export interface ApiChoice {
  readonly key?: Secret;
  readonly timeoutMs?: number;
  readonly maxRetries?: number;
}

/** What a command gets: dear things as functions, made once, on first use. */
export interface Context {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  /** This one, and whether others run. */
  readonly processes: { readonly pid: number; isAlive(pid: number): boolean };
  /** What this runs on. */
  readonly system: { readonly platform: NodeJS.Platform; readonly nodeVersion: string };
  /** Only ids are printed. */
  readonly quiet: boolean;
  /** Aborts on the first Ctrl-C or SIGTERM, with Failure `interrupted` or `terminated` as reason. */
  readonly signal: AbortSignal;
  readonly talk: Talk;
  ask(): Promise<Questions>;
  /** Profile name and folders: known even where the profile holds a bad value. */
  places(): Promise<Places>;
  settings(): Promise<Settings>;
  /** The key of the settings, null where there is none. Throws Failure `store_unwritable` where the keychain fails. */
  apiKey(): Promise<Secret | null>;
  /** The keychain of the system; nothing of it is loaded before it is opened. */
  vault(): Promise<Vault>;
  /**
   * With the key, time-out and retries of the settings, or those given; throws Failure `not_logged_in` without a key.
   */
  api(options?: ApiChoice): Promise<Api>;
  profiles(): Promise<ProfileStore>;
  secrets(): Promise<SecretStore>;
  journal(): Promise<Journal>;
  /** Resolves when everything that was printed so far is with its reader. Throws what writing threw. */
  flush(): Promise<void>;
  /** What to say once the data is out, so that it stands last. An invoked command says it to nobody. */
  afterwards(say: () => void): void;
  /** A file that is published with the program, by its path below dist/. Throws Failure `internal` without it. */
  asset(name: string): Promise<Uint8Array>;
  /** All of standard input, bounded; Failure `usage` on a terminal. */
  stdin(): Promise<string>;
  /** `-` is standard input, anything else a file's path. */
  readInput(path: string): Promise<string>;
  /** The same as exact bytes, and more of them: the body of a delivery. */
  readBytes(path: string): Promise<Uint8Array>;
  /**
   * Runs another command as if it had been typed, and hands over what it would have shown; nothing is printed.
   * Throws what the command throws.
   */
  invoke(argv: readonly string[], within: Within): Promise<Invoked>;
}

/** Where an invoked command runs. */
export interface Within {
  readonly env: Context['env'];
  readonly signal: AbortSignal;
}

/** What an invoked command gives: its value, or its events as they come. */
export type Invoked =
  | ({ readonly kind: 'value' } & Pick<Result, 'data' | 'view' | 'exit'>)
  | { readonly kind: 'stream'; readonly items: AsyncIterable<StreamItem> };
