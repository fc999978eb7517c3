import type { Command, OptionValues } from '@commander-js/extra-typings';
import type { View } from '../terminal/view.ts';
import type { Context } from './context.ts';
import type { ExitCode } from './failure.ts';

export type { Command, OptionValues };

// biome-ignore lint/suspicious/noExplicitAny: what commander's own builder types infer through
export type Builder = Command<any, any, any>;

/** The options and arguments that a builder has declared. */
type OptionsOf<B extends Builder> = ReturnType<B['opts']>;
type ArgumentsOf<B extends Builder> = B['processedArgs'];

export interface Example {
  readonly command: string;
  readonly means?: string;
}

/** What the view may know besides the data: when it is drawn, and what was asked for. */
export interface Seen<Options> {
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly options: Options;
}

interface Described<B extends Builder> {
  /** What the one-line summary leaves out; a paragraph or two. */
  readonly description?: string;
  readonly examples: readonly Example[];
  /** Exit codes beyond 0, 1 and 2 that a script may branch on. */
  readonly exits?: readonly ExitCode[];
  /** Declares arguments and options. */
  setup(command: Command): B;
}

/** A command that ends with one value: an object, or an array, which is a list. */
export interface ValueDefinition<B extends Builder, Data> extends Described<B> {
  run(context: Context, options: OptionsOf<B>, ...args: ArgumentsOf<B>): Promise<Data>;
  /** What people see. JSON, NDJSON and YAML come from the same value. */
  view(data: Data, seen: Seen<OptionsOf<B>>): View;
  /** What --quiet prints, one a line; nothing when absent. */
  ids?(data: Data): readonly string[];
  /** The exit code that the value stands for; 0 when absent. */
  exit?(data: Data): ExitCode;
}

/** A command that goes on: every event is a line of NDJSON, or drawn as it comes. */
export interface StreamDefinition<B extends Builder, Event extends { type: string }> extends Described<B> {
  run(context: Context, options: OptionsOf<B>, ...args: ArgumentsOf<B>): AsyncIterable<Event>;
  /** Null: nothing to see. */
  view(event: Event, seen: Seen<OptionsOf<B>>): View | null;
  /** What --quiet prints of an event; nothing when absent or null. */
  id?(event: Event): string | null;
  /** True where no field of an event is ever undefined: its JSON is then made faster. */
  readonly isWhole?: boolean;
  /** The JSON of an event on one line, where it can be made of texts that are there already; null where it cannot. */
  json?(event: Event, writer: JsonWriter): string | null;
}

/** Makes JSON that is harmless on a terminal, on one line. */
export interface JsonWriter {
  /** Of a value in which nothing is undefined. */
  write(value: unknown): string;
  /** True for a text of JSON that can stand in the line as it is. */
  takes(text: string): boolean;
}

interface Listed<B extends Builder, Item> extends Described<B> {
  view(items: readonly Item[], seen: Seen<OptionsOf<B>>): View;
  /** What --quiet prints of an item. */
  id(item: Item): string;
  /** True where no field of an item is ever undefined: its JSON is then made faster. */
  readonly isWhole?: boolean;
}

/** A list of unknown length: NDJSON and ids are passed on item by item, in flat memory. */
export interface ListDefinition<B extends Builder, Item> extends Listed<B, Item> {
  run(context: Context, options: OptionsOf<B>, ...args: ArgumentsOf<B>): AsyncIterable<Item>;
}

/** The same where items come many at a time: to hand each over alone costs more than to print it. */
export interface PagedListDefinition<B extends Builder, Item> extends Listed<B, Item> {
  run(context: Context, options: OptionsOf<B>, ...args: ArgumentsOf<B>): AsyncIterable<readonly Item[]>;
}

/** A finished value with every way to show it. */
export interface Result {
  readonly data: unknown;
  readonly view: () => View;
  readonly ids: readonly string[];
  readonly exit: ExitCode;
}

export interface StreamItem {
  readonly data: unknown;
  readonly view: () => View | null;
  readonly id: string | null;
  /** Nothing in `data` is undefined. */
  readonly isWhole?: boolean;
  /** The JSON of `data`, where it is made faster than from the value; null where it is not. */
  readonly json?: (writer: JsonWriter) => string | null;
}

