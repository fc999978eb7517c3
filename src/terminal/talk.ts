import type { Clock } from '../clock.ts';
import { inTone, paintLine, toLine } from './line.ts';
import { createProgress, type LiveLine, type ProgressLine } from './progress.ts';
import { createStatus, type StatusLine } from './status.ts';
import type { Look, Paint } from './style.ts';
import { MARKS, type Text } from './view.ts';

interface TalkOptions {
  /** Where lines go: stderr. */
  readonly write: (text: string) => void;
  /** The look of stderr. */
  readonly look: Look;
  readonly paint: Paint;
  readonly clock: Clock;
  /** Silences everything but warnings. */
  readonly quiet: boolean;
  /** A line can be redrawn: a terminal, and not a dumb one. */
  readonly live: () => boolean;
}

/** The conversation with a person beside the data: notices, warnings, a live line that stays below everything. */
export function createTalk({ write, look, paint, clock, quiet: isQuiet, live }: TalkOptions) {
  let quiet = isQuiet;
  let current: LiveLine | undefined;
  const say = (line: string): void => {
    current?.hide();
    write(`${line}\n`);
    current?.show();
  };
  return {
    notice(text: Text): void {
      if (!quiet) say(paintLine(inTone(toLine(text, look.unicode), 'dim'), paint));
    },
    warn(text: Text): void {
      const mark = paintLine(toLine(MARKS.warn, look.unicode), paint);
      say(`${mark} ${paintLine(toLine(text, look.unicode), paint)}`);
    },
    show(text: Text): void {
      say(paintLine(toLine(text, look.unicode), paint));
    },
    raw(line: string): void {
      say(line);
    },
    progress(label: string, total: number): Pick<ProgressLine, 'advance' | 'end'> {
      if (quiet || !live()) return { advance: () => undefined, end: () => undefined };
      current?.end();
      const line = createProgress({ label, total, write, look, paint, clock });
      current = line;
      return line;
    },
    status(): Pick<StatusLine, 'set' | 'end'> {
      if (quiet || !live()) return { set: () => undefined, end: () => undefined };
      current?.end();
      const line = createStatus({ write, look, paint, clock });
      current = line;
      return line;
    },
    hush(): void {
      quiet = true;
      current?.end();
    },
    async above(print: () => Promise<void>): Promise<void> {
      current?.hide();
      await print();
      current?.show();
    },
  };
}
