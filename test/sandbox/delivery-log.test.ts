import { describe, expect, test } from 'vitest';
import { DeliveryLog, MAX_DELIVERIES } from '../../src/sandbox/delivery-log.ts';
import type { Delivery } from '../../src/sandbox/records.ts';

const delivery = (seq: number, fields: Partial<Delivery> = {}): Delivery => ({
  id: `d${seq}`,
  seq,
  eventId: `e${seq}`,
  eventType: 'case.opened',
  subscriptionId: null,
  webhookUrl: 'https://a.example/',
  status: 'delivered',
  httpStatusCode: 200,
  attemptNumber: 1,
  errorMessage: null,
  createdAtMs: seq,
  nextRetryAtMs: null,
  single: false,
  ...fields,
});

const seqs = (deliveries: readonly Delivery[]): number[] => deliveries.map(({ seq }) => seq);

function filled(count: number, fields: (seq: number) => Partial<Delivery> = () => ({})): DeliveryLog {
  const log = new DeliveryLog();
  for (let seq = 1; seq <= count; seq += 1) {
    const next = delivery(seq, fields(seq));
    log.putEvent({ id: next.eventId, body: 'body' });
    log.put(next);
  }
  return log;
}

describe('a delivery', () => {
  test('that is put again takes the place of its earlier state', () => {
    const log = filled(5);
    log.put(delivery(3, { status: 'failed' }));
    expect(seqs(log.all())).toEqual([1, 2, 3, 4, 5]);
    expect([log.get('d3')?.status, log.all()[2]?.status]).toEqual(['failed', 'failed']);
    expect(log.nextSeq()).toBe(6);
  });

  test('that comes late is put where it belongs', () => {
    const log = filled(3);
    log.put(delivery(10));
    log.put(delivery(7));
    expect(seqs(log.all())).toEqual([1, 2, 3, 7, 10]);
    expect(log.nextSeq()).toBe(11);
  });
});

describe('pages', () => {
  test('older and newer than any place', () => {
    const log = filled(5);
    expect(log.olderThan(Number.POSITIVE_INFINITY, 2)).toMatchObject({ newer: false, older: true });
    expect(seqs(log.olderThan(4, 2).deliveries)).toEqual([3, 2]);
    expect(seqs(log.olderThan(2, 9).deliveries)).toEqual([1]);
    expect(log.olderThan(1, 9)).toMatchObject({ deliveries: [], newer: true, older: false });
    expect(seqs(log.newerThan(2, 2).deliveries)).toEqual([4, 3]);
    expect(log.newerThan(5, 2)).toMatchObject({ deliveries: [], newer: false, older: true });
  });
});

describe('a full log', () => {
  test('forgets the oldest that are over, with their events, and keeps the open ones', () => {
    const log = filled(MAX_DELIVERIES + 1_500, (seq) => (seq <= 10 ? { status: 'retrying' } : {}));
    expect(log.total()).toBeLessThan(MAX_DELIVERIES + 1_000);
    expect(log.total()).toBeGreaterThanOrEqual(MAX_DELIVERIES);
    expect(seqs(log.all().slice(0, 11))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 1_011]);
    expect(log.get('d11')).toBeUndefined();
    expect(log.eventOf(delivery(11))).toBeUndefined();
    expect([...log.events()]).toHaveLength(log.total());
  });

  test('of large bodies forgets earlier, but no event that a known delivery sends', () => {
    const log = new DeliveryLog();
    const body = 'x'.repeat(16 * 1024 * 1024);
    for (let seq = 1; seq <= 40; seq += 1) {
      const eventId = `e${Math.ceil(seq / 2)}`;
      log.putEvent({ id: eventId, body });
      log.put(delivery(seq, { eventId, status: seq === 2 ? 'pending' : 'delivered' }));
    }
    const events = [...log.events()];
    expect(events.length).toBeLessThanOrEqual(17);
    expect(events.map(({ id }) => id)).toContain('e1');
    expect(log.all().every((known) => log.eventOf(known) !== undefined)).toBe(true);
  });
});
