import type { Context } from '../../cli/context.ts';
import type { OpenPath } from '../../config/inspect.ts';
import type { Places } from '../../config/settings.ts';
import { hasFileModes } from '../../platform.ts';
import { type Check, failed, look, ok, warned } from './check.ts';

const MAX_NAMED = 3;

/** Whether a secret could be written now, and who else could read those that are there. */
export const checkStore = (context: Context, { configDir, profile }: Places): Promise<Check> =>
  look(context, 'store', async () => {
    const { inspectStore, writableFolder } = await import('../../config/inspect.ts');
    const folder = configDir.value;
    const { exists, open, secrets, setAside } = inspectStore(folder, profile.value);
    if (writableFolder(folder) === null) return unwritable(folder);
    if (!exists) return ok(`${folder} will be made when something is stored`);
    await (await context.secrets()).proveWritable();
    const message = `${folder} can be written; ${counted(secrets, 'webhook')} with a stored secret`;
    if (open.length > 0 && hasFileModes(context.system.platform)) return opened(message, open);
    if (setAside.length === 0) return ok(message);
    return warned(
      `${message}; damaged files were set aside: ${named(setAside)}`,
      'Take out of them what you need (kycgenie secrets import), and delete them.',
    );
  });

/** Deliveries and the journal go there. */
export const checkData = (context: Context, { dataDir }: Places): Promise<Check> =>
  look(context, 'data', async () => {
    const { openPath, writableFolder } = await import('../../config/inspect.ts');
    const folder = dataDir.value;
    const place = writableFolder(folder);
    if (place === null) return unwritable(folder);
    if (place !== folder) return ok(`${folder} will be made when something is kept`);
    const message = `${folder} can be written`;
    const open = openPath(folder);
    return open.length > 0 && hasFileModes(context.system.platform) ? opened(message, open) : ok(message);
  });

const unwritable = (folder: string) =>
  failed(
    `${folder} cannot be written`,
    'Check its owner and permissions, or choose other folders with KYCGENIE_CONFIG_DIR and KYCGENIE_DATA_DIR.',
  );

function opened(message: string, open: readonly OpenPath[]) {
  const paths = named(open.map(({ path, mode }) => `${path} (${mode})`));
  return warned(
    `${message}; others of this machine may open ${paths}`,
    'Close them with chmod go-rwx; if others use this machine, make a new key and rotate the secrets.',
  );
}

const named = (all: readonly string[]): string =>
  [
    ...all.slice(0, MAX_NAMED),
    ...(all.length > MAX_NAMED ? [`and ${all.length - MAX_NAMED} more`] : []),
  ].join(', ');

export const counted = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;
