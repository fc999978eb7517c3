import type { Context } from '../cli/context.ts';

/** The exact bytes of a `--body`: its own text, those of `@file`, or for `-` of standard input. */
export async function readBody(context: Context, typed: string): Promise<Uint8Array> {
  if (typed === '-') return context.readBytes('-');
  return typed.startsWith('@') ? context.readBytes(typed.slice(1)) : new TextEncoder().encode(typed);
}