/** A list that is still being read. */
export interface ListResult {
  /** Items, or pages of them. */
  readonly parts: AsyncIterable<unknown>;
  readonly itemsOf: (part: unknown) => readonly unknown[];
  readonly view: (items: readonly unknown[]) => View;
  readonly id: (item: unknown) => string;
  /** Nothing in an item is undefined. */
  readonly isWhole: boolean;
}

interface Defined {
  readonly description: string | undefined;
  readonly examples: readonly Example[];
  readonly exits: readonly ExitCode[];
  readonly setup: (command: Builder) => unknown;
}

/** A command with its types forgotten: what the program runs. */
export type AnyCommand =
  | (Defined & {
      readonly kind: 'value';
      readonly run: (context: Context, options: object, args: unknown[]) => Promise<Result>;
    })
  | (Defined & {
      readonly kind: 'list';
      readonly run: (context: Context, options: object, args: unknown[]) => ListResult;
    })
  | (Defined & {
      readonly kind: 'stream';
      readonly run: (context: Context, options: object, args: unknown[]) => AsyncIterable<StreamItem>;
    });

export function defineCommand<B extends Builder, Data>(definition: ValueDefinition<B, Data>): AnyCommand {
  return {
    ...describe(definition),
    kind: 'value',
    run: async (context, given, args) => {
      const options = given as OptionsOf<B>;
      const data = await definition.run(context, options, ...(args as ArgumentsOf<B>));
      return {
        data,
        view: () => definition.view(data, { now: context.clock.now(), options }),
        ids: definition.ids?.(data) ?? [],
        exit: definition.exit?.(data) ?? 0,
      };
    },
  };
}

export const defineList = <B extends Builder, Item>(definition: ListDefinition<B, Item>): AnyCommand =>
  listOf(definition, (item) => [item]);

export const definePagedList = <B extends Builder, Item>(
  definition: PagedListDefinition<B, Item>,
): AnyCommand => listOf(definition, (page) => page as readonly Item[]);

function listOf<B extends Builder, Item>(
  definition: ListDefinition<B, Item> | PagedListDefinition<B, Item>,
  itemsOf: (part: unknown) => readonly unknown[],
): AnyCommand {
  return {
    ...describe(definition),
    kind: 'list',
    run: (context, given, args) => {
      const options = given as OptionsOf<B>;
      return {
        parts: definition.run(context, options, ...(args as ArgumentsOf<B>)),
        itemsOf,
        view: (items) => definition.view(items as Item[], { now: context.clock.now(), options }),
        id: (item) => definition.id(item as Item),
        isWhole: definition.isWhole === true,
      };
    },
  };
}

export function defineStream<B extends Builder, Event extends { type: string }>(
  definition: StreamDefinition<B, Event>,
): AnyCommand {
  return {
    ...describe(definition),
    kind: 'stream',
    async *run(context, given, args) {
      const options = given as OptionsOf<B>;
      for await (const event of definition.run(context, options, ...(args as ArgumentsOf<B>))) {
        yield {
          data: event,
          view: () => definition.view(event, { now: context.clock.now(), options }),
          id: definition.id?.(event) ?? null,
          isWhole: definition.isWhole === true,
          json: (writer) => definition.json?.(event, writer) ?? null,
        };
      }
    },
  };
}

function describe<B extends Builder>(definition: Described<B>): Defined {
  return {
    description: definition.description,
    examples: definition.examples,
    exits: definition.exits ?? [],
    setup: (command) => definition.setup(command),
  };
}

/** A command of the tree: loaded only when it is the one typed. */
export interface Leaf {
  readonly summary: string;
  readonly load: () => Promise<{ readonly command: AnyCommand }>;
}

/** Commands that share a first word. */
export interface Group {
  readonly summary: string;
  readonly commands: Readonly<Record<string, Leaf | Group>>;
}

/** The commands under their headings of the root help, all in help order. */
export type CommandTree = Readonly<Record<string, Readonly<Record<string, Leaf | Group>>>>;

export const leaf = (summary: string, load: Leaf['load']): Leaf => ({ summary, load });

export const group = (summary: string, commands: Group['commands']): Group => ({ summary, commands });

export const isGroup = (node: Leaf | Group): node is Group => 'commands' in node;
