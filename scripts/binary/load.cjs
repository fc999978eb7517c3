const { dirname, join } = require('node:path').posix;
const { Script } = require('node:vm');

/** No folder of a machine, so that a trace names the file of the package alone. */
const ROOT = '/kycgenie-cli';
const HASHBANG = /^#!.*/;

/**
 * Runs modules of the package by their paths in it (`dist/main.cjs`), CommonJS and JSON, each once. `read` gives the
 * text of one, and the code cache of V8 where there is one; `onScript` sees each script. Of what is not in the package
 * they reach the modules of the runtime alone.
 */
module.exports = function loader(read, onScript = () => {}) {
  const modules = new Map();

  const load = (path) => {
    const known = modules.get(path);
    if (known) return known.exports;
    const module = { exports: {} };
    modules.set(path, module);
    const { text, cachedData } = read(path);
    if (path.endsWith('.json')) module.exports = JSON.parse(text);
    else run(path, module, new Script(wrapped(text), { filename: `${ROOT}/${path}`, cachedData }));
    return module.exports;
  };

  const run = (path, module, script) => {
    onScript(path, script);
    const folder = dirname(path);
    const requireHere = (id) => (id.startsWith('.') ? load(join(folder, id)) : requireOutside(id));
    const [filename, dir] = [`${ROOT}/${path}`, `${ROOT}/${folder}`];
    script.runInThisContext().call(module.exports, module.exports, requireHere, module, filename, dir);
  };

  return load;
};

module.exports.wrapped = wrapped;

function wrapped(text) {
  return `(function (exports, require, module, __filename, __dirname) {${text.replace(HASHBANG, '')}\n})`;
}

/** Inside an executable the runtime knows its own modules alone, and says so with a code of its own. */
function requireOutside(id) {
  try {
    return require(id);
  } catch (error) {
    if (error.code !== 'ERR_UNKNOWN_BUILTIN_MODULE') throw error;
    throw Object.assign(new Error(`${id} is not in this executable`), { code: 'MODULE_NOT_FOUND' });
  }
}
