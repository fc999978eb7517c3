import { readdirSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { createApi } from '../../src/api/client.ts';
import type { ApiVersion } from '../../src/api/wire.ts';
import type { Clock } from '../../src/clock.ts';
import { type Journal, openJournal } from '../../src/config/journal.ts';
import { openSecrets, type SecretStore } from '../../src/config/secrets.ts';
import type { Keeping } from '../../src/provision/keeping.ts';
import { Secret } from '../../src/secret.ts';
import { alone, type Fault, impatient, startSandbox, type TestSandbox } from '../support/sandbox.ts';

export interface Given {
  readonly account?: string;
  /** Which process it is; all others are dead to it. */
  readonly process?: number;
  readonly profile?: string;
  readonly apiVersion?: ApiVersion;
  readonly baseUrl?: string;
  readonly maxRetries?: number;
  readonly clock?: Clock;
  readonly signal?: AbortSignal;
  /** Alive to this process beside itself. */
  readonly alive?: number;
  /** Gets the secrets that could not be stored. */
  readonly unstored?: [webhookId: string, secret: string][];
}

/** The real stores on a real disk, and the sandbox behind an API client that does not retry unless told to. */
export interface Workshop {
  readonly sandbox: TestSandbox;
  keeping(given?: Given): Keeping;
  /** What the journal's files say, as text. */
  journal(): readonly string[];
  /** Ids and URLs of the subscriptions there are. */
  subscriptions(): Promise<readonly { readonly id: string; readonly webhook_url: string }[]>;
  close(): Promise<void>;
}

export async function openWorkshop(version: ApiVersion = 'v2'): Promise<Workshop> {
  const sandbox = await startSandbox();
  const dataDir = join(sandbox.folder, 'data');
  const keeping = (given: Given = {}): Keeping => {
    const { profile = 'default', apiVersion = version, maxRetries = 0, clock = impatient } = given;
    const baseUrl = given.baseUrl ?? sandbox.baseUrl;
    const environment = { clock, signals: process, onDamage: (message: string) => expectNone(message) };
    const { pid, isAlive } = alone(given.process ?? 1);
    const friend = given.alive === undefined ? null : alone(given.alive).pid;
    return {
      api: createApi({
        ...{
          send: sandbox.send,
          baseUrl: new URL(baseUrl),
          version: apiVersion,
          key: new Secret(sandbox.key),
        },
        ...{ clock, timeoutMs: 1000, maxRetries, userAgent: 'test' },
      }),
      secrets: openSecrets({ ...environment, configDir: sandbox.folder, profile }),
      journal: openJournal({
        ...{ ...environment, dataDir, hostname: hostname() },
        processes: { pid, isAlive: (other) => isAlive(other) || other === friend },
      }),
      account: given.account ?? 'account-1',
      ...{ clock, profile, baseUrl, apiVersion, signal: given.signal ?? new AbortController().signal },
      onUnstored: (id, secret) => void given.unstored?.push([id, secret.reveal()]),
    };
  };
  return {
    sandbox,
    keeping,
    journal: () => filesIn(join(dataDir, 'journal')),
    subscriptions: async () =>
      (await keeping().api.listWebhooks()).map(({ id, webhook_url }) => ({ id, webhook_url })),
    close: () => sandbox.close(),
  };
}

function expectNone(message: string): never {
  throw new Error(message);
}

function filesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith('.json'))
      .map((name) => readFileSync(join(folder, name), 'utf8'));
  } catch {
    return [];
  }
}

/** The same stores, one of whose calls is not what it was. */
export const withSecrets = (keeping: Keeping, changes: Partial<SecretStore>): Keeping => ({
  ...keeping,
  secrets: { ...forwarded(keeping.secrets), ...changes },
});

/** Its methods stand on the prototype. */
const forwarded = (store: SecretStore): SecretStore => ({
  proveWritable: () => store.proveWritable(),
  put: (secret) => store.put(secret),
  get: (id) => store.get(id),
  list: () => store.list(),
  look: (id) => store.look(id),
  survey: () => store.survey(),
  revision: () => store.revision(),
  forget: (id) => store.forget(id),
  exclusive: (id, work) => store.exclusive(id, work),
});

export const withJournal = (keeping: Keeping, changes: Partial<Journal>): Keeping => {
  const { journal } = keeping;
  return {
    ...keeping,
    journal: {
      begin: (intent) => journal.begin(intent),
      finish: (id) => journal.finish(id),
      orphans: () => journal.orphans(),
      claim: (id) => journal.claim(id),
      isOpen: (lease) => journal.isOpen(lease),
      leases: journal.leases,
      ...changes,
    },
  };
};

/** Passes, and tells what secret the answer holds, though the caller may never see it. */
export const overhearing =
  (secrets: string[], fault: Fault): Fault =>
  (request, pass) =>
    fault(request, async (passed) => {
      const response = await pass(passed);
      secrets.push(JSON.parse(Buffer.from(response.body).toString('utf8')).secret_key);
      return response;
    });
