import { describe, expect, test } from 'vitest';
import type { LogEntry } from '../../src/api/wire.ts';
import { type LogFilter, matches } from '../../src/deliveries/filter.ts';

const AT = Date.parse('2026-01-19T10:30:00Z');

const ENTRY: LogEntry = {
  id: 'log_1',
  event_type: 'screening.completed',
  webhook_url: 'https://hooks.example/kyc?team=a',
  status: 'failed',
  http_status_code: 503,
  attempt_number: 2,
  error_message: 'HTTP 503',
  created_at: '2026-01-19T10:30:00.000Z',
  next_retry_at: null,
};

test('no filter lets everything pass, also a status that the reference does not name', () => {
  expect(matches({ ...ENTRY, status: 'parked' }, {})).toBe(true);
});

describe.each<[string, LogFilter, LogFilter]>([
  ['status', { statuses: new Set(['pending', 'failed']) }, { statuses: new Set(['delivered']) }],
  [
    'event type',
    { eventTypes: new Set(['screening.completed']) },
    { eventTypes: new Set(['screening.failed']) },
  ],
  ['part of the URL', { urlPart: 'example/kyc?team' }, { urlPart: 'EXAMPLE' }],
  ['first instant', { since: AT }, { since: AT + 1 }],
  ['last instant', { until: AT }, { until: AT - 1 }],
  ['code', { codes: [200, 503] }, { codes: [500, 502] }],
  ['class of codes', { codes: ['5xx'] }, { codes: ['2xx', '4xx'] }],
  ['absence of a code', { codes: ['none', 503] }, { codes: ['none'] }],
])('the %s', (_what, fitting, other) => {
  test('lets pass what fits and nothing else', () => {
    expect(matches(ENTRY, fitting)).toBe(true);
    expect(matches(ENTRY, other)).toBe(false);
  });
});

test('all filters together must fit', () => {
  const filter = {
    statuses: new Set(['failed']),
    codes: ['5xx'],
    urlPart: 'hooks',
    since: AT,
    until: AT,
  } as const;
  expect(matches(ENTRY, filter)).toBe(true);
  expect(matches({ ...ENTRY, http_status_code: 404 }, filter)).toBe(false);
});

test('a delivery without an answer is found by none, and by no code', () => {
  const unanswered = { ...ENTRY, http_status_code: null };
  expect(matches(unanswered, { codes: ['none'] })).toBe(true);
  expect(matches(unanswered, { codes: ['5xx', 503] })).toBe(false);
});
