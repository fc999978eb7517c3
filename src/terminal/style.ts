import type { Tone } from './view.ts';

/** How one output stream is drawn, decided once per stream. */
export interface Look {
  readonly color: boolean;
  /** The terminal shows UTF-8; else our own marks have ASCII forms. Data is never transliterated. */
  readonly unicode: boolean;
  /** Width of the terminal; null where the stream is no terminal: then nothing is cut or wrapped. */
  readonly columns: number | null;
}

export type ColorFlag = 'auto' | 'always' | 'never';

type Env = Readonly<Record<string, string | undefined>>;

const NO = new Set(['0', 'false']);

/** The flag wins over NO_COLOR, that over FORCE_COLOR (`0` and `false` mean no), that over the terminal. */
export function decideColor(flag: ColorFlag, env: Env, isTerminal: boolean): boolean {
  if (flag !== 'auto') return flag === 'always';
  const { NO_COLOR: no, FORCE_COLOR: force, TERM: term } = env;
  if (no) return false;
  if (force) return !NO.has(force.toLowerCase());
  return isTerminal && term !== 'dumb';
}

/** False where the locale names an encoding other than UTF-8 (also `C` and `POSIX`); true where none is set. */
export function decideUnicode(env: Env): boolean {
  const { LC_ALL: all, LC_CTYPE: type, LANG: language } = env;
  const locale = all || type || language;
  return !locale || /utf-?8/i.test(locale);
}

/** Colours a text that is already free of control characters. */
export type Paint = (tone: Tone, text: string) => string;

export const unpainted: Paint = (_tone, text) => text;

/** Sixteen-colour ANSI only: the user's own palette decides what reads well on the user's own background. */
const BASIC_COLORS = 1;

/** Chalk at a level of our own, since it does not read NO_COLOR; not loaded where colour is off. */
export async function loadPaint(color: boolean): Promise<Paint> {
  if (!color) return unpainted;
  const { Chalk } = await import('chalk');
  const chalk = new Chalk({ level: BASIC_COLORS });
  const painters: Readonly<Record<Tone, (text: string) => string>> = {
    plain: (text) => text,
    strong: chalk.bold,
    dim: chalk.dim,
    good: chalk.green,
    warn: chalk.yellow,
    bad: chalk.red,
    accent: chalk.cyan,
  };
  return (tone, text) => painters[tone](text);
}
