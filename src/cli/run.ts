import { Failure } from '../errors.ts';
import { systemCode } from '../system-error.ts';
import { toJson } from '../terminal/json.ts';
import type { Look } from '../terminal/style.ts';
import { decideColor, decideUnicode, loadPaint } from '../terminal/style.ts';
import { plain } from '../terminal/text.ts';
import type { Updates } from '../updates.ts';
import { BatchedOutput } from './batched-output.ts';
import { isAsking } from './completion/ask.ts';
import type { Context, Invoked, Talk } from './context.ts';
import type { CommandTree, ListResult, Result, StreamItem } from './define.ts';
import { ClosedOutput, type Edge, type Sink } from './edge.ts';
import { type ExitCode, exitCodeOf, reportFailure, viewFailure } from './failure.ts';
import { chosenFormat, type GlobalOptions, guessGlobals } from './globals.ts';
import { makeContext } from './make-context.ts';
import { type HelpLook, type Parsed, parse } from './program.ts';
import { type Rendered, type Rendering, renderEvent, renderLines, renderValue } from './render.ts';
import { lookForUpdates, tellOfUpdate } from './update-notice.ts';

/** Help is for reading: no wider than this, however wide the terminal. */
const MAX_HELP_COLUMNS = 100;
const DEFAULT_HELP_COLUMNS = 80;
/** Of an error, under --debug. */
const MAX_CAUSES = 8;

/** One run of the program, from argv to exit code. Never throws. */
export async function run(tree: CommandTree, argv: readonly string[], edge: Edge): Promise<ExitCode> {
  let globals = guessGlobals(argv);
  let updates: Updates | null = null;
  try {
    if (isAsking(argv)) {
      const { answerShell } = await import('./completion/complete.ts');
      await edge.stdout.write(await answerShell(tree, argv, edge));
      return 0;
    }
    const parsed = await parse(tree, argv, await helpLook(globals, edge));
    if (parsed.kind === 'text') {
      await edge.stdout.write(parsed.text);
      return 0;
    }
    globals = parsed.globals;
    updates = await lookForUpdates(globals, edge);
    return await execute(tree, parsed, edge);
  } catch (error) {
    return await fail(error, globals, edge).catch(() => exitCodeOf(error));
  } finally {
    // Last of all, below an error too.
    if (updates) await tellOfUpdate(updates, edge.stderr, lookOf(edge.stderr, globals, edge));
  }
}

type Typed = Extract<Parsed, { kind: 'command' }>;

async function execute(tree: CommandTree, typed: Typed, edge: Edge): Promise<ExitCode> {
  const { command, options, args, globals } = typed;
  const rendering: Rendering = {
    format: chosenFormat(globals),
    quiet: globals.quiet === true,
    look: lookOf(edge.stdout, globals, edge),
  };
  let output: BatchedOutput | undefined;
  const unread = new AbortController();
  const signal = AbortSignal.any([edge.signal, unread.signal]);
  const closing: (() => void)[] = [];
  const ending = {
    flush: async () => output?.flush(),
    afterwards: (say: () => void) => void closing.push(say),
  };
  const context = await contextOf(tree, globals, { ...edge, signal }, ending);
  output = openOutput(edge, context.talk, (error) => {
    context.talk.hush();
    unread.abort(error);
  });
  const show = (rendered: Rendered): Promise<void> => write(rendered, edge, context.talk);
  try {
    if (command.kind === 'value') {
      const result = await command.run(context, options, args);
      await show(await renderValue(result, rendering));
      return result.exit;
    }
    if (command.kind === 'list') {
      await showList(command.run(context, options, args), rendering, output, show);
      return 0;
    }
    await showStream(command.run(context, options, args), rendering, output, context.talk);
    return edge.signal.aborted ? exitCodeOf(edge.signal.reason) : 0;
  } finally {
    for (const say of closing) say();
  }
}

async function showStream(
  items: AsyncIterable<StreamItem>,
  rendering: Rendering,
  output: BatchedOutput,
  talk: Talk,
): Promise<void> {
  try {
    for await (const item of items) {
      const { stdout, notes } = await renderEvent(item, rendering);
      for (const text of stdout) await output.print(text);
      for (const note of notes) talk.notice(note);
    }
  } finally {
    // Also what came before a failure; the failure itself is told by its thrower.
    await output.flush();
  }
}

const openOutput = (edge: Edge, talk: Talk, onFailure: (error: unknown) => void): BatchedOutput =>
  new BatchedOutput((text) => talk.above(() => edge.stdout.write(text)), edge.turn, onFailure);

