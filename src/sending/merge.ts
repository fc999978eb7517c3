import { isRecord } from '../record.ts';

type Data = Readonly<Record<string, unknown>>;

/** `data` with `changes`: mappings key by key, as deep as both go; anything else in place of what was there. */
export function merge(data: Data, changes: Data): Data {
  const merged = Object.entries(changes).map(([key, change]) => {
    const before = Object.hasOwn(data, key) ? data[key] : undefined;
    return [key, isRecord(before) && isRecord(change) ? merge(before, change) : change] as const;
  });
  return { ...data, ...Object.fromEntries(merged) };
}
