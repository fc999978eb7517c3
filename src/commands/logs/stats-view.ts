import type { Grouping, GroupStats } from '../../deliveries/stats/groups.ts';
import type { LogStats } from '../../deliveries/stats.ts';
import {
  bad,
  type Column,
  dim,
  good,
  type Span,
  strong,
  type Text,
  type View,
  warn,
} from '../../terminal/view.ts';
import { when } from '../../terminal/when.ts';

/** What `logs stats` found. */
export interface StatsReport extends LogStats {
  readonly since: string;
  readonly until: string;
  readonly by: Grouping;
  /** More of the log may lie in the time asked for: --limit ended the reading. */
  readonly limit_reached: boolean;
}

/** Rows of groups that a person is shown; hours all. */
const SHOWN_GROUPS = 20;
const BAR_COLUMNS = 16;
/** Below, things go wrong; and badly. */
const WARN_RATE = 0.99;
const BAD_RATE = 0.9;

const TITLES: Readonly<Record<Grouping, string>> = {
  event: 'EVENT TYPE',
  url: 'URL',
  code: 'CODE',
  hour: 'HOUR',
};

export function viewStats(report: StatsReport, now: number): View {
  const period = `from ${short(report.since)} to ${short(report.until)}`;
  if (report.entries === 0) {
    return { kind: 'table', columns: [], rows: [], empty: `No delivery matches ${period}.` };
  }
  return {
    kind: 'stack',
    views: [
      { kind: 'record', title: headline(report, period), fields: fieldsOf(report, now) },
      ...(report.errors.length === 0 ? [] : [viewErrors(report)]),
      viewGroups(report),
    ],
  };
}

const headline = ({ entries, limit_reached }: StatsReport, period: string): Text => [
  strong(`${entries} ${entries === 1 ? 'delivery' : 'deliveries'}`),
  ` ${period}`,
  limit_reached ? warn(' (--limit reached: the newest only)') : '',
];

function fieldsOf(report: StatsReport, now: number): readonly (readonly [string, Text])[] {
  const { success_rate: rate, attempts, first_failure, last_failure, waiting, next_retry_at } = report;
  const next = next_retry_at === null ? '' : dim(`, the next ${when(next_retry_at, now)}`);
  return [
    [
      'success',
      rate === null ? dim('nothing has ended yet') : [toned(rate)(percent(rate)), '  ', ...bar(rate)],
    ],
    ['status', statuses(report)],
    ...(attempts.average === null
      ? []
      : [['attempts', `${attempts.average.toFixed(1)} on average, ${attempts.max} at most`] as const]),
    ...(last_failure === null ? [] : [['last failure', moment(last_failure, now)] as const]),
    ...(first_failure === null ? [] : [['first failure', moment(first_failure, now)] as const]),
    ['waiting', waiting === 0 ? dim('none for a retry') : [warn(String(waiting)), ' for a retry', next]],
  ];
}

const TONES: Readonly<Record<string, (text: string) => Text>> = {
  delivered: good,
  failed: bad,
  retrying: warn,
};

function statuses({ by_status }: StatsReport): Text {
  const told = Object.entries(by_status).filter(([, entries]) => entries > 0);
  return told
    .flatMap(([status, entries], index) => [
      index === 0 ? '' : ', ',
      `${entries} `,
      (TONES[status] ?? ((text) => text))(status),
    ])
    .flat();
}

const moment = (iso: string, now: number): Text => [when(iso, now), dim(`  ${iso}`)];

function viewErrors({ errors, other_errors }: StatsReport): View {
  const columns: readonly Column[] = [
    { title: 'TIMES', align: 'right' },
    { title: 'CODE', align: 'right' },
    { title: 'ERROR', shrink: true },
  ];
  const rows = errors.map(({ http_status_code: code, message, entries }) => [
    String(entries),
    code === null ? dim('-') : String(code),
    message ?? dim('no message'),
  ]);
  const other = other_errors === 0 ? [] : [[String(other_errors), dim('-'), dim('other errors')]];
  return { kind: 'table', columns, rows: [...rows, ...other], empty: '' };
}

function viewGroups({ groups, other_groups, by }: StatsReport): View {
  const shown = by === 'hour' ? groups : groups.slice(0, SHOWN_GROUPS);
  const hidden = [...groups.slice(shown.length), ...(other_groups ? [other_groups] : [])];
  return {
    kind: 'table',
    columns: [
      { title: TITLES[by], shrink: by === 'event' || by === 'url' },
      { title: 'ENTRIES', align: 'right' },
      { title: 'FAILED', align: 'right' },
      { title: 'SUCCESS', align: 'right' },
      { title: '' },
    ],
    rows: [
      ...shown.map((group) => viewGroup(by === 'hour' ? short(group.key) : group.key, group)),
      ...(hidden.length === 0 ? [] : [viewGroup(dim('other'), together(hidden))]),
    ],
    empty: '',
  };
}

const viewGroup = (label: Text, { entries, failed, success_rate: rate }: GroupStats): readonly Text[] => [
  label,
  String(entries),
  failed === 0 ? dim('0') : bad(String(failed)),
  rate === null ? dim('-') : toned(rate)(percent(rate)),
  rate === null ? ' ' : bar(rate),
];

function together(groups: readonly GroupStats[]): GroupStats {
  const sum = (field: 'entries' | 'delivered' | 'failed' | 'open'): number =>
    groups.reduce((total, group) => total + group[field], 0);
  const [delivered, failed] = [sum('delivered'), sum('failed')];
  const rate = delivered + failed === 0 ? null : delivered / (delivered + failed);
  return { key: 'other', entries: sum('entries'), delivered, failed, open: sum('open'), success_rate: rate };
}

/** The share that was delivered, and the rest; never full or empty unless it is all or nothing. */
function bar(rate: number): readonly Span[] {
  const exact = Math.round(rate * BAR_COLUMNS);
  const filled = rate === 0 || rate === 1 ? exact : Math.min(BAR_COLUMNS - 1, Math.max(1, exact));
  const rest = BAR_COLUMNS - filled;
  return [
    { text: '█'.repeat(filled), tone: 'good', ascii: '#'.repeat(filled) },
    { text: '░'.repeat(rest), tone: 'bad', ascii: '.'.repeat(rest) },
  ];
}

function toned(rate: number): (text: string) => Span {
  if (rate < BAD_RATE) return bad;
  return rate < WARN_RATE ? warn : good;
}

/** Rounded down: 100 % is said of nothing that failed. */
const percent = (rate: number): string => `${(Math.floor(rate * 1000) / 10).toFixed(1)} %`;

/** Day and minute where the reader is. */
function short(iso: string): string {
  const at = new Date(iso);
  const two = (n: number): string => String(n).padStart(2, '0');
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day} ${two(at.getHours())}:${two(at.getMinutes())}`;
}
