import { isSuccess } from '../http/status.ts';
import type { Level } from './catalogue.ts';
import type { Finding } from './finding.ts';
import { type Came, MAX_ANSWER_KIB, RATE_LIMITED } from './wire.ts';

/** A request, and what it is called where a probe makes several. */
export interface Sent {
  readonly name: string | null;
  readonly came: Came;
}

type Judged = Pick<Finding, 'result' | 'advice'> & { readonly isUnjudged?: boolean; readonly word?: string };
/** Null: as it should be. */
type Rule = (came: Came) => Judged | null;

export const RATE_ADVICE = 'Lift the rate limit for the time of the check, then run it again.';
const REDIRECT_ADVICE = 'Give the URL that the redirect leads to: senders of webhooks follow none.';

/** Not all of 3xx: 304, for one, leads nowhere. */
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** What the level makes of something that does not hold. */
export const broken = (level: Level): 'failed' | 'warned' => (level === 'must' ? 'failed' : 'warned');

/** Each has to be answered 2xx. */
export function accepted(level: Level, sent: readonly Sent[], advice: string): Finding {
  return conclude(sent, ({ status }) => {
    if (isSuccess(status)) return null;
    if (status === RATE_LIMITED) return rateLimited;
    const isMoved = status !== null && REDIRECTS.has(status);
    return { result: broken(level), advice: isMoved ? REDIRECT_ADVICE : advice };
  });
}

const CRASH_ADVICE =
  'It is refused, but by a failure: catch what goes wrong while verifying and answer 401, so that nobody can crash ' +
  'it or fill its error log.';
const SILENT_ADVICE = 'Answer 401 at once: a connection without an answer looks like an outage.';
const NEITHER_ADVICE = 'That neither takes nor refuses it: answer 401.';

/** Each has to be answered 4xx. `advice` is for what is accepted. */
export function refused(level: Level, sent: readonly Sent[], advice: string): Finding {
  return conclude(sent, ({ status }) => {
    if (status === null) return { result: 'warned', advice: SILENT_ADVICE };
    if (isSuccess(status)) return { result: broken(level), advice, word: 'accepted' };
    if (status === RATE_LIMITED) return rateLimited;
    if (status < 400) return { result: 'warned', advice: NEITHER_ADVICE };
    return status >= 500 ? { result: 'warned', advice: CRASH_ADVICE, word: 'refused, but crashes' } : null;
  });
}

export const rateLimited: Judged = { result: 'skipped', advice: RATE_ADVICE, isUnjudged: true };

const WORST_FIRST: readonly Finding['result'][] = ['failed', 'warned', 'skipped', 'passed'];

/** The worst decides; the detail names all that are as bad. */
export function conclude(sent: readonly Sent[], rule: Rule): Finding {
  const judged = sent.map(({ name, came }) => ({ name, came, ruling: rule(came) }));
  const result = WORST_FIRST.find((one) => judged.some(({ ruling }) => (ruling?.result ?? 'passed') === one));
  const deciding = judged.filter(({ ruling }) => (ruling?.result ?? 'passed') === (result ?? 'passed'));
  const [first] = deciding;
  const ruling = first?.ruling ?? null;
  return {
    result: result ?? 'passed',
    status: first?.came.status ?? null,
    durationMs: first?.came.durationMs ?? null,
    detail: ruling === null ? describeAll(judged) : describeBad(deciding, ruling),
    answer: ruling === null ? null : (first?.came.said?.text ?? null),
    isPage: first?.came.said?.isPage === true,
    advice: ruling?.advice ?? null,
    isUnjudged: ruling?.isUnjudged === true,
  };
}

export function describeCame({ status, failure, said }: Came): string {
  if (status === null) return failure?.message ?? 'no answer';
  const length = said?.isCut ? `, with more than ${MAX_ANSWER_KIB} kB` : '';
  return `answered ${status}${nameOf(status, said?.location ?? null)}${length}`;
}

function nameOf(status: number, location: string | null): string {
  if (status === RATE_LIMITED) return ', a rate limit';
  if (!REDIRECTS.has(status)) return '';
  return location === null ? ', a redirect' : `, a redirect to ${location}`;
}

const describeAll = (sent: readonly Sent[]): string =>
  [...new Set(sent.map(({ came }) => describeCame(came)))].join(', ');

function describeBad(sent: readonly Sent[], { word }: Judged): string {
  const names = sent.flatMap(({ name }) => (name === null ? [] : [name]));
  const came = describeAll(sent);
  const said = word === undefined ? came : `${came}: ${word}`;
  return names.length === 0 ? said : `${said} (${names.join('; ')})`;
}