async function contextOf(
  tree: CommandTree,
  globals: GlobalOptions,
  edge: Edge,
  ends: Pick<Context, 'flush' | 'afterwards'>,
): Promise<Context> {
  const look = lookOf(edge.stderr, globals, edge);
  const invoke: Context['invoke'] = (argv, within) =>
    invokeCommand(tree, argv, { ...edge, ...within, stderr: NOWHERE });
  return makeContext(edge, globals, { look, paint: await loadPaint(look.color), invoke, ...ends });
}

/** Invoked commands talk to nobody. */
const NOWHERE: Sink = { isTerminal: false, columns: null, write: async () => undefined };

async function invokeCommand(tree: CommandTree, argv: readonly string[], edge: Edge): Promise<Invoked> {
  const parsed = await parse(tree, argv, { width: DEFAULT_HELP_COLUMNS, heading: (text) => text });
  if (parsed.kind === 'text') throw new Failure('usage', 'Only commands can be invoked');
  const { command, options, args, globals } = parsed;
  // What is invoked prints nothing.
  const context = await contextOf(tree, globals, edge, {
    flush: async () => undefined,
    afterwards: () => undefined,
  });
  switch (command.kind) {
    case 'value':
      return { kind: 'value', ...(await command.run(context, options, args)) };
    case 'list': {
      const list = command.run(context, options, args);
      const data = await collect(list);
      return { kind: 'value', data, view: () => list.view(data), exit: 0 };
    }
    case 'stream':
      return { kind: 'stream', items: command.run(context, options, args) };
  }
}

/** NDJSON and ids go out item by item; what needs the whole list waits for it. */
async function showList(
  list: ListResult,
  rendering: Rendering,
  output: BatchedOutput,
  show: (rendered: Rendered) => Promise<void>,
): Promise<void> {
  if (rendering.quiet || rendering.format === 'ndjson') {
    return passOn(list, rendering.quiet, output);
  }
  const data = await collect(list);
  const result: Pick<Result, 'data' | 'view' | 'ids'> = { data, view: () => list.view(data), ids: [] };
  await show(await renderValue(result, rendering));
}

async function passOn(list: ListResult, quiet: boolean, output: BatchedOutput): Promise<void> {
  try {
    for await (const part of list.parts) {
      await output.print(renderLines(list.itemsOf(part), list, quiet));
    }
  } finally {
    // Also what came before a failure.
    await output.flush();
  }
}

async function collect({ parts, itemsOf }: ListResult): Promise<readonly unknown[]> {
  const items: unknown[] = [];
  for await (const part of parts) for (const item of itemsOf(part)) items.push(item);
  return items;
}

async function write({ stdout, notes }: Rendered, edge: Edge, talk: Talk): Promise<void> {
  await talk.above(async () => {
    for (const text of stdout) await edge.stdout.write(text);
  });
  for (const note of notes) talk.notice(note);
}

async function fail(error: unknown, globals: GlobalOptions, edge: Edge): Promise<ExitCode> {
  if (error instanceof ClosedOutput) return 0;
  const report = reportFailure(error);
  const where = globals.debug ? traceOf(error) : [];
  if (globals.json || globals.output === 'json' || globals.output === 'ndjson') {
    await edge.stderr.write([...where, toJson({ error: report }), ''].join('\n'));
    return report.exit_code;
  }
  const { drawView } = await import('../terminal/table.ts');
  await edge.stderr.write(await drawView(viewFailure(report, where), lookOf(edge.stderr, globals, edge)));
  return report.exit_code;
}

/** Where an error came from, and the kinds of its causes: their texts may quote what must not be shown. */
function traceOf(error: unknown): readonly string[] {
  const causes: string[] = [];
  let cause = error instanceof Error ? error.cause : undefined;
  while (cause instanceof Error && causes.length < MAX_CAUSES) {
    causes.push(`caused by ${cause.name}${systemCode(cause) ? ` (${systemCode(cause)})` : ''}`);
    cause = cause.cause;
  }
  const stack =
    error instanceof Error ? (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line)) : [];
  return [...stack.map((line) => plain(line.trim())), ...causes];
}

function lookOf(sink: Sink, { color = 'auto' }: GlobalOptions, { env }: Edge): Look {
  return {
    color: decideColor(color, env, sink.isTerminal),
    unicode: decideUnicode(env),
    get columns() {
      return sink.columns;
    },
  };
}

async function helpLook(globals: GlobalOptions, edge: Edge): Promise<HelpLook> {
  const { color, columns } = lookOf(edge.stdout, globals, edge);
  const paint = await loadPaint(color);
  return {
    width: Math.min(columns ?? DEFAULT_HELP_COLUMNS, MAX_HELP_COLUMNS),
    heading: (text) => paint('strong', text),
  };
}
