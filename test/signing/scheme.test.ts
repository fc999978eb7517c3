import { describe, expect, it } from 'vitest';
import { DEFAULT_SCHEME, findPreset, PRESET_NAMES, PRESETS } from '../../src/signing/scheme.ts';

describe('the presets', () => {
  it.each(PRESET_NAMES)('%s carries its own name and one sentence for help', (name) => {
    expect(PRESETS[name].name).toBe(name);
    expect(PRESETS[name].description).toMatch(/^[^.]+(?:\.[^ .]+)*\.$/);
  });

  it.each(PRESET_NAMES)('%s is plain data', (name) => {
    expect(JSON.parse(JSON.stringify(PRESETS[name]))).toEqual(PRESETS[name]);
  });

  it('are found by the name that users type, and by no other', () => {
    expect(findPreset('slack')).toBe(PRESETS.slack);
    expect(findPreset('Slack')).toBeUndefined();
    expect(findPreset('constructor')).toBeUndefined();
    expect(findPreset(DEFAULT_SCHEME)).toBe(PRESETS['standard-webhooks']);
  });
});
