import { accessSync, constants, mkdtempSync, rmdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { configPath, folderOfProfile } from './names.ts';
import { namesIn } from './private-files.ts';

/** The state of what is stored, as it is: nothing is closed, mended or set aside by looking. */

const OTHERS = 0o077;
/** Folders that are shared on purpose, such as /tmp. */
const STICKY_BIT = 0o1000;
const SET_ASIDE = /\.damaged-\d{8}T/;

/** A file or folder that others of this machine may open. */
export interface OpenPath {
  readonly path: string;
  /** As chmod takes it: `644`. */
  readonly mode: string;
}

export interface StoreState {
  /** False where there is nothing yet. */
  readonly exists: boolean;
  readonly open: readonly OpenPath[];
  /** Files with the secrets of a webhook, in the profile. */
  readonly secrets: number;
  /** Damaged files that an earlier run moved out of the way. */
  readonly setAside: readonly string[];
}

/** Throws Failure `store_unwritable` where it cannot be read. */
export function inspectStore(configDir: string, profile: string): StoreState {
  const folder = join(configDir, 'secrets', folderOfProfile(profile));
  const here = namesIn(configDir).map((name) => join(configDir, name));
  const kept = namesIn(folder).map((name) => join(folder, name));
  const secrets = kept.filter((path) => path.endsWith('.json'));
  const config = configPath(configDir);
  const paths = [configDir, dirname(folder), folder, config, ...secrets];
  return {
    exists: statSync(configDir, { throwIfNoEntry: false }) !== undefined,
    open: paths.flatMap((path) => openPath(path)),
    secrets: secrets.length,
    setAside: [...here, ...kept].filter((path) => SET_ASIDE.test(path)),
  };
}

/** None where only the owner may open it, or it is not there. */
export function openPath(path: string): readonly OpenPath[] {
  const status = statSync(path, { throwIfNoEntry: false });
  if (!status || (status.mode & OTHERS) === 0 || (status.mode & STICKY_BIT) !== 0) return [];
  return [{ path, mode: (status.mode & 0o777).toString(8) }];
}

/**
 * The folder itself or, where it is not there yet, the one above in which it would be made; null if not writable.
 * A folder is made there and removed again.
 */
export function writableFolder(folder: string): string | null {
  if (!statSync(folder, { throwIfNoEntry: false })) {
    return dirname(folder) === folder ? null : writableFolder(dirname(folder));
  }
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    // Rights do not tell of file systems that take no folder, such as /proc.
    rmdirSync(mkdtempSync(join(folder, '.kycgenie-probe-')));
    return folder;
  } catch {
    return null;
  }
}
