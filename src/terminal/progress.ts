import type { Clock } from '../clock.ts';
import { isSimple } from './simple.ts';
import type { Look, Paint } from './style.ts';
import { plain } from './text.ts';
import { MARKS } from './view.ts';

/** Redrawing more often than the eye follows only slows the job. */
export const REDRAW_AFTER_MS = 100;
/** Before this much time has passed an estimate is noise. */
const ESTIMATE_AFTER_MS = 1000;
const MAX_BAR_COLUMNS = 30;
const MIN_BAR_COLUMNS = 5;
/** Room for the longest pace, kept free so that the bar does not jump. */
const PACE_COLUMNS = '9999 min left'.length;
const GAP = '  ';

export const CLEAR_LINE = '\r\u{1b}[2K';

interface ProgressOptions {
  readonly label: string;
  /** How many steps the job has; 0 where nobody knows. */
  readonly total: number;
  readonly write: (text: string) => void;
  readonly look: Look;
  readonly paint: Paint;
  readonly clock: Clock;
}

/** A line at the bottom of a terminal, below everything else. */
export interface LiveLine {
  /** Takes the line away for good. */
  end(): void;
  /** Makes room for other text; `show` draws the line again below it. */
  hide(): void;
  show(): void;
}

/** Redraws itself as it advances, without a timer. */
export interface ProgressLine extends LiveLine {
  advance(by?: number): void;
}

export function createProgress(options: ProgressOptions): ProgressLine {
  const { write, clock } = options;
  const startedAt = clock.now();
  let done = 0;
  let drawnAt = startedAt;
  let ended = false;
  const draw = (): void => {
    drawnAt = clock.now();
    write(CLEAR_LINE + describe(options, done, drawnAt - startedAt));
  };
  const clear = (): void => {
    if (!ended) write(CLEAR_LINE);
  };
  draw();
  return {
    advance(by = 1) {
      done += by;
      if (!ended && clock.now() - drawnAt >= REDRAW_AFTER_MS) draw();
    },
    end() {
      clear();
      ended = true;
    },
    hide: clear,
    show() {
      if (!ended) draw();
    },
  };
}

/** `Retrying  ━━━━━━━━──────   512/1000  8 s left`, in one terminal line. */
function describe({ label, total, look, paint }: ProgressOptions, done: number, elapsedMs: number): string {
  const name = plain(label);
  const count = total > 0 ? `${done}/${total}`.padStart(2 * `${total}`.length + 1) : `${done}`;
  const pace = total > 0 ? remaining(done, total, elapsedMs) : rate(done, elapsedMs);
  // Letters that are not simple count as wide, which at worst makes the bar shorter.
  const nameColumns = isSimple(name) ? name.length : 2 * name.length;
  const spare = (look.columns ?? 0) - 1 - nameColumns - count.length - PACE_COLUMNS - 3 * GAP.length;
  const barColumns = Math.min(MAX_BAR_COLUMNS, spare);
  if (spare < 0) return count.trimStart();
  const bar =
    total > 0 && barColumns >= MIN_BAR_COLUMNS ? [drawBar(done / total, barColumns, look, paint)] : [];
  return [name, ...bar, count, ...(pace === '' ? [] : [paint('dim', pace)])].join(GAP);
}

function drawBar(share: number, columns: number, look: Look, paint: Paint): string {
  const filled = Math.round(Math.min(1, share) * columns);
  const [full, empty] = look.unicode ? ['━', MARKS.line.text] : ['#', MARKS.line.ascii];
  return paint('accent', full.repeat(filled)) + paint('dim', empty.repeat(columns - filled));
}

function remaining(done: number, total: number, elapsedMs: number): string {
  if (done === 0 || done >= total || elapsedMs < ESTIMATE_AFTER_MS) return '';
  const seconds = Math.ceil(((elapsedMs / done) * (total - done)) / 1000);
  return seconds < 60 ? `${seconds} s left` : `${Math.min(9999, Math.ceil(seconds / 60))} min left`;
}

function rate(done: number, elapsedMs: number): string {
  return elapsedMs < ESTIMATE_AFTER_MS ? '' : `${Math.round(done / (elapsedMs / 1000))}/s`;
}
