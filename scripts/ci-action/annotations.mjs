import { cut, flat } from './plain.mjs';

/** A step shows no more than ten of a kind; the summary has all. */
const MAX_OF_A_KIND = 9;
const MAX_CHARS = 500;

/** A command to the runner. Whatever the text holds, it is one line and ends no command. */
export function command(kind, title, text) {
  return `::${kind} title=${property(title)}::${data(cut(flat(text), MAX_CHARS))}`;
}

const data = (text) => text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
const property = (text) => data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');

/** The line, where it has the runner mask a text; else null. */
export const addMask = (line) => (/^::add-mask::[^\p{Cc}]+$/u.test(line) ? line : null);

/** A line of a log that is no command: the runner takes `::` at its start and `##[` anywhere. */
export const safeLine = (line) =>
  flat(line)
    .replace(/^(\s*):(?=:)/u, '$1: ')
    .replaceAll('##[', '## [');

/** One for each change up to a bound, and what else somebody has to know. */
export function annotationsOf({ items, unplaced }, { applies }) {
  const byKind = { notice: [], warning: [], error: [] };
  for (const item of items) byKind[severity(item)].push(item);
  const shown = Object.entries(byKind).flatMap(([kind, list]) => [
    ...list.slice(0, MAX_OF_A_KIND).map((item) => command(kind, titleOf(item, applies), textOf(item))),
    ...(list.length > MAX_OF_A_KIND
      ? [command(kind, 'kycgenie', `${list.length - MAX_OF_A_KIND} more: see the summary of the job.`)]
      : []),
  ]);
  const lost =
    `New signing secrets (${unplaced}) are in the store of this runner alone, and go with it. Hand them over in a ` +
    'later step of this job (kycgenie secrets export), or give this action args with --secret-exec or --dotenv.';
  return unplaced === 0 ? shown : [...shown, command('warning', 'kycgenie', lost)];
}

function severity({ kind, error }) {
  if (error !== null) return 'error';
  return kind === 'delete' ? 'warning' : 'notice';
}

function titleOf({ kind, error }, applies) {
  if (error !== null) return `kycgenie: failed to ${kind}`;
  return applies ? `kycgenie: ${kind}d` : `kycgenie: would ${kind}`;
}

const textOf = ({ mark, eventType, url, details, error }) =>
  [`${mark} ${eventType} ${url}`, details, error].filter(Boolean).join(': ');
