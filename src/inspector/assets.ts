/** The page as it was built. */

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

/** The files of the page by their paths, as `read` has them by their names below dist/. Throws what that throws. */
export const assetsOf =
  (read: (name: string) => Promise<Uint8Array>): ReadAssets =>
  async () => {
    const asset = async (path: Path): Promise<Asset> => {
      const { name, type } = FILES[path];
      return { type, bytes: await read(`ui/${name}`) };
    };
    const [page, script, style] = await Promise.all([asset('/'), asset('/app.js'), asset('/app.css')]);
    return { '/': page, '/app.js': script, '/app.css': style };
  };
