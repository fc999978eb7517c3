import { accent, bad, dim, good, lines, MARKS, strong, type View } from '../../terminal/view.ts';
import type { DemoLine } from './script.ts';

/** What a command printed stands below it, and to the right. */
const INDENT = 2;

export function viewDemoLine(line: DemoLine): View {
  switch (line.type) {
    case 'chapter':
      return lines(strong(line.title), '');
    case 'step':
      return {
        kind: 'stack',
        tight: true,
        views: [
          lines([dim(line.command.startsWith('kycgenie') ? '$ ' : '> '), accent(line.command)]),
          { kind: 'stack', views: [line.view()], indent: INDENT },
          lines(
            line.ok ? [MARKS.ok, dim(` ${line.expected}`)] : [MARKS.fail, bad(` expected: ${line.expected}`)],
            '',
          ),
        ],
      };
    case 'summary':
      return lines(
        line.failed === 0
          ? good(`All ${line.steps} steps did what they say`)
          : bad(`${line.failed} of ${line.steps} steps failed`),
        dim(`${(line.duration_ms / 1000).toFixed(1)} s. Nothing is left behind.`),
      );
  }
}
