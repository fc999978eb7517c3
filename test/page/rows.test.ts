import { describe, expect, it } from 'vitest';
import type { DeliveryRow } from '../../src/inspector/protocol.ts';
import { extend, MAX_ROWS, merge, replace, tally } from '../../src/page/rows.ts';

const row = (id: string, status: DeliveryRow['signature']['status'] = 'valid'): DeliveryRow => ({
  id,
  received_at: '2026-01-02T03:04:05.678Z',
  event_type: 'case.opened',
  event_id: null,
  duplicate_of: null,
  signature: { status, reason: null },
  method: 'POST',
  path: '/',
  body_bytes: 2,
  response_status: 200,
  forward: null,
});
const rows = (ids: string): readonly DeliveryRow[] => [...ids].map((id) => row(id));
const ids = (all: readonly DeliveryRow[]): string => all.map(({ id }) => id).join('');
const arrivals = (...all: readonly DeliveryRow[]) => new Map(all.map((one) => [one.id, one]));

describe('the rows of the page', () => {
  it('takes what comes on top, newest first, and what is known in its place', () => {
    const merged = merge(rows('ba'), arrivals(row('c'), row('a', 'invalid'), row('d')));
    expect(ids(merged)).toBe('dcba');
    expect(merged.at(-1)?.signature.status).toBe('invalid');
  });

  it('is the same list where nothing came', () => {
    const before = rows('ba');
    expect(merge(before, new Map())).toBe(before);
  });

  it('puts older ones behind, once', () => {
    expect(ids(extend(rows('dc'), rows('cba')))).toBe('dcba');
  });

  it('after a gap is what was read, below what came meanwhile', () => {
    expect(ids(replace(rows('fba'), rows('edcba'), new Set('f')))).toBe('fedcba');
    expect(ids(replace(rows('xba'), rows('cba'), new Set()))).toBe('cba');
  });

  it('keeps no more than its bound', () => {
    const many = Array.from({ length: MAX_ROWS }, (_, index) => row(`old-${index}`));
    const merged = merge(many, arrivals(row('new')));
    expect(merged).toHaveLength(MAX_ROWS);
    expect(merged[0]?.id).toBe('new');
    expect(extend(many, rows('a'))).toHaveLength(MAX_ROWS);
  });

  it('is counted by verdict', () => {
    const counted = tally([row('a'), row('b', 'invalid'), row('c', 'unverified')], ({ id }) => id === 'a');
    expect(counted).toEqual({ all: 3, valid: 1, invalid: 1, unverified: 1, failed: 1 });
  });
});
