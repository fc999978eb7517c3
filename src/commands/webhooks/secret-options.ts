import type { Context } from '../../cli/context.ts';
import type { Command, OptionValues } from '../../cli/define.ts';
import { commandWord } from '../../command-word.ts';
import type { Secret } from '../../secret.ts';
import { plain } from '../../terminal/text.ts';

/** Where a new signing secret goes besides the store. */
export interface SecretOptions {
  readonly showSecret?: true | undefined;
}

export const withSecretOptions = <A extends unknown[], O extends OptionValues, G extends OptionValues>(
  command: Command<A, O, G>,
) => command.option('--show-secret', 'print the whole signing secret, not only its beginning');

/** The secret as it may be printed: masked unless asked for. */
export const printable = (context: Context, secret: Secret, { showSecret }: SecretOptions): string =>
  showSecret ? reveal(context, secret) : secret.mask();

/** The secret in full, to be printed; GitHub Actions is told to mask it in its logs first. */
export function reveal({ env, talk }: Context, secret: Secret): string {
  const value = secret.reveal();
  // A percent sign begins an escape in commands to the runner.
  if (env['GITHUB_ACTIONS'] === 'true') talk.raw(`::add-mask::${value.replaceAll('%', '%25')}`);
  return value;
}

/**
 * Shows a secret that the store could not take: it cannot be had a second time. Nothing masks it, or the logs of
 * a run without a terminal would lose it.
 */
export function showUnstored({ talk }: Context, webhookId: string, secret: Secret): void {
  talk.raw(plain(`Signing secret of webhook ${webhookId}, not stored: ${secret.reveal()}`));
  talk.raw(`To store it: kycgenie secrets import ${commandWord(webhookId, '<webhook_id>')}`);
}
