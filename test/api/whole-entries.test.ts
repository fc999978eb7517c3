import fc from 'fast-check';
import * as v from 'valibot';
import { expect, test } from 'vitest';
import { logPageV2 } from '../../src/api/schemas.ts';
import { areWholeEntries } from '../../src/api/whole-entries.ts';

const ENTRY = {
  id: 'l1',
  event_type: 'case.opened',
  webhook_url: 'https://x.test',
  status: 'failed',
  http_status_code: 500,
  attempt_number: null,
  error_message: null,
  created_at: '2026-06-12T14:30:00.123456Z',
  next_retry_at: '2026-06-12T14:30:00Z',
};

const value = fc.oneof(
  fc.constantFrom(undefined, null, true, 1, 1.5, -1, '', 'text', [], {}, '2026-06-12T14:30:00+00:00'),
  fc.constantFrom(
    '2026-02-30T14:30:00Z',
    '2026-06-12T24:00:00Z',
    '2026-13-12T00:00:00Z',
    '2026-06-12T23:59:60Z',
  ),
  fc
    .date({ noInvalidDate: true, min: new Date(0), max: new Date('9999-01-01') })
    .map((date) => date.toISOString()),
);

test('what is taken as it is, is what the schema gives', () => {
  expect(areWholeEntries([ENTRY])).toBe(true);
  let whole = 0;
  const changed = fc.dictionary(fc.constantFrom(...Object.keys(ENTRY), 'more'), value, { maxKeys: 2 });
  fc.assert(
    fc.property(changed, (changes) => {
      const entry = { ...ENTRY, ...changes };
      if (!areWholeEntries([ENTRY, entry])) return;
      whole += 1;
      expect(v.parse(logPageV2, { results: [entry] }).results).toStrictEqual([entry]);
    }),
  );
  expect(whole).toBeGreaterThan(0);
});

test.each([
  ['an unknown field', { ...ENTRY, more: 1 }],
  ['a missing one', { ...ENTRY, status: undefined }],
  ['no object', null],
])('%s is left to the schema', (_what, entry) => {
  expect(areWholeEntries([entry])).toBe(false);
});
