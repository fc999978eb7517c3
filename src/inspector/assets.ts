const FILES = {
  '/': { name: 'ui/index.html', type: 'text/html; charset=utf-8' },
  '/app.js': { name: 'ui/app.js', type: 'text/javascript; charset=utf-8' },
  '/app.css': { name: 'ui/app.css', type: 'text/css; charset=utf-8' },
} as const;

type Path = keyof typeof FILES;

interface Asset {
  readonly type: string;
  readonly bytes: Uint8Array;
}

/** Reads a file that is published with the program; throws Failure `internal` where it is missing. */
export type ReadAsset = (name: string) => Promise<Uint8Array>;

export const isAsset = (path: string): path is Path => Object.hasOwn(FILES, path);

/** A file of the page, as it was built. */
export async function pageAsset(read: ReadAsset, path: Path): Promise<Asset> {
  const { name, type } = FILES[path];
  return { type, bytes: await read(name) };
}
