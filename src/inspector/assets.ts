import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../errors.ts';
import { systemCode } from '../system-error.ts';

/** The page as it was built: beside the chunk that this file becomes part of, or in dist where it runs from source. */
const FOLDERS = ['../ui', '../../dist/ui'];

const TYPES = {
  'index.html': 'text/html; charset=utf-8',
  'app.js': 'text/javascript; charset=utf-8',
  'app.css': 'text/css; charset=utf-8',
} as const;

export interface Asset {
  readonly type: string;
  readonly bytes: Uint8Array;
}

/** By their paths: `/`, `/app.js` and `/app.css`. Throws Failure `internal` where the page was not built. */
export async function readAssets(): Promise<ReadonlyMap<string, Asset>> {
  for (const folder of FOLDERS) {
    const assets = await readFrom(join(import.meta.dirname, folder));
    if (assets) return assets;
  }
  throw new Failure('internal', 'The page of the inspector is not there: this installation is not whole', {
    hint: 'Install kycgenie anew; where it runs from its source: npm run build.',
  });
}

async function readFrom(folder: string): Promise<ReadonlyMap<string, Asset> | null> {
  try {
    const entries = Object.entries(TYPES).map(async ([name, type]): Promise<readonly [string, Asset]> => {
      const bytes = await readFile(join(folder, name));
      return [name === 'index.html' ? '/' : `/${name}`, { type, bytes }];
    });
    return new Map(await Promise.all(entries));
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return null;
    throw error;
  }
}
