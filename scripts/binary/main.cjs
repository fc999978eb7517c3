// What the executable runs: the published package, whose files it holds under their paths.
const { getAsset, getRawAsset } = require('node:sea');
const loader = require('./load.cjs');

const CACHE = '.cache';

loader((path) => ({ text: getAsset(path, 'utf8'), cachedData: cacheOf(path) }))('bin/kycgenie.cjs');

/** None for what is no script, and V8 looks itself whether one is its own. */
function cacheOf(path) {
  try {
    return new Uint8Array(getRawAsset(path + CACHE));
  } catch {
    return undefined;
  }
}
