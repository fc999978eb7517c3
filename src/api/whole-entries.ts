import { isRecord } from '../record.ts';

/** Fields of a log entry. */
const FIELDS = 9;
/** Only times that need neither change nor doubt. */
const PLAIN_UTC =
  /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?Z$/;

/**
 * Whether these are log entries just as the schema would give them, every field there and no other. False proves
 * nothing: the schema decides then, and changes what it may.
 */
export function areWholeEntries(value: unknown): boolean {
  return Array.isArray(value) && value.every(isWholeEntry);
}

function isWholeEntry(value: unknown): boolean {
  return (
    isRecord(value) &&
    typeof value['id'] === 'string' &&
    typeof value['event_type'] === 'string' &&
    typeof value['webhook_url'] === 'string' &&
    typeof value['status'] === 'string' &&
    isIntegerOrNull(value['http_status_code']) &&
    isIntegerOrNull(value['attempt_number']) &&
    (value['error_message'] === null || typeof value['error_message'] === 'string') &&
    isPlainTime(value['created_at']) &&
    (value['next_retry_at'] === null || isPlainTime(value['next_retry_at'])) &&
    Object.keys(value).length === FIELDS
  );
}

const isIntegerOrNull = (value: unknown): boolean => value === null || Number.isInteger(value);

const isPlainTime = (value: unknown): boolean => typeof value === 'string' && PLAIN_UTC.test(value);
