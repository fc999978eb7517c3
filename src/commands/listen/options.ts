import type { Context } from '../../cli/context.ts';
import { Failure } from '../../errors.ts';
import type { ForwardTargets } from '../../listen/forward.ts';
import { breadthOf, eventMatcher } from '../event-matcher.ts';

export const DEFAULT_PORT = 4242;

/** `/kyc`, where deliveries come to. */
export function receiverPath(text: string): string {
  const path = text.startsWith('/') ? text : `/${text}`;
  if (/^[\x21-\x7e]+$/.test(path) && !/[?#]/.test(path)) return path;
  throw new Failure('usage', `--path takes the path of a URL, not "${text}"`, { hint: 'Such as /kyc.' });
}

/** `503,503,200`. */
export function statuses(text: string): readonly number[] {
  const all = text.split(',').map((part) => (/^[2-5]\d\d$/.test(part.trim()) ? Number(part) : null));
  const valid = all.filter((status) => status !== null);
  if (valid.length === all.length) return valid;
  throw new Failure('usage', `--respond takes statuses with commas between, not "${text}"`, {
    hint: 'Such as 503,503,200.',
  });
}

const APP_HINT = 'Such as http://localhost:3000/webhooks, or 3000/webhooks for the same.';

/** `3000`, `3000/path` and `localhost:3000/path` are on this machine. */
export function completed(text: string): string {
  if (/^\d{1,5}(?:\/|$)/.test(text)) return `http://localhost:${text}`;
  return /^(?:localhost|127\.0\.0\.1|\[::1\]):\d/.test(text) ? `http://${text}` : text;
}

/** A URL of an app, or a port of this machine. */
export function appUrl(flag: string): (text: string) => URL {
  return (text) => {
    const whole = completed(text);
    if (/^https?:\/\//i.test(whole) && URL.canParse(whole) && new URL(whole).port !== '0')
      return new URL(whole);
    throw new Failure('usage', `${flag} takes the http or https URL of an app`, { hint: APP_HINT });
  };
}

export function forwardTargets(
  context: Context,
  {
    forwardTo,
    route = [],
  }: { readonly forwardTo?: URL | undefined; readonly route?: readonly string[] | undefined },
): ForwardTargets {
  const routes = route
    .map(readRoute)
    .sort((one, other) => breadthOf(one.types) - breadthOf(other.types))
    .map(({ types, url }) => ({ matches: eventMatcher(context, [types]), url }));
  return { default: forwardTo ?? null, routes };
}

/** `screening.*=http://localhost:3000/s`. */
export function readRoute(text: string): { readonly types: string; readonly url: URL } {
  const mark = text.indexOf('=');
  if (mark > 0) return { types: text.slice(0, mark), url: appUrl('--route')(text.slice(mark + 1)) };
  throw new Failure('usage', `--route takes <type or group>=<url>, not "${text}"`, {
    hint: "Such as 'screening.*=http://localhost:3000/screening'.",
  });
}

/** `Name: value` of `--forward-header`, or the lines of `@file`: what is secret must not stand on the command line. */
export async function readForwardHeaders(
  context: Context,
  texts: readonly string[],
): Promise<readonly (readonly [name: string, value: string])[]> {
  const lines = await Promise.all(
    texts.map(async (text) =>
      text.startsWith('@') ? (await context.readInput(text.slice(1))).split(/\r?\n/).filter(Boolean) : [text],
    ),
  );
  return lines.flat().map(headerPair);
}

function headerPair(text: string): readonly [name: string, value: string] {
  const mark = text.indexOf(':');
  if (mark > 0) return [text.slice(0, mark).trim(), text.slice(mark + 1).trim()];
  throw new Failure('usage', '--forward-header takes <name>: <value>, or @file', {
    hint: "Such as 'X-Env: test'.",
  });
}
