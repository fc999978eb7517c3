import type { Context } from '../../cli/context.ts';
import { type ExitCode, type FailureReport, reportFailure, worstExitCode } from '../../cli/failure.ts';
import { commandWord } from '../../command-word.ts';
import { Failure } from '../../errors.ts';
import { hasFileModes } from '../../platform.ts';
import type { Remark } from '../../sinks/remark.ts';
import type { Handover } from '../../sinks/secret-exec.ts';
import type { Expected, Handed, Sink, Wishes } from '../../sinks/sinks.ts';
import { bad, dim, good, type Text } from '../../terminal/view.ts';
import type { SecretOptions } from './secret-options.ts';

/** What became of handing a secret to one of the places that were asked for. */
export interface HandedOver {
  readonly sink: Sink['kind'];
  /** Null for a command, which may hold a secret of its own. */
  readonly target: string | null;
  readonly error: FailureReport | null;
}

/** Of each webhook whose secret was handed over; absent where nothing was asked for. */
export interface WithHandedOver {
  readonly handed_over?: readonly HandedOver[];
}

export interface SecretSinks {
  /**
   * Hands a secret, which is in the store already, to every place. What fails is told on stderr with how to repeat it,
   * and comes back in the result; throws nothing. The result goes into what the command prints.
   */
  handOver(handover: Handover): Promise<WithHandedOver>;
}

/**
 * The places that the secret options name, proven to fit what is expected: to be called before the API is. Throws
 * Failure `usage`.
 * @param nameOf what a variable is called where --env-name does not say
 */
export async function openSecretSinks(
  context: Context,
  options: SecretOptions,
  expected: readonly Expected[],
  nameOf?: Wishes['nameOf'],
): Promise<SecretSinks> {
  if (!wantsSinks(options)) return { handOver: async () => ({}) };
  const { handOver, openSinks } = await import('../../sinks/sinks.ts');
  const tellOnce = remarking(context);
  const sinks = openSinks({ ...wishesOf(options), nameOf }, expected);
  return {
    async handOver(handover) {
      const handed = await handOver(sinks, handover, context);
      for (const { remark } of handed) if (remark) tellOnce(remark);
      return { handed_over: handed.map((one) => tell(context, handover.webhookId, options, one)) };
    },
  };
}

/** True where a secret is to go anywhere but into the store. */
export const wantsSinks = ({ secretFile, dotenv, envFile, envName, secretExec }: SecretOptions): boolean =>
  [secretFile, dotenv, envFile, envName, secretExec].some((wish) => wish !== undefined);

function wishesOf({ dotenv, envFile, ...rest }: SecretOptions): Wishes {
  if (dotenv !== undefined && envFile !== undefined)
    throw new Failure('usage', '--dotenv and --env-file are the same: give one of them');
  return { ...rest, envFile: dotenv ?? envFile };
}

/** The same where `--env-name` has a use of its own. */
export const wantsPlace = (options: SecretOptions): boolean => wantsSinks({ ...options, envName: undefined });

/** The exit code of the worst failure to hand over, 0 without one. */
export const handedExit = (items: readonly WithHandedOver[]): ExitCode =>
  worstExitCode(failuresOf(items).map(({ exit_code }) => exit_code));

export const failuresOf = (items: readonly WithHandedOver[]): readonly FailureReport[] =>
  items.flatMap(({ handed_over = [] }) => handed_over.flatMap(({ error }) => (error ? [error] : [])));

/** In one cell: where the secret is now besides the store. Empty where nothing was asked for. */
export const viewHandedOver = ({
  handed_over = [],
}: WithHandedOver): readonly Exclude<Text, readonly unknown[]>[] =>
  handed_over.flatMap(({ sink, target, error }, index) => [
    ...(index > 0 ? [', '] : []),
    error ? bad('not handed to ') : good('handed to '),
    sink === 'secret_exec' ? 'the command' : (target ?? dim('an unknown place')),
  ]);

function tell(context: Context, webhookId: string, options: SecretOptions, handed: Handed): HandedOver {
  const { sink, target, error } = handed;
  if (error === null) return { sink, target, error };
  const report = reportFailure(error);
  const repeat = `kycgenie secrets export ${commandWord(webhookId, '<webhook_id>')} ${flagsOf(sink, options)}`;
  const hint = `The secret is in the store. To repeat this: ${repeat}`;
  const why = [report.message, report.hint].filter((text) => text !== null).map(ended);
  context.talk.warn([`${webhookId}:`, ...why, hint].join(' '));
  return { sink, target, error: { ...report, hint } };
}

/** Tells each remark on a file once, however many secrets it takes. */
function remarking({ talk, system }: Context): (remark: Remark) => void {
  const told = new Set<string>();
  return ({ kind, path }) => {
    if (told.has(`${kind} ${path}`)) return;
    told.add(`${kind} ${path}`);
    if (kind === 'replaced') talk.notice(`${path} held something else before: it was replaced.`);
    else if (hasFileModes(system.platform))
      talk.warn(`Everybody on this machine may read ${path}. To change that: chmod 600 ${pathWord(path)}`);
  };
}

const ended = (text: string): string => text.replace(/(?<![.:?!…])$/, '.');

/** As typed, but for what may hold a secret or means something to a shell. */
function flagsOf(sink: Sink['kind'], options: SecretOptions): string {
  const { secretFile = '', dotenv = options.envFile ?? '', envName } = options;
  switch (sink) {
    case 'secret_file':
      return `--secret-file ${pathWord(secretFile)}`;
    case 'env_file':
      return `--dotenv ${pathWord(dotenv)}${envName === undefined ? '' : ` --env-name ${pathWord(envName)}`}`;
    case 'secret_exec':
      return "--secret-exec '…'";
  }
}

function pathWord(text: string): string {
  if (/^[\w.,/@:+-]{1,200}$/.test(text)) return text;
  return /^[\w.,/@:+{} -]{1,200}$/.test(text) ? `'${text}'` : "'…'";
}
