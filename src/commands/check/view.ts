import type { Grade, Level, ProbeId } from '../../check/catalogue.ts';
import type { Finding, Reported } from '../../check/finding.ts';
import type { ExitCode } from '../../cli/failure.ts';
import { bad, dim, good, MARKS, type Span, strong, type Text, type View, warn } from '../../terminal/view.ts';

/** What `check` found out, as JSON has it. */
export interface Checked {
  readonly url: string;
  /** Null where nothing could be judged, or it was stopped. */
  readonly grade: Grade | null;
  readonly scheme: string;
  readonly event_type: string;
  readonly passed: number;
  /** Musts that do not hold. */
  readonly failed: number;
  /** What else should be changed. */
  readonly warned: number;
  readonly skipped: number;
  /** Of the skipped those that were meant to be judged, and could not be. */
  readonly unjudged: number;
  /** All that were looked at hold, and none could not be judged. */
  readonly musts_hold: boolean;
  readonly requests: number;
  readonly duration_ms: number;
  /** Ctrl-C or SIGTERM ended it before its end. */
  readonly stopped: 'interrupted' | 'terminated' | null;
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
  readonly advice: string | null;
}

export function toProbe({
  id,
  title,
  level,
  result,
  status,
  durationMs,
  detail,
  advice,
}: Reported): CheckedProbe {
  return { id, title, level, result, status, duration_ms: durationMs, detail, advice };
}

export function countOf(reported: readonly Reported[], result: Finding['result']): number {
  return reported.filter((one) => one.result === result).length;
}

export function exitOf({ stopped, musts_hold: holds }: Checked): ExitCode {
  if (stopped !== null) return stopped === 'terminated' ? 143 : 130;
  return holds ? 0 : 8;
}

const SKIPPED: Span = { text: '-', tone: 'dim' };
const SIGNS: Readonly<Record<Finding['result'], Span>> = {
  passed: MARKS.ok,
  failed: MARKS.fail,
  warned: MARKS.warn,
  skipped: SKIPPED,
};

export function viewChecked(checked: Checked): View {
  return {
    kind: 'stack',
    views: [
      {
        kind: 'table',
        columns: [
          { title: '' },
          { title: 'probe' },
          { title: 'what came', shrink: true },
          { title: 'time', align: 'right' },
        ],
        rows: checked.probes.map(drawRow),
        empty: '',
      },
      { kind: 'lines', lines: checked.probes.flatMap(drawAdvice), wrap: true },
      { kind: 'lines', lines: headlines(checked), wrap: true },
    ],
  };
}

function drawRow({ id, result, detail, duration_ms: ms }: CheckedProbe): readonly Text[] {
  const isSkipped = result === 'skipped';
  return [
    SIGNS[result],
    isSkipped ? dim(id) : id,
    isSkipped ? dim(`skipped: ${detail}`) : detail,
    ms === null ? '' : `${ms} ms`,
  ];
}

function drawAdvice({ id, title, result, advice }: CheckedProbe): readonly Text[] {
  if (advice === null) return [];
  return [
    [SIGNS[result], ' ', strong(id), dim(`  a good receiver ${title}`)],
    ['  ', advice],
  ];
}

function headlines(checked: Checked): readonly Text[] {
  const { grade, url, passed, failed, warned, skipped, requests, duration_ms: ms, stopped } = checked;
  const counts = [
    `${passed} passed`,
    `${failed} failed`,
    `${warned} to improve`,
    `${skipped} skipped`,
    `${requests} requests in ${(ms / 1000).toFixed(1)} s`,
  ];
  return [[drawGrade(grade, stopped), '  ', strong(url)], dim(counts.join(', '))];
}

function drawGrade(grade: Grade | null, stopped: Checked['stopped']): Span {
  if (stopped !== null) return warn(stopped);
  if (grade === null) return warn('Not graded');
  const paint = { A: good, B: good, C: warn, D: bad, F: bad }[grade];
  return paint(`Grade ${grade}`);
}
