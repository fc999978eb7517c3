import type { AttemptNotice, SandboxNotice } from '../sandbox/notices.ts';
import type { SandboxLine } from '../sandbox/run.ts';
import {
  accent,
  bad,
  dim,
  good,
  MARKS,
  type Span,
  strong,
  type Text,
  type View,
  warn,
} from '../terminal/view.ts';
import { localTime } from '../terminal/when.ts';

export function viewSandboxLine(line: SandboxLine): View {
  return { kind: 'lines', lines: linesOf(line) };
}

function linesOf(line: SandboxLine): readonly Text[] {
  switch (line.type) {
    case 'ready':
      return ready(line.url, line.api_key);
    case 'dropped':
      return [warn(`${line.notices} lines were dropped: this output is read too slowly`)];
    case 'summary':
      return [`${line.requests} API calls, ${line.events} events, ${line.attempts} delivery attempts`];
    default:
      return [[dim(`${localTime(line.at)}  `), ...notice(line)]];
  }
}

const ready = (url: string, apiKey: string): readonly Text[] => [
  [good('Sandbox ready'), ' at ', accent(url)],
  '',
  dim('In other terminals (the profile keeps its secrets apart from yours):'),
  [`  export KYCGENIE_BASE_URL=${url}`],
  [`  export KYCGENIE_API_KEY=${apiKey}`],
  ['  export KYCGENIE_PROFILE=sandbox'],
  '',
  dim('Ctrl-C stops.'),
];

type Spans = readonly (string | Span)[];

function notice(line: SandboxNotice): Spans {
  switch (line.type) {
    case 'request':
      return [
        dim('call    '),
        statusCode(line.status),
        ` ${line.method} ${line.path}`,
        dim(`  ${line.duration_ms} ms`),
      ];
    case 'event':
      return [
        dim('event   '),
        MARKS.dot,
        ' ',
        strong(line.event_type),
        dim(`  ${deliveries(line.deliveries)}`),
      ];
    case 'attempt':
      return attempt(line);
    case 'disabled':
      return [dim('webhook '), MARKS.warn, ` ${line.webhook_id} disabled: its receiver answered 410`];
    case 'problem':
      return [dim('problem '), MARKS.warn, ` ${line.message}`];
  }
}

const statusCode = (status: number) => (status < 400 ? good(String(status)) : bad(String(status)));

const deliveries = (n: number): string => (n === 1 ? '1 delivery' : `${n} deliveries`);

function attempt(line: AttemptNotice): Spans {
  const delivered = line.status === 'delivered';
  return [
    dim('deliver '),
    delivered ? MARKS.ok : MARKS.fail,
    ' ',
    strong(line.event_type),
    ` to ${line.webhook_url}`,
    dim(`  attempt ${line.attempt_number}, ${line.duration_ms} ms`),
    ...(delivered ? [] : [bad(`  ${line.error_message ?? 'failed'}`)]),
    ...(line.next_retry_at === null ? [] : [dim(`, again at ${localTime(line.next_retry_at)}`)]),
  ];
}
