import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from './errors.ts';

/** Where an executable holds what the package has in `dist/`. */
const PREFIX = 'dist/';

/**
 * A file that is published with the program, such as `ui/index.html`: from `folder`, where the bundle is, or from
 * inside the executable. Throws Failure `internal` where it is missing.
 */
export async function readAsset(folder: string, name: string): Promise<Uint8Array> {
  try {
    const { getAsset, isSea } = await import('node:sea');
    return isSea() ? new Uint8Array(getAsset(PREFIX + name)) : await readFile(join(folder, name));
  } catch (cause) {
    throw new Failure('internal', `${name} is missing from this installation`, {
      hint: 'Install kycgenie again.',
      cause,
    });
  }
}
