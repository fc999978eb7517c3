import { posix, win32 } from 'node:path';
import { Failure } from '../errors.ts';

/** Where the systems keep what programs store for a user. */

const NAME = 'kycgenie';

export interface System {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  /** Empty where the system knows none. */
  readonly homedir: string;
}

/** The system's own folder for settings. Throws Failure `usage` where there is none. */
export function systemConfigDir(system: System): string {
  const { platform } = system;
  if (platform === 'win32')
    return win32.join(given(system, 'APPDATA') ?? home(system, 'AppData', 'Roaming'), NAME);
  if (platform === 'darwin') return home(system, 'Library', 'Application Support', NAME);
  return posix.join(given(system, 'XDG_CONFIG_HOME') ?? home(system, '.config'), NAME);
}

/** The system's own folder for data: never the one for settings, but below it where the system has only one. */
export function systemDataDir(system: System): string {
  const paths = pathsOf(system);
  const folder = rawDataDir(system);
  return folder === systemConfigDir(system) ? paths.join(folder, 'data') : folder;
}

function rawDataDir(system: System): string {
  const { platform } = system;
  if (platform === 'win32')
    return win32.join(given(system, 'LOCALAPPDATA') ?? home(system, 'AppData', 'Local'), NAME);
  if (platform === 'darwin') return systemConfigDir(system);
  return posix.join(given(system, 'XDG_DATA_HOME') ?? home(system, '.local', 'share'), NAME);
}

export function pathsOf({ platform }: Pick<System, 'platform'>): typeof posix {
  return platform === 'win32' ? win32 : posix;
}

/** The standard has relative paths ignored: they would lead to another folder in every working folder. */
function given(system: System, variable: string): string | undefined {
  const path = system.env[variable];
  return path !== undefined && pathsOf(system).isAbsolute(path) ? path : undefined;
}

function home(system: System, ...below: readonly string[]): string {
  const paths = pathsOf(system);
  if (paths.isAbsolute(system.homedir)) return paths.join(system.homedir, ...below);
  throw new Failure('usage', 'There is no home folder to keep settings in', {
    hint: 'Set HOME, or choose a folder with KYCGENIE_CONFIG_DIR.',
  });
}
