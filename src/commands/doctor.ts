import type { Context } from '../cli/context.ts';
import { defineCommand } from '../cli/define.ts';
import type { Places, Settings } from '../config/settings.ts';
import { dim, MARKS, type Span, strong, type Text } from '../terminal/view.ts';
import { type Check, failedBy, skipped } from './doctor/check.ts';
import { checkKey } from './doctor/key.ts';
import { checkKeychain } from './doctor/keychain.ts';
import { checkDns, checkProxy, checkReach } from './doctor/network.ts';
import { checkNode, checkVersion } from './doctor/runtime.ts';
import { checkSettings } from './doctor/settings.ts';
import { checkData, checkStore } from './doctor/store.ts';
import { checkInbox, checkJournal, checkLeases } from './doctor/unfinished.ts';

const SKIPPED: Span = { text: '-', tone: 'dim' };
const SIGNS = { ok: MARKS.ok, warn: MARKS.warn, fail: MARKS.fail, skipped: SKIPPED } as const;

export const command = defineCommand({
  description:
    'Looks at settings, stored secrets, the keychain, the data folder, what killed runs left open, the network, the clock and the ' +
    'key, and says what to do. It calls the API twice: once without the key, and once to list webhooks. Exits with 1 ' +
    'when a check fails; a warning is no failure.',
  examples: [
    { command: 'kycgenie doctor' },
    { command: `kycgenie doctor --json | jq '.[] | select(.status != "ok")'` },
  ],
  setup: (command) => command,
  async run(context): Promise<readonly Check[]> {
    const first = [checkVersion(context), checkNode(context)];
    const places = await context.places().catch((error: unknown) => ({ error }));
    if ('error' in places) {
      return [...(await Promise.all(first)), { check: 'settings', ...failedBy(places.error) }];
    }
    // Reading the settings closes files that are open to others: first it is looked at who could read them.
    const store = await checkStore(context, places);
    const settings = await checkSettings(context, places);
    const [local, remote] = await Promise.all([
      Promise.all([...first, settings, store, ...checkLocal(context, places)]),
      settings.status === 'fail' ? unreached() : checkRemote(context, await context.settings()),
    ]);
    return [...local, ...remote];
  },
  view: (checks) => ({ kind: 'lines', lines: checks.flatMap((check) => drawCheck(check)), wrap: true }),
  ids: (checks) => checks.filter(({ status }) => status === 'fail').map(({ check }) => check),
  exit: (checks) => (checks.some(({ status }) => status === 'fail') ? 1 : 0),
});

const checkLocal = (context: Context, places: Places): readonly Promise<Check>[] => [
  checkKeychain(context, places),
  checkData(context, places),
  checkInbox(context, places),
  checkJournal(context),
  checkLeases(context),
];

async function checkRemote(context: Context, settings: Settings): Promise<readonly Check[]> {
  const [proxy, dns, reach, key] = await Promise.all([
    checkProxy(context, settings),
    checkDns(context, settings),
    checkReach(context, settings),
    checkKey(context, settings),
  ]);
  return [proxy, dns, ...reach, key];
}

/** Without settings it is not known where the API is. */
const unreached = (): readonly Check[] =>
  ['proxy', 'dns', 'reachable', 'tls', 'clock', 'key'].map((check) => ({
    check,
    ...skipped('The settings come first'),
  }));

const NAME_CHARS = 10;
/** A message that is longer is shown a part a line. */
const MAX_MESSAGE_CHARS = 100;

const partsOf = (message: string): readonly string[] =>
  message.length > MAX_MESSAGE_CHARS ? message.split(/(?<=;) /) : [message];

function drawCheck({ check, status, message, remedy }: Check): readonly Text[] {
  const indent = ' '.repeat(NAME_CHARS + 3);
  const [first = '', ...more] = partsOf(message);
  return [
    [SIGNS[status], ' ', strong(check.padEnd(NAME_CHARS)), ' ', status === 'skipped' ? dim(first) : first],
    ...more.map((part) => [indent, part]),
    ...(remedy === null ? [] : [[indent, dim('-> '), remedy]]),
  ];
}
