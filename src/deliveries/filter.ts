import type { LogEntry } from '../api/wire.ts';

/** Which HTTP answers a filter means: one code, a class by its first digit, or no answer at all. */
export type CodeFilter = number | `${1 | 2 | 3 | 4 | 5}xx` | 'none';

/** What log entries to show; an absent field lets all pass. Times in milliseconds since the epoch. */
export interface LogFilter {
  readonly statuses?: ReadonlySet<string> | undefined;
  readonly eventTypes?: ReadonlySet<string> | undefined;
  readonly urlPart?: string | undefined;
  readonly since?: number | undefined;
  readonly until?: number | undefined;
  readonly codes?: readonly CodeFilter[] | undefined;
}

export function matches(entry: LogEntry, filter: LogFilter): boolean {
  const at = Date.parse(entry.created_at);
  return (
    (!filter.statuses || filter.statuses.has(entry.status)) &&
    (!filter.eventTypes || filter.eventTypes.has(entry.event_type)) &&
    (filter.urlPart === undefined || entry.webhook_url.includes(filter.urlPart)) &&
    (filter.since === undefined || at >= filter.since) &&
    (filter.until === undefined || at <= filter.until) &&
    (!filter.codes || filter.codes.some((code) => hasCode(entry, code)))
  );
}

function hasCode({ http_status_code }: LogEntry, code: CodeFilter): boolean {
  if (code === 'none') return http_status_code === null;
  if (http_status_code === null) return false;
  return typeof code === 'number' ? http_status_code === code : String(http_status_code)[0] === code[0];
}
