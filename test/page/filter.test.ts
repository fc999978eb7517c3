import { describe, expect, it } from 'vitest';
import type { DeliveryRow } from '../../src/inspector/protocol.ts';
import { applyFilter, parseFilter, textsOf } from '../../src/page/filter.ts';

const FORWARD = { url: 'http://127.0.0.1:3000/', status: 200, duration_ms: 5, error: null, attempts: 1 };

function row(id: string, over: Partial<DeliveryRow> = {}): DeliveryRow {
  return {
    id,
    received_at: '2026-01-02T03:04:05.678Z',
    event_type: 'case.opened',
    event_id: `evt_${id}`,
    duplicate_of: null,
    signature: { status: 'valid', reason: null },
    method: 'POST',
    path: '/hooks',
    body_bytes: 2,
    response_status: 200,
    forward: FORWARD,
    ...over,
  };
}

const ROWS = [
  row('a'),
  row('b', { event_type: 'screening.completed', forward: { ...FORWARD, status: 503 } }),
  row('c', {
    event_type: null,
    signature: { status: 'invalid', reason: 'body_altered' },
    response_status: 401,
    forward: null,
  }),
  row('d', { duplicate_of: 'a', forward: { ...FORWARD, status: null, error: 'connect ECONNREFUSED' } }),
];

/** `elsewhere`: ids of those that hold each text of the filter in a body, a header or an answer. */
const found = (typed: string, elsewhere: readonly string[] = []): string =>
  applyFilter(
    ROWS,
    parseFilter(typed),
    new Map(textsOf(parseFilter(typed)).map((text) => [text, new Set(elsewhere)])),
  )
    .map(({ id }) => id)
    .join('');

describe('the filter', () => {
  it.each([
    ['', 'abcd'],
    ['   ', 'abcd'],
    ['type:case.*', 'ad'],
    ['type:*.completed', 'b'],
    ['type:s*.*ed', 'b'],
    ['type:opened', 'ad'],
    ['TYPE:CASE.opened', 'ad'],
    ['type:case', 'ad'],
    ['type:', 'abcd'],
    ['status:invalid', 'c'],
    ['status:body_altered', 'c'],
    ['status:503', 'b'],
    ['status:5xx', 'b'],
    ['status:2xx', 'a'],
    ['status:401', 'c'],
    ['status:ok', 'a'],
    ['status:failed', 'bd'],
    ['status:none', 'd'],
    ['status:duplicate', 'd'],
    ['status:valid type:case.* econnrefused', 'd'],
    ['evt_b', 'b'],
    ['nowhere', ''],
    ['status:4xx', 'c'],
    ['-status:4xx', 'abd'],
    ['-type:case.*', 'bc'],
    ['-type:case.* -status:invalid', 'b'],
    ['type:case.* -evt_a', 'd'],
    ['-econnrefused -hooks', ''],
    ['-', 'abcd'],
    ['status:nonsense', ''],
  ])('%j leaves %j', (typed, left) => {
    expect(found(typed)).toBe(left);
  });

  it('takes a star as any text, however many there are', () => {
    expect(found(`type:${'*e'.repeat(200)}`)).toBe('');
    expect(found('type:***')).toBe('abcd');
    expect(found('type:case.o*opened')).toBe('');
  });

  it('leaves what bodies were found to hold, beside what fields do', () => {
    expect(found('anna', ['c'])).toBe('c');
    expect(found('evt_a', ['c'])).toBe('ac');
    expect(found('status:valid anna', ['c', 'd'])).toBe('d');
  });

  it('leaves out what holds a text with a minus anywhere', () => {
    expect(found('-anna', ['c'])).toBe('abd');
    expect(found('status:valid -anna', ['a', 'd'])).toBe('b');
  });

  it('takes free words as one text, in lower case, and those with a minus each', () => {
    expect(parseFilter('Anna  -Type:x Müller -two -Words')).toMatchObject({
      types: [{ wanted: 'x', isExcluded: true }],
      statuses: [],
      text: 'anna müller',
      without: ['two', 'words'],
    });
  });

  it.each([
    ['foo:bar', ['foo:bar']],
    ['status:nonsense type:nonsense', ['status:nonsense']],
    ['-status:nonsense', ['status:nonsense']],
    ['status:5xy', ['status:5xy']],
    ['http://localhost x-twice: a:', []],
    // Half typed.
    ['status: status:inv status:5 status:5x status:timestamp', []],
    ['status:404 status:4xx status:wrong_secret status:duplicate', []],
  ])('of %j it does not know %j', (typed, unknown) => {
    expect(parseFilter(typed).unknown).toEqual(unknown);
  });
});
