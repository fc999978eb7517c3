import type { Subject } from '../../check/subject.ts';
import type { Context } from '../../cli/context.ts';
import { Failure } from '../../errors.ts';
import type { Scheme } from '../../signing/scheme.ts';
import { readForwardHeaders } from '../listen/options.ts';

/** Those of `--forward-header`. Throws Failure `usage` for what cannot be sent, or stands where signatures do. */
export async function ownHeaders(
  context: Context,
  texts: readonly string[],
  scheme: Scheme,
): Promise<Subject['headers']> {
  const { checkHeaders } = await import('../../listen/forward/headers.ts');
  const headers = await readForwardHeaders(context, texts);
  checkHeaders(headers);
  const signing = new Set(namesOf(scheme).map((name) => name.toLowerCase()));
  const taken = headers.find(([name]) => signing.has(name.toLowerCase()));
  if (taken === undefined) return headers;
  throw new Failure('usage', `--forward-header sets ${taken[0]}, by which ${scheme.name} signs`, {
    hint: 'Leave it out: check writes it, rightly and wrongly.',
  });
}

function namesOf({ signatureHeaders, idHeaders, timestamp, hash }: Scheme): readonly string[] {
  const timestampHeaders = timestamp?.from === 'header' ? timestamp.headers : [];
  const hashHeaders = typeof hash === 'string' ? [] : [hash.header];
  return [...signatureHeaders, ...(idHeaders ?? []), ...timestampHeaders, ...hashHeaders];
}
