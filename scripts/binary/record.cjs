// Runs kycgenie once and keeps the code caches of what it loaded: `record.cjs <package> <folder> <argument>...`. A
// cache that was made after a run holds the functions that the run compiled. The first run that loads a file decides:
// what later ones compile would only have to be read.
const { existsSync, mkdirSync, readFileSync, writeFileSync } = require('node:fs');
const { dirname, join } = require('node:path');
const loader = require('./load.cjs');

const [node, script, root, folder, ...argv] = process.argv;
const scripts = new Map();

process.on('exit', () => {
  for (const [path, loaded] of scripts) {
    const file = join(folder, `${path}.cache`);
    if (existsSync(file)) continue;
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, loaded.createCachedData());
  }
});

process.argv = [node, script, ...argv];
const read = (path) => ({ text: readFileSync(join(root, path), 'utf8') });
loader(read, (path, loaded) => scripts.set(path, loaded))('bin/kycgenie.cjs');
