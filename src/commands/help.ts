import type { Context } from '../cli/context.ts';
import { defineCommand } from '../cli/define.ts';
import { EXIT_CODES } from '../cli/failure.ts';
import { suggesting } from '../cli/one-of.ts';
import { Failure } from '../errors.ts';
import { dim, strong, type View } from '../terminal/view.ts';

type Topic = 'environment' | 'exit-codes' | 'formats' | 'signatures' | 'licences';

/** A topic as data: what JSON prints too. */
interface Page {
  readonly topic: Topic;
  readonly entries: readonly (readonly [term: string, ...texts: readonly string[]])[];
  readonly notes: readonly string[];
}

export const TOPICS = {
  environment: async () => {
    const { SETTINGS } = await import('../config/setting-facts.ts');
    return {
      entries: Object.values(SETTINGS).map(({ key, flag, variables, profileKey, defaultText }) => [
        key,
        flag ?? '-',
        variables.join(', '),
        profileKey ?? '-',
        defaultText,
      ]),
      notes: [
        'A flag wins over the environment, that over the profile, that over the default.',
        'kycgenie config list --show-origin names where each value came from.',
        'KYCGENIE_STORE=keychain moves nothing by itself: what is stored is read where it is, and only what is stored ' +
          'from now on goes to the keychain. To move it: kycgenie login, and for each webhook kycgenie secrets show ' +
          '<webhook_id> | kycgenie secrets import <webhook_id>. KYCGENIE_STORE=file moves it back in the same way.',
        'HTTPS_PROXY, HTTP_PROXY and NO_PROXY are honoured. NO_COLOR and FORCE_COLOR decide on colour.',
      ],
    };
  },
  'exit-codes': async () => ({
    entries: EXIT_CODES.map(([code, meaning]) => [String(code), meaning]),
    notes: ['A batch goes on to its end, reports each item, and exits with the code of the worst failure.'],
  }),
  formats: async () => ({
    entries: [
      ['table', 'for people: the default, on a terminal and piped'],
      ['json', 'one value, never cut, absent values null, times ISO 8601 UTC; --json is short for it'],
      ['ndjson', 'one object a line; lists pass each item on as it is read'],
      ['yaml', 'the same value as YAML'],
    ],
    notes: [
      'Standard output carries data only; notices, questions, progress and errors go to standard error.',
      'Streams (listen, sandbox) print for people, or with --json one object a line, each with a type.',
      'With --json an error is one line of JSON on standard error: {"error": {"code", "message", …}}.',
      '--quiet prints ids only, one a line.',
    ],
  }),
  signatures: async () => {
    const { PRESETS } = await import('../signing/scheme.ts');
    return {
      entries: Object.values(PRESETS).map(({ name, description }) => [name, description]),
      notes: [
        'The API reference documents whsec_ secrets and HMAC, but neither header nor scheme of a delivery. So listen ' +
          'and verify find the scheme out: an HMAC that matches with a known secret proves it. listen keeps it in ' +
          'the profile and accepts no other from then on; kycgenie config unset scheme forgets it.',
        '--scheme takes a name of this list, or a YAML file: kycgenie config get scheme prints one to begin with, ' +
          'and its JSON Schema is dist/scheme.schema.json of the package.',
        'sandbox, trigger and sign sign as Standard Webhooks 1.0 has it unless told otherwise: an assumption, not ' +
          'the behaviour of the provider. Not to be verified by any scheme: bodies that were written anew on their ' +
          'way, signatures over single fields, and public-key signatures.',
      ],
    };
  },
  licences: async ({ asset }) => {
    const texts = await Promise.all(NOTICES.map(async (name) => new TextDecoder().decode(await asset(name))));
    return { entries: [], notes: texts.flatMap((text) => text.trimEnd().split('\n')) };
  },
} as const satisfies Readonly<
  Record<Topic, (context: Pick<Context, 'asset'>) => Promise<Omit<Page, 'topic'>>>
>;

/** Of the program and of the page of its inspector. */
const NOTICES = ['third-party-notices.txt', 'ui/third-party-notices.txt'];

const isTopic = (name: string): name is Topic => Object.hasOwn(TOPICS, name);

export const command = defineCommand({
  examples: [{ command: 'kycgenie help webhooks create' }, { command: 'kycgenie help environment' }],
  setup: (command) =>
    command.argument(
      '<topic>',
      `a command, or one of ${Object.keys(TOPICS).join(', ')}`,
      suggesting(Object.keys(TOPICS)),
    ),
  async run(context, _options, topic): Promise<Page> {
    if (!isTopic(topic)) {
      throw new Failure('usage', `There is no command or topic ${topic}`, {
        hint: `Topics are ${Object.keys(TOPICS).join(', ')}; kycgenie --help lists the commands.`,
      });
    }
    return { topic, ...(await TOPICS[topic](context)) };
  },
  view: ({ topic, entries, notes }): View => ({
    kind: 'stack',
    views: [
      topic === 'environment'
        ? settingsTable(entries)
        : { kind: 'record', fields: entries.map(([term, ...texts]) => [term, texts.join(' ')]) },
      { kind: 'lines', lines: topic === 'licences' ? notes : notes.map(dim), wrap: true },
    ],
  }),
});

const settingsTable = (entries: Page['entries']): View => ({
  kind: 'table',
  columns: [
    { title: 'SETTING' },
    { title: 'FLAG' },
    { title: 'ENVIRONMENT' },
    { title: 'PROFILE KEY' },
    { title: 'DEFAULT', shrink: true },
  ],
  rows: entries.map(([term, ...texts]) => [strong(term), ...texts]),
  empty: '',
});
