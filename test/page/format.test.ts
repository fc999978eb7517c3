import { describe, expect, it } from 'vitest';
import { answer, counted, duration, localMoment, localTime, size, utc } from '../../src/page/format.ts';

describe('what the page writes', () => {
  it('tells the time as the clock on the wall does, with the day where it was not today', () => {
    const at = new Date(2026, 0, 2, 3, 4, 5, 6);
    expect(localTime(at.toISOString(), at)).toBe('03:04:05');
    expect(localTime(at.toISOString(), new Date(2026, 0, 3))).toBe('01-02 03:04');
    expect(localMoment(at.toISOString())).toBe('2026-01-02 03:04:05.006');
    expect(localTime('never', at)).toBe('never');
    expect(utc('2026-01-02T03:04:05.006Z')).toBe('2026-01-02 03:04:05.006 UTC');
  });

  it.each([
    [0.2, '<1 ms'],
    [12.4, '12 ms'],
    [1400, '1.4 s'],
    [31_000, '31 s'],
  ])('%d ms take %s', (ms, text) => {
    expect(duration(ms)).toBe(text);
  });

  it('names our answer where the app was not asked, and only a refusal', () => {
    const of = (response_status: number) => answer({ response_status, forward: null });
    expect([of(401), of(200), of(0)]).toEqual(['401', '', 'not answered']);
  });

  it('counts bytes and things', () => {
    expect([size(1), size(982), size(2048), size(3 << 20)]).toEqual([
      '1 byte',
      '982 bytes',
      '2.0 kB',
      '3.0 MB',
    ]);
    expect([counted(1, 'item', 'items'), counted(1204, 'item', 'items')]).toEqual(['1 item', '1,204 items']);
  });
});
