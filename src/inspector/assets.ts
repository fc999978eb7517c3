import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../errors.ts';
import { systemCode } from '../system-error.ts';

/** The page as it was built: beside the folder of the chunk that this becomes part of, or in dist for the source. */
const FOLDERS = ['../ui', '../../dist/ui'];

const FILES = {
  '/': { name: 'index.html', type: 'text/html; charset=utf-8' },
  '/app.js': { name: 'app.js', type: 'text/javascript; charset=utf-8' },
  '/app.css': { name: 'app.css', type: 'text/css; charset=utf-8' },
} as const;

type Path = keyof typeof FILES;

interface Asset {
  readonly type: string;
  readonly bytes: Uint8Array;
}

export type ReadAssets = () => Promise<Readonly<Record<Path, Asset>>>;

export const isAsset = (path: string): path is Path => Object.hasOwn(FILES, path);

/** The files of the page by their paths. Throws Failure `internal` where the page was not built. */
export const readAssets: ReadAssets = async () => {
  for (const folder of FOLDERS) {
    const assets = await readFrom(join(import.meta.dirname, folder));
    if (assets) return assets;
  }
  throw new Failure('internal', 'The page of the inspector is not there: this installation is not whole', {
    hint: 'Install kycgenie anew; where it runs from its source: npm run build.',
  });
};

async function readFrom(folder: string): Promise<Readonly<Record<Path, Asset>> | null> {
  const read = async (path: Path): Promise<Asset> => {
    const { name, type } = FILES[path];
    return { type, bytes: await readFile(join(folder, name)) };
  };
  try {
    const [page, script, style] = await Promise.all([read('/'), read('/app.js'), read('/app.css')]);
    return { '/': page, '/app.js': script, '/app.css': style };
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return null;
    throw error;
  }
}
