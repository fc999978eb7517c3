import type { Context } from '../../cli/context.ts';
import type { Command, OptionValues } from '../../cli/define.ts';
import { single } from '../../cli/options.ts';
import { commandWord } from '../../command-word.ts';
import type { Secret } from '../../secret.ts';
import type { Wishes } from '../../sinks/sinks.ts';
import { plain } from '../../terminal/text.ts';

/** Where a new signing secret goes besides the store. */
export interface SecretOptions extends Wishes {
  readonly showSecret?: true | undefined;
  /** The other spelling of `envFile`. */
  readonly dotenv?: string | undefined;
}

export const withSecretOptions = <A extends unknown[], O extends OptionValues, G extends OptionValues>(
  command: Command<A, O, G>,
) =>
  withSinkOptions(
    command
      .optionsGroup('Signing secret:')
      .option('--show-secret', 'print the whole signing secret, not only its beginning'),
  );

/**
 * `--dotenv` is there because node, up to 24 at least, takes an `--env-file` behind the script for its own, too, and ends
 * with exit code 9 where there is no such file: ours then never runs. In paths and names, `{EVENT_TYPE}` and `{ID}` stand for
 * those of each webhook.
 */
export const withSinkOptions = <A extends unknown[], O extends OptionValues, G extends OptionValues>(
  command: Command<A, O, G>,
) =>
  command
    .option(
      '--secret-file <path>',
      'write it to this file, 0600; for several webhooks a path with {EVENT_TYPE} or {ID}',
      single('--secret-file'),
    )
    .option('--dotenv <path>', 'set it in this env file, all else kept', single('--dotenv'))
    .option(
      '--env-file <path>',
      'the same where the file is there already; else node refuses it',
      single('--env-file'),
    )
    .option(
      '--env-name <name>',
      'variable to set there; for several, such as KYC_{EVENT_TYPE}_SECRET',
      single('--env-name'),
    )
    .option(
      '--secret-exec <command>',
      'run this in the shell with the secret on its standard input, and KYCGENIE_WEBHOOK_ID, ' +
        'KYCGENIE_EVENT_TYPE and KYCGENIE_WEBHOOK_URL in its environment',
      single('--secret-exec'),
    );

/** The secret as it may be printed: masked unless asked for. */
export const printable = (context: Context, secret: Secret, { showSecret }: SecretOptions): string =>
  showSecret ? reveal(context, secret) : secret.mask();

/** The secret in full, to be printed; GitHub Actions is told to mask it in its logs first. */
export function reveal(context: Context, secret: Secret): string {
  const value = secret.reveal();
  hideInLogs(context, value);
  return value;
}

/** Has GitHub Actions mask this text in its logs, before it is printed. */
export function hideInLogs({ env, talk }: Context, text: string): void {
  // A percent sign begins an escape in commands to the runner.
  if (env['GITHUB_ACTIONS'] === 'true') talk.raw(`::add-mask::${text.replaceAll('%', '%25')}`);
}

/**
 * Shows a secret that the store could not take: it cannot be had a second time. Nothing masks it, or the logs of
 * a run without a terminal would lose it.
 */
export function showUnstored({ talk }: Context, webhookId: string, secret: Secret): void {
  talk.raw(plain(`Signing secret of webhook ${webhookId}, not stored: ${secret.reveal()}`));
  talk.raw(`To store it: kycgenie secrets import ${commandWord(webhookId, '<webhook_id>')}`);
}
