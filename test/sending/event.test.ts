import { describe, expect, test } from 'vitest';
import { merge } from '../../src/sending/merge.ts';
import { simulateEvent } from '../../src/sending/simulated-event.ts';
import { readTarget } from '../../src/sending/target.ts';

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5);

function simulate(changes: Readonly<Record<string, unknown>>, eventType = 'screening.completed') {
  const { id, body } = simulateEvent({ eventType, changes, random: () => 0.5 }, NOW);
  return { id, event: JSON.parse(Buffer.from(body).toString()) };
}

describe('simulateEvent', () => {
  test('has a fresh id, its time, made-up data, and says that it is simulated', () => {
    const { id, event } = simulate({});
    expect(event).toEqual({
      id,
      event_type: 'screening.completed',
      created_at: '2026-01-02T03:04:05.000Z',
      data: expect.objectContaining({ screening_status: 'completed', entity_type: 'individual' }),
      simulated: true,
    });
    expect(simulate({}).id).not.toBe(id);
  });

  test('merges changes key by key, replaces what is no mapping, and adds what is new', () => {
    const { data } = simulate(
      { steps: ['one'], expires_at: null, extra: { deep: 1 } },
      'onboarding.created',
    ).event;
    expect(data).toMatchObject({ steps: ['one'], expires_at: null, extra: { deep: 1 } });
    expect(data.session_id).toEqual(expect.any(String));
    const merged = simulate({ counts: { high: 2 } }, 'response.autoflag_completed').event.data;
    expect(merged).toMatchObject({ simulated: true, counts: { high: 2 }, status: 'UNDER_REVIEW' });
  });

  test('takes __proto__ for a key like any other', () => {
    const changes = JSON.parse('{"__proto__": {"polluted": 1}}');
    const { id: _, event } = simulate(changes);
    expect(Object.hasOwn(event.data, '__proto__')).toBe(true);
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
  });
});

describe('merge', () => {
  test('goes as deep as both do', () => {
    const data = { a: { b: { c: 1, d: 2 }, e: [1, { f: 1 }] }, g: 1, h: { i: 1 } };
    const changes = { a: { b: { d: null }, e: [2] }, g: { j: 1 }, h: 'text' };
    expect(merge(data, changes)).toEqual({
      a: { b: { c: 1, d: null }, e: [2] },
      g: { j: 1 },
      h: 'text',
    });
  });
});

describe('readTarget', () => {
  test.each([
    'https://example.com/kyc?a=b',
    'http://localhost:3000/',
    'http://[::1]:3000/x',
    'http://127.0.0.9/',
  ])('takes %s', (text) => expect(readTarget(text, '--to').href).toBe(text));

  test.each([
    ['http://example.com/', '--to is http to another machine, example.com'],
    ['http://127.0.0.1.example.com/', '--to is http to another machine'],
    ['ftp://localhost/', '--to takes an http or https URL'],
    ['localhost:3000', '--to takes an http or https URL'],
    ['http://', '--to takes an http or https URL'],
    ['https://user:hunter2@example.com/', '--to holds a user name or a password'],
  ])('refuses %s', (text, message) => {
    expect(() => readTarget(text, '--to')).toThrow(message);
    expect(() => readTarget(text, '--to')).not.toThrow('hunter2');
  });
});
