import type { Argument, Option } from 'commander';
import { API_VERSIONS } from '../../api-versions.ts';
import { EVENT_GROUPS, EVENT_TYPES } from '../../events/catalog.ts';
import type { Edge } from '../edge.ts';
import { choicesOf } from '../one-of.ts';
import { type Answer, type Candidate, type Directive, NOTHING, words } from './candidate.ts';

/** The values of options and arguments: from their parsers, from the catalogue, and from what is on disk. */

export interface Typed {
  /** The words of the command. */
  readonly path: readonly string[];
  /** Arguments before the cursor. */
  readonly given: readonly string[];
  /** Values of options before the cursor, by long flag. */
  readonly values: ReadonlyMap<string, string>;
  /** The value as far as it is typed. */
  readonly current: string;
  readonly world: Pick<Edge, 'env' | 'platform' | 'homedir'>;
}

interface Asked {
  readonly typed: Typed;
  readonly description: string;
}

type Source = (asked: Asked) => Answer | Promise<Answer>;

const just = (values: readonly string[], directive: Directive = 'words'): Answer => ({
  candidates: values.map((value) => ({ value })),
  directive,
});

const groups: readonly Candidate[] = EVENT_GROUPS.map((value) => ({
  value,
  description: `all ${EVENT_TYPES.filter(({ group }) => group === value).length} types of the group`,
}));

const types: readonly Candidate[] = EVENT_TYPES.map(({ type, description }) => ({
  value: type,
  description,
}));

const webhooks: Source = async ({ typed }) => {
  const { storedWebhooks } = await import('./stored.ts');
  return words(await storedWebhooks(typed));
};

const profiles: Source = async ({ typed }) => {
  const { storedProfiles } = await import('./stored.ts');
  return words(await storedProfiles(typed));
};

/** Presets, and files; `auto` where the help says so. */
const schemes: Source = async ({ description }) => {
  const { PRESETS } = await import('../../signing/scheme.ts');
  const presets = Object.values(PRESETS).map((preset) => ({
    value: preset.name,
    description: preset.description,
  }));
  const auto = /\bauto\b/.test(description) ? [{ value: 'auto', description: 'find it out' }] : [];
  return { candidates: [...auto, ...presets], directive: 'files' };
};

const settingKeys: Source = async ({ typed: { path } }) => {
  const { SETTINGS } = await import('../../config/setting-facts.ts');
  const isStored = (key: string | null): boolean => key !== null && key !== 'api_key';
  return words(
    Object.values(SETTINGS)
      .filter(({ profileKey }) => path[1] === 'get' || isStored(profileKey))
      .map(({ key, description }) => ({ value: key, description })),
  );
};

/** Of `config set`. */
const settingValues: Source = (asked) => {
  const [key] = asked.typed.given;
  if (key === 'api_version') return just(API_VERSIONS);
  return key === 'scheme' ? schemes({ ...asked, description: 'auto' }) : NOTHING;
};

/** By `--flag <value>` where the same flag means different things, else by `--flag` or the name of an argument. */
const SOURCES: Readonly<Record<string, Source>> = {
  '--event <event>': () => just(['last']),
  '--path <path>': () => NOTHING,
  '--event': () => words([...groups, ...types]),
  '--subscribe': () => words([...groups, ...types]),
  '--expect': () => words(types),
  '--group': () => words(groups),
  '--route': () => ({
    candidates: groups.map(({ value }) => ({ value: `${value}=` })),
    directive: 'nospace',
  }),
  '--webhook': webhooks,
  '--profile': profiles,
  '--scheme': schemes,
  '--api-version': () => just(API_VERSIONS),
  '--tunnel': ({ typed: { current } }) =>
    current.startsWith('s') ? just(['ssh:'], 'nospace') : just(['cloudflared', 'ngrok', 'ssh:']),
  'webhooks id': webhooks,
  webhook_id: webhooks,
  event_type: () => words(types),
  event: () => just(['last']),
  key: settingKeys,
  value: settingValues,
};

const FILE_NAMES: ReadonlySet<string> = new Set(['path', 'file', 'file.yaml']);
const FOLDER_NAMES: ReadonlySet<string> = new Set(['folder', 'dir']);

export async function optionValues(option: Option, typed: Typed): Promise<Answer> {
  const { long, flags, description, parseArg } = option;
  const [, name = ''] = /<([^>]+)>/.exec(flags) ?? [];
  const source = SOURCES[`${long} <${name}>`] ?? SOURCES[long ?? ''];
  return valuesOf({ parser: parseArg, source, name, description }, typed);
}

export async function argumentValues(argument: Argument, typed: Typed): Promise<Answer> {
  const { parseArg, description } = argument;
  const name = argument.name();
  const source = SOURCES[`${typed.path[0]} ${name}`] ?? SOURCES[name];
  return valuesOf({ parser: parseArg, source, name, description }, typed);
}

interface Valued {
  readonly parser: unknown;
  readonly source: Source | undefined;
  /** What stands between the angle brackets. */
  readonly name: string;
  readonly description: string;
}

async function valuesOf({ parser, source, name, description }: Valued, typed: Typed): Promise<Answer> {
  const choices = choicesOf(parser);
  if (choices.length > 0) return just(choices);
  if (source) return source({ typed, description });
  if (FILE_NAMES.has(name)) return just([], 'files');
  if (FOLDER_NAMES.has(name)) return just([], 'folders');
  return typed.current.startsWith('@') && /@file\b/.test(description) ? just([], '@files') : NOTHING;
}
