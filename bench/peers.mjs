// The tools that others would use, where they are: from npm in the folder named by PEERS (npm run bench:peers makes
// it, each in a folder of its own), from Debian on the PATH.
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

const FROM_NPM = {
  stripe: 'stripe-cli',
  hookdeck: 'hookdeck-cli',
  smee: 'smee-client',
  resend: 'resend-cli',
};
const FROM_DEBIAN = ['gh', 'webhook'];

const isThere = (path) => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

const onPath = (name) =>
  (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find(isThere);

/** Name to path, of those that are there; and the names of those that are not. */
export function findPeers(folder) {
  const found = {};
  const missing = [];
  const note = (name, path) => {
    if (path && isThere(path)) found[name] = path;
    else missing.push(name);
  };
  for (const [name, place] of Object.entries(FROM_NPM))
    note(name, folder && join(folder, place, 'node_modules', '.bin', name));
  for (const name of FROM_DEBIAN) note(name, onPath(name));
  return { found, missing };
}

/** Other versions of Node in the same folder. */
export function findNodes(folder) {
  return [22, 24].flatMap((version) => {
    const path = folder && join(folder, `node${version}`, 'node_modules', 'node', 'bin', 'node');
    return path && isThere(path) ? [{ version, path }] : [];
  });
}

/** Folders that hold one npm package with all it needs, by name. */
export const npmFolders = (folder) =>
  Object.entries(FROM_NPM).map(([name, place]) => ({ name, path: join(folder, place) }));
