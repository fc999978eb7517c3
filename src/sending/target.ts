import { Failure } from '../errors.ts';
import { isLoopback } from '../loopback.ts';

/** Where this machine may send deliveries: https, or http to itself. Throws Failure `usage` that names `source`. */
export function readTarget(text: string, source: string): URL {
  const url = /^https?:\/\//i.test(text) && URL.canParse(text) ? new URL(text) : null;
  // Never quoted: a mistyped address may hold a password.
  if (!url?.hostname) {
    throw new Failure('usage', `${source} takes an http or https URL`, {
      hint: 'Give it whole, such as http://127.0.0.1:3000/kyc or https://example.com/kyc.',
    });
  }
  if (url.username !== '' || url.password !== '') {
    throw new Failure('usage', `${source} holds a user name or a password`, {
      hint: 'Webhooks are authenticated by their signature: leave it out.',
    });
  }
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    throw new Failure('usage', `${source} is http to another machine, ${url.host}`, {
      hint: `Use https://${url.host}${url.pathname}; http is for this machine alone.`,
    });
  }
  return url;
}
