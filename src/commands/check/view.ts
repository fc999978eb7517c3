import { type Grade, type Level, NOT_ASKED_FOR, type ProbeId } from '../../check/catalogue.ts';
import type { Finding, Reported } from '../../check/finding.ts';
import type { ExitCode } from '../../cli/failure.ts';
import { describeDuration } from '../../duration.ts';
import { redact } from '../../redact.ts';
import type { Secret } from '../../secret.ts';
import { plain } from '../../terminal/text.ts';
import { bad, dim, good, MARKS, type Span, strong, type Text, type View, warn } from '../../terminal/view.ts';

/** Of an answer's body more is not shown. */
const MAX_ANSWER_CHARS = 200;
/** Of a row of the table; what is longer stands whole below it. */
const MAX_DETAIL_CHARS = 90;
/** That one advice names. */
const MAX_NAMED = 4;

/** What `check` found out, as JSON has it. */
export interface Checked {
  readonly url: string;
  /** Null where nothing could be judged, or it was stopped. */
  readonly grade: Grade | null;
  readonly scheme: string;
  /** Whose stored secret signed; null for one of the environment. */
  readonly webhook_id: string | null;
  readonly event_type: string;
  readonly passed: number;
  /** Musts that do not hold. */
  readonly failed: number;
  /** What else should be changed. */
  readonly warned: number;
  readonly skipped: number;
  /** Of the skipped those that were meant to be judged, and could not be. */
  readonly unjudged: number;
  /** All that were looked at hold, and none could not be judged; null where it was stopped before one failed. */
  readonly musts_hold: boolean | null;
  readonly requests: number;
  readonly duration_ms: number;
  /** Ctrl-C or SIGTERM ended it before its end. */
  readonly stopped: 'interrupted' | 'terminated' | null;
  /** What is to be done before all else; null where there is nothing. */
  readonly advice: string | null;
  readonly probes: readonly CheckedProbe[];
}

interface CheckedProbe {
  readonly id: ProbeId;
  readonly title: string;
  readonly level: Level;
  readonly result: Finding['result'];
  readonly status: number | null;
  readonly duration_ms: number | null;
  readonly detail: string;
  /** How an answer began that should have been another, in one line; null where there is none. */
  readonly answer: string | null;
  readonly advice: string | null;
}

/** Without the secrets, should the receiver have told them. */
export function toProbe(
  { id, title, level, result, status, durationMs, detail, answer, advice }: Reported,
  secrets: readonly Secret[],
): CheckedProbe {
  const clean = (text: string): string => plain(redact(text, secrets)).replaceAll(/\s+/g, ' ').trim();
  return {
    ...{ id, title, level, result, status, duration_ms: durationMs },
    detail: clean(detail),
    answer: answer === null ? null : shortened(clean(answer), MAX_ANSWER_CHARS),
    advice,
  };
}

function shortened(text: string, most: number): string {
  const letters = Array.from(text);
  return letters.length <= most ? text : `${letters.slice(0, most - 1).join('')}…`;
}

/** A page that takes everything, at a URL where no receiver is, would fail all alike. */
export function firstAdvice(reported: readonly Reported[]): string | null {
  const isPage = reported.some(
    ({ id, result, isPage: page }) => id === 'valid' && result === 'passed' && page,
  );
  const takesAll = reported.some(({ id, result }) => id !== 'valid' && result === 'failed');
  return isPage && takesAll ? 'It answered HTML, and takes what is forged: is this the right URL?' : null;
}

export function countOf(reported: readonly Reported[], result: Finding['result']): number {
  return reported.filter((one) => one.result === result).length;
}

export function exitOf({ stopped, musts_hold: holds }: Checked): ExitCode {
  if (stopped !== null) return stopped === 'terminated' ? 143 : 130;
  return holds === true ? 0 : 8;
}

const SKIPPED: Span = { text: '-', tone: 'dim' };
const SIGNS: Readonly<Record<Finding['result'], Span>> = {
  passed: MARKS.ok,
  failed: MARKS.fail,
  warned: MARKS.warn,
  skipped: SKIPPED,
};

