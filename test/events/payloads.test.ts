import { describe, expect, test } from 'vitest';
import { EVENT_TYPES } from '../../src/events/catalog.ts';
import { drawUuid, samplePayload } from '../../src/events/payloads.ts';

const NOW = Date.parse('2026-01-19T10:30:00.000Z');
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** Small numbers in a fixed order. */
function chance(seed = 1): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

describe('the payload of an event', () => {
  test.each(EVENT_TYPES.map(({ type }) => type))('%s is a JSON object with a field or more', (type) => {
    const payload = samplePayload(type, chance(), NOW);
    expect(JSON.parse(JSON.stringify(payload))).toEqual(payload);
    expect(Object.keys(payload).length).toBeGreaterThan(1);
  });

  test('is the same for the same chance and time, and another for another', () => {
    const payloads = [1, 1, 2].map((seed) => samplePayload('case.opened', chance(seed), NOW));
    expect(payloads[0]).toEqual(payloads[1]);
    expect(payloads[2]).not.toEqual(payloads[0]);
  });

  test.each([
    ['response.approved', { status: 'APPROVED' }],
    ['response.created', { status: 'DRAFT' }],
    ['response.autoflag_completed', { simulated: true, counts: {} }],
    ['screening.failed', { screening_status: 'failed' }],
    [
      'verification.session_created',
      { status: 'pending', outcome: 'pending', expires_at: '2026-01-21T10:30:00.000Z' },
    ],
    ['verification.session_expired', { status: 'expired', expires_at: '2026-01-19T10:29:59.999Z' }],
    ['onboarding.expired', { expires_at: '2026-01-19T10:29:59.999Z' }],
    ['non_document.check_initiated', { status: 'pending' }],
    ['case.resolved', { status: 'resolved' }],
  ])('%s fits the event', (type, fields) => {
    expect(samplePayload(type, chance(), NOW)).toMatchObject(fields);
  });

  test('of a completed onboarding has every step completed', () => {
    const { steps } = samplePayload('onboarding.completed', chance(), NOW);
    expect(steps).toEqual([
      { name: 'ddq', completed: true },
      { name: 'verification', completed: true },
    ]);
  });

  test('of a completed batch has everything processed', () => {
    const { total, processed } = samplePayload('batch.completed', chance(), NOW);
    expect(processed).toBe(total);
  });

  test.each(['', 'constructor', '__proto__.x', 'unheard.of', 'all'])(
    'of the unknown type %j is an entity',
    (type) => {
      expect(samplePayload(type, chance(), NOW)).toMatchObject({
        id: expect.stringMatching(UUID),
        legal_name: expect.any(String),
      });
    },
  );

  test('of an unknown response event has a status that exists', () => {
    expect(samplePayload('response.constructor', chance(), NOW)['status']).toBe('UNDER_REVIEW');
  });
});

test.each([
  ['small', () => 0],
  ['large', () => 1 - Number.EPSILON],
  ['mixed', chance()],
])('a UUID drawn from %s numbers is one of version 4', (_name, random) => {
  expect(drawUuid(random)).toMatch(UUID);
});
