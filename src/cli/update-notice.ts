import type { Look } from '../terminal/style.ts';
import { dim } from '../terminal/view.ts';
import type { Updates } from '../updates.ts';
import { VERSION } from '../version.ts';
import type { Edge, Sink } from './edge.ts';
import { chosenFormat, type GlobalOptions } from './globals.ts';

/**
 * Begins to look for a newer version, where somebody reads who can be told: at a terminal, not in a pipe of programs,
 * outside CI, in words. Null elsewhere. Nothing that goes wrong here is told, or ends a command.
 */
export async function lookForUpdates(globals: GlobalOptions, edge: Edge): Promise<Updates | null> {
  const { releasesUrl: url, env, platform, homedir, clock } = edge;
  if (!url || globals.quiet || !edge.stderr.isTerminal || !edge.stdout.isTerminal) return null;
  try {
    if (chosenFormat(globals) !== 'table') return null;
    const { resolvePlaces } = await import('../config/settings.ts');
    const { noUpdateNotice, dataDir } = resolvePlaces({ flags: globals, env, platform, homedir });
    if (noUpdateNotice.value) return null;
    const { watchUpdates } = await import('../updates.ts');
    const send = async () => (await import('../http.ts')).createSend({ env });
    return await watchUpdates({ dataDir: dataDir.value, url, version: VERSION, send, clock });
  } catch {
    return null;
  }
}

/** Once a command is over. Never throws. */
export async function tellOfUpdate(updates: Updates, stderr: Sink, look: Look): Promise<void> {
  try {
    const newer = await updates.end();
    if (newer === null) return;
    const { drawView } = await import('../terminal/table.ts');
    await stderr.write(await drawView({ kind: 'lines', lines: [dim(notice(newer))], wrap: true }, look));
  } catch {
    // It is told another day.
  }
}

const notice = (newer: string): string =>
  `kycgenie ${newer} is out, and this is ${VERSION}: update it the way it was installed, such as ` +
  'npm install --global kycgenie-cli@latest. NO_UPDATE_NOTIFIER=1 turns this notice off.';