export function viewChecked(checked: Checked): View {
  const asked = checked.probes.filter(({ detail }) => detail !== NOT_ASKED_FOR);
  const together = grouped(
    asked.filter(({ result }) => result === 'skipped'),
    ({ detail }) => detail,
  ).filter(({ length }) => length > 1);
  const alone = asked.filter((one) => !together.some((group) => group.includes(one)));
  return {
    kind: 'stack',
    views: [
      { kind: 'lines', lines: checked.advice === null ? [] : [[MARKS.fail, ' ', strong(checked.advice)]] },
      {
        kind: 'table',
        columns: [
          { title: '' },
          { title: 'probe' },
          { title: 'time', align: 'right' },
          { title: 'what came', shrink: true },
        ],
        rows: alone.map(drawRow),
        empty: '',
      },
      { kind: 'lines', lines: together.map(drawTogether), wrap: true },
      { kind: 'lines', lines: checked.advice === null ? drawAdvice(asked) : [], wrap: true },
      { kind: 'lines', lines: headlines(checked, checked.probes.length - asked.length), wrap: true },
    ],
  };
}

function grouped(
  probes: readonly CheckedProbe[],
  keyOf: (probe: CheckedProbe) => string,
): readonly (readonly CheckedProbe[])[] {
  const keys = [...new Set(probes.map(keyOf))];
  return keys.map((key) => probes.filter((one) => keyOf(one) === key));
}

function drawRow({ id, result, detail, duration_ms: ms }: CheckedProbe): readonly Text[] {
  const isSkipped = result === 'skipped';
  const short = shortened(detail, MAX_DETAIL_CHARS);
  return [
    SIGNS[result],
    isSkipped ? dim(id) : id,
    ms === null ? '' : describeDuration(ms),
    isSkipped ? dim(`skipped: ${short}`) : short,
  ];
}

const drawTogether = (skipped: readonly CheckedProbe[]): Text => [
  SKIPPED,
  ' ',
  dim(`${skipped.length} skipped: ${skipped[0]?.detail ?? ''}`),
];

/** One cause is told once. */
function drawAdvice(probes: readonly CheckedProbe[]): readonly Text[] {
  const advised = probes.filter(({ advice }) => advice !== null);
  return grouped(advised, ({ advice }) => advice ?? '').flatMap(drawCause);
}

function drawCause(probes: readonly CheckedProbe[]): readonly Text[] {
  const [first] = probes;
  if (first === undefined) return [];
  const { result, title, detail, answer, advice } = first;
  const names = probes.slice(0, MAX_NAMED).map(({ id }) => id);
  const more = probes.length > MAX_NAMED ? ` and ${probes.length - MAX_NAMED} more` : '';
  const isAlone = probes.length === 1;
  return [
    [SIGNS[result], ' ', strong(names.join(', ') + more), dim(isAlone ? `  a good receiver ${title}` : '')],
    ...(isAlone && detail.length > MAX_DETAIL_CHARS ? [['  ', dim(detail)]] : []),
    ...(answer === null ? [] : [['  ', dim(`its answer: ${answer}`)]]),
    ['  ', advice ?? ''],
  ];
}

function headlines(checked: Checked, unasked: number): readonly Text[] {
  const { grade, url, passed, failed, warned, skipped, requests, duration_ms: ms, stopped } = checked;
  const counts = [
    `${passed} passed`,
    `${failed} failed`,
    `${warned} to improve`,
    `${skipped - unasked} skipped`,
    `${requests} ${requests === 1 ? 'request' : 'requests'} in ${describeDuration(ms)}`,
  ];
  return [[drawGrade(grade, stopped), '  ', strong(url)], dim(counts.join(', '))];
}

function drawGrade(grade: Grade | null, stopped: Checked['stopped']): Span {
  if (stopped !== null) return warn(stopped);
  if (grade === null) return warn('Not graded');
  const paint = { A: good, B: good, C: warn, D: bad, F: bad }[grade];
  return paint(`Grade ${grade}`);
}
