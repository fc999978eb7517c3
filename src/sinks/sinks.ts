import { statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { Failure } from '../errors.ts';
import { followed, setInEnvFile } from './env-file.ts';
import type { Remark } from './remark.ts';
import { type Handover, runSecretExec, type Surroundings } from './secret-exec.ts';
import { checkSecretFile, writeSecretFile } from './secret-file.ts';
import {
  checkTemplate,
  demandDistinct,
  demandDistinctNames,
  fill,
  NAME_FLAG,
  namesAsTyped,
  namesId,
  type Subject,
} from './template.ts';

/** Where a secret is to go, as typed; paths and names may hold placeholders. */
export interface Wishes {
  readonly secretFile?: string | undefined;
  readonly envFile?: string | undefined;
  readonly envName?: string | undefined;
  /** What the variable is called where `envName` does not say; without it, `envName` has to. */
  readonly nameOf?: ((subject: Subject) => string) | undefined;
  readonly secretExec?: string | undefined;
}

/** A webhook whose secret will come; its id is null where the API is yet to give it. */
export interface Expected {
  readonly webhookId: string | null;
  readonly eventType: string | null;
}

/** A place that takes one secret after the other. */
export interface Sink {
  readonly kind: 'secret_file' | 'env_file' | 'secret_exec';
  /** Where the secret of this webhook goes, for people; null for a command. Throws Failure `usage`. */
  target(subject: Subject): string | null;
  /** Throws Failure, or the signal's reason. */
  take(handover: Handover, surroundings: Surroundings): Promise<Remark | null>;
}

/** What became of handing one secret to one sink. */
export interface Handed {
  readonly sink: Sink['kind'];
  readonly target: string | null;
  /** Null where it arrived. */
  readonly error: unknown;
  readonly remark?: Remark;
}

const FILE = '--secret-file';
const ENV_FILE = '--dotenv';

/**
 * The sinks that were asked for, once it is sure that each expected secret has a place of its own and its folder is
 * there. Throws Failure `usage`.
 */
export function openSinks(wishes: Wishes, expected: readonly Expected[]): readonly Sink[] {
  const { secretFile, envFile, envName, secretExec } = wishes;
  const nameOf = envName === undefined ? wishes.nameOf : namesAsTyped(envName);
  if (envFile === undefined ? envName !== undefined : nameOf === undefined) {
    throw new Failure('usage', `${ENV_FILE} and ${NAME_FLAG} go together`, {
      hint: `Such as: ${ENV_FILE} .env ${NAME_FLAG} KYC_WEBHOOK_SECRET`,
    });
  }
  const sinks: Sink[] = [];
  if (secretFile !== undefined) sinks.push(openSecretFile(secretFile, expected));
  if (envFile !== undefined && nameOf) sinks.push(openEnvFile(envFile, nameOf, expected));
  if (secretExec !== undefined) sinks.push(commandSink(secretExec));
  if (secretFile !== undefined && envFile !== undefined && samePath(secretFile, envFile)) {
    throw new Failure('usage', `${FILE} and ${ENV_FILE} name the same file`);
  }
  return sinks;
}

/** Hands one secret to each sink, whatever became of the others. */
export async function handOver(
  sinks: readonly Sink[],
  handover: Handover,
  surroundings: Surroundings,
): Promise<readonly Handed[]> {
  const handed: Handed[] = [];
  for (const sink of sinks) handed.push(await handTo(sink, handover, surroundings));
  return handed;
}

async function handTo(sink: Sink, handover: Handover, surroundings: Surroundings): Promise<Handed> {
  let target: string | null = null;
  try {
    surroundings.signal.throwIfAborted();
    target = sink.target(handover);
    const remark = await sink.take(handover, surroundings);
    return { sink: sink.kind, target, error: null, ...(remark && { remark }) };
  } catch (error) {
    return { sink: sink.kind, target, error };
  }
}

function openSecretFile(template: string, expected: readonly Expected[]): Sink {
  checkTemplate(FILE, template);
  const target = (subject: Subject): string => fill(FILE, template, subject);
  demandDistinct(FILE, expected.map(standIn), (subject) => pathKey(target(subject)));
  for (const path of knownPaths(FILE, template, expected)) checkSecretFile(path);
  return {
    kind: 'secret_file',
    target,
    take: async (handover) => writeSecretFile(target(handover), handover.secret),
  };
}

function openEnvFile(
  template: string,
  name: (subject: Subject) => string,
  expected: readonly Expected[],
): Sink {
  checkTemplate(ENV_FILE, template);
  const path = (subject: Subject): string => fill(ENV_FILE, template, subject);
  demandDistinctNames(expected.map(standIn), (subject) => `${name(subject)} ${pathKey(path(subject))}`);
  for (const known of knownPaths(ENV_FILE, template, expected)) followed(known);
  return {
    kind: 'env_file',
    target: (subject) => `${name(subject)} in ${path(subject)}`,
    take: (handover, { clock }) => setInEnvFile(path(handover), name(handover), handover.secret, clock),
  };
}

const commandSink = (line: string): Sink => ({
  kind: 'secret_exec',
  target: () => null,
  take: async (handover, surroundings) => {
    await runSecretExec(line, handover, surroundings);
    return null;
  },
});

/** Of a webhook that has no id yet, a number stands for it: another one for each. */
const standIn = ({ webhookId, eventType }: Expected, index: number): Subject => ({
  webhookId: webhookId ?? String(index),
  eventType,
});

/** The paths that are known before the ids are, their folders proven to be there. */
function knownPaths(flag: string, template: string, expected: readonly Expected[]): readonly string[] {
  const subjects = expected.map(standIn);
  if (!namesId(dirname(template))) {
    for (const subject of subjects) demandFolder(flag, dirname(resolve(fill(flag, template, subject))));
  }
  return namesId(template) ? [] : subjects.map((subject) => fill(flag, template, subject));
}

function demandFolder(flag: string, folder: string): void {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return;
  throw new Failure('usage', `${flag} leads to the folder ${folder}, which is not there`, {
    hint: 'Make it first, for those alone who may read the secret.',
  });
}

/** Equal for paths that some systems take for one. */
const pathKey = (path: string): string => resolve(path).normalize('NFC').toLowerCase();

const samePath = (one: string, other: string): boolean => pathKey(one) === pathKey(other);
