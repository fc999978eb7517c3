import type { Context } from '../../cli/context.ts';
import { Failure } from '../../errors.ts';
import { isLoopback } from '../../loopback.ts';

/** The URL as typed, once it is sure that the API in use may deliver to it: https, or http on this machine only. */
export async function checkReceiverUrl(context: Context, text: string): Promise<string> {
  const problem = receiverProblem(text, (await context.settings()).baseUrl.value);
  if (problem) throw problem;
  return text;
}

/** Why the API at `baseUrl` may not deliver to what was typed; null when it may. */
export function receiverProblem(text: string, baseUrl: URL): Failure | null {
  const url = /^[\x21-\u{d7ff}]+$/u.test(text) && URL.canParse(text) ? new URL(text) : null;
  if (!url?.hostname) {
    return new Failure('usage', `"${text}" is not a URL`, {
      hint: 'Give it whole, such as https://example.com/kyc.',
    });
  }
  if (url.protocol === 'https:') return null;
  if (url.protocol !== 'http:')
    return new Failure('usage', `A receiver is reached over https, not ${url.protocol}`);
  if (!isLoopback(url.hostname)) {
    return new Failure('usage', 'A receiver URL must be https', {
      hint: `Use https://${url.host}${url.pathname}.`,
    });
  }
  if (isLoopback(baseUrl.hostname)) return null;
  return new Failure('usage', `${baseUrl.host} cannot deliver to this machine over http`, {
    hint: 'Use a public https URL, or try it against the sandbox: kycgenie sandbox.',
  });
}
