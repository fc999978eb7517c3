import type { Clock } from '../clock.ts';
import { paintLine, slice, toLine } from './line.ts';
import { CLEAR_LINE, type LiveLine, REDRAW_AFTER_MS } from './progress.ts';
import type { Look, Paint } from './style.ts';
import type { Text } from './view.ts';

interface StatusOptions {
  readonly write: (text: string) => void;
  readonly look: Look;
  readonly paint: Paint;
  readonly clock: Clock;
}

/** A line at the bottom of a terminal that says how things stand, without a timer. */
export interface StatusLine extends LiveLine {
  set(text: Text): void;
}

export function createStatus({ write, look, paint, clock }: StatusOptions): StatusLine {
  let text: Text = '';
  let drawnAt = Number.NEGATIVE_INFINITY;
  let ended = false;
  const draw = (): void => {
    drawnAt = clock.now();
    const line = toLine(text, look.unicode);
    // The last column stays free: some terminals wrap when it is written. Marks of ours take one column each.
    const room = Math.max(0, (look.columns ?? 0) - 1);
    write(CLEAR_LINE + paintLine(slice(line, 0, room), paint));
  };
  const clear = (): void => {
    if (!ended) write(CLEAR_LINE);
  };
  return {
    set(now) {
      text = now;
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
