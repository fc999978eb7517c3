import type { Context } from '../../cli/context.ts';
import { defineStream } from '../../cli/define.ts';
import { FORMATS } from '../../cli/globals.ts';
import { Failure } from '../../errors.ts';
import type { EventLine } from '../../listen/line.ts';
import { good, lines } from '../../terminal/view.ts';
import { writeExport } from './export-file.ts';
import { type EventFilter, toEventFilter, withEventFilters } from './filters.ts';
import { readOldestFirst } from './inbox-events.ts';

interface ExportedLine {
  readonly type: 'exported';
  readonly file: string;
  readonly events: number;
}

export const command = defineStream({
  description:
    'One event a line as JSON, oldest first, as listen --json prints them; request.body_base64 has the exact ' +
    'bytes of the body. With --file the file is there whole or not at all, for you alone. Here -o names that file, ' +
    'not a format.',
  examples: [
    { command: 'kycgenie events export -o events.ndjson' },
    { command: "kycgenie events export --event 'case.*' --since 7d | jq .request.body" },
  ],
  setup: (command) =>
    withEventFilters(
      command
        .option('-o, --file <path>', 'write to this file; - for standard output', filePath)
        .option('--force', 'replace the file where there is one'),
    ),
  async *run(context, options): AsyncGenerator<EventLine | ExportedLine> {
    const { file = '-', force = false } = options;
    if (force && file === '-') throw new Failure('usage', '--force replaces a file: name it with --file');
    const filter = toEventFilter(context, options);
    if (file === '-') yield* readOldestFirst(context, filter);
    else yield await exportTo(context, filter, file, force);
  },
  view: (event) =>
    event.type === 'event'
      ? lines(asciiJson(event))
      : lines([good(`${event.events} ${event.events === 1 ? 'event' : 'events'}`), ` in ${event.file}`]),
  id: (event) => (event.type === 'event' ? event.id : null),
});

/** Who writes `-o json` out of habit means a format, and should not find a file of that name. */
function filePath(text: string): string {
  if (text === '') throw new Failure('usage', '--file needs a path');
  if (!FORMATS.some((format) => format === text)) return text;
  throw new Failure('usage', `Here -o names a file, and ${text} is a format`, {
    hint: `An export is NDJSON without it; --output ${text} names a format, and --file ./${text} a file.`,
  });
}

async function exportTo(
  context: Context,
  filter: EventFilter,
  file: string,
  force: boolean,
): Promise<ExportedLine> {
  let events = 0;
  async function* texts(): AsyncGenerator<string> {
    for await (const event of readOldestFirst(context, filter)) {
      yield `${asciiJson(event)}\n`;
      events += 1;
    }
  }
  await writeExport(file, texts(), force);
  return { type: 'exported', file, events };
}

/** Exact, and harmless for any terminal: nothing in it needs to be stripped. */
const asciiJson = (event: EventLine): string =>
  JSON.stringify(event).replace(
    /[^ -~]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
