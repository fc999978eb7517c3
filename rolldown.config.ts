import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { defineConfig, type Plugin, type RolldownOptions } from 'rolldown';

/** The licences of what is bundled, as most of them ask for, beside the bundle. */
const notices: Plugin = {
  name: 'third-party-notices',
  generateBundle(_options, bundle) {
    const modules = Object.values(bundle).flatMap((chunk) =>
      chunk.type === 'chunk' ? chunk.moduleIds.map(slashed) : [],
    );
    const folders = new Set(
      modules.flatMap((id) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id)?.[0] ?? []),
    );
    const source = [...folders].sort().map(notice).join('\n\n');
    this.emitFile({ type: 'asset', fileName: 'third-party-notices.txt', source: `${source}\n` });
  },
};

/** As paths are written everywhere but on Windows. */
const slashed = (path: string): string => path.replaceAll('\\', '/');

/** For editors of files that users write. */
const schemas: Plugin = {
  name: 'schemas',
  generateBundle() {
    for (const path of ['src/signing/scheme.schema.json', 'src/provision/manifest.schema.json']) {
      this.emitFile({ type: 'asset', fileName: basename(path), source: readFileSync(path, 'utf8') });
    }
  },
};

/** The page of the inspector besides its script: index.html, and all style sheets as one. */
const page: Plugin = {
  name: 'page',
  generateBundle() {
    const folder = 'src/page/style';
    const sheets = readdirSync(folder).sort();
    const css = sheets.map((file) => readFileSync(join(folder, file), 'utf8')).join('\n');
    this.emitFile({ type: 'asset', fileName: 'app.css', source: shorten(css) });
    this.emitFile({
      type: 'asset',
      fileName: 'index.html',
      source: readFileSync('src/page/index.html', 'utf8'),
    });
  },
};

/** Without comments, indents and line ends; there are no strings with spaces to keep. */
const shorten = (css: string): string =>
  css
    .replaceAll(/\/\*.*?\*\//gs, '')
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/ ?([{};,]) ?/g, '$1')
    .replaceAll(';}', '}')
    .trim();

function notice(folder: string): string {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  return `${name} ${version} (${license})\n\n${file ? readFileSync(join(folder, file), 'utf8').trim() : ''}`;
}

/**
 * What two packages load on every start and never use here. commander: node:child_process, and with it half of the
 * runtime's streams and sockets, for subcommands that are programs of their own. cli-table3: colours, which are
 * painted afterwards, and the width of any text, where it only ever lays out ASCII stand-ins.
 */
const REPLACED = [
  { importer: '/node_modules/commander/', source: 'node:child_process', code: 'export const spawn = null' },
  { importer: '/node_modules/cli-table3/', source: '@colors/colors/safe', code: 'export {}' },
  {
    importer: '/node_modules/cli-table3/',
    source: 'string-width',
    code: 'module.exports = (text) => text.length',
  },
] as const;

const replaceUnused: Plugin = {
  name: 'replace-unused',
  resolveId: (source, importer) =>
    REPLACED.some(
      (replaced) => replaced.source === source && slashed(importer ?? '').includes(replaced.importer),
    )
      ? `\0replaced:${source}`
      : null,
  load: (id) => REPLACED.find(({ source }) => id === `\0replaced:${source}`)?.code ?? null,
};

/** What index.js of commander exports and is used here; it also makes a program of its own on every start. */
const COMMANDER = `
  export { Command } from './lib/command.js';
  export { CommanderError } from './lib/error.js';
  export { Help } from './lib/help.js';
  export { Option } from './lib/option.js';`;

/**
 * commander as ES modules: bundled as CommonJS each of its files is a function, which the engine reads twice, once
 * to find its end and once to run it.
 */
const commanderAsModules: Plugin = {
  name: 'commander-as-modules',
  transform(code, id) {
    const [, file] = /\/node_modules\/commander\/(.+)$/.exec(id) ?? [];
    if (file === undefined) return null;
    if (file === 'esm.mjs') return { code: COMMANDER, moduleType: 'js' };
    const modules = code
      .replace(/^const (\{.+\}) = require\((.+)\);$/gm, 'import $1 from $2;')
      .replace(/^const (\w+) = require\((.+)\)\.\1;$/gm, 'import { $1 } from $2;')
      .replace(/^const (\w+) = require\((.+)\);$/gm, 'import * as $1 from $2;')
      .replace(/^exports\.(\w+) = \1;/gm, 'export { $1 };');
    if (/\brequire\(|\bexports\b/.test(modules)) throw new Error(`${id} is written in a new way`);
    return { code: modules };
  },
};

/**
 * CommonJS chunks: on Node 20 a small CommonJS core starts in two thirds of the time that the same core takes as
 * ES modules, and what is behind an import() is read only when it is used.
 */
const tool: RolldownOptions = {
  input: { main: 'src/main.ts' },
  platform: 'node',
  transform: { target: 'node20.19' },
  plugins: [replaceUnused, commanderAsModules, notices, schemas],
  output: {
    dir: 'dist',
    format: 'cjs',
    // import() of a builtin would bring up the loader of ES modules first.
    dynamicImportInCjs: false,
    cleanDir: true,
    // What a call of the API takes comes in a few files: on the way to an answer each file costs as much as 4 kB of code.
    codeSplitting: {
      groups: [
        { name: 'core', tags: ['$initial'] },
        {
          name: 'command',
          test: /\/src\/(?:cli\/options|commands\/webhooks\/view|api-versions|command-word|loopback|record|secret)\.ts$/,
        },
        { name: 'settings', test: /\/src\/config\/(?:glance|settings)\.ts$/ },
        { name: 'api', test: /\/src\/(?:api\/client|http|config\/(?:profiles|secrets))\.ts$/ },
      ],
    },
    entryFileNames: '[name].cjs',
    chunkFileNames: 'chunks/[name]-[hash].cjs',
    minify: true,
  },
};

/** What a browser loads: one script, with its own notices beside it. */
const inspectorPage: RolldownOptions = {
  input: { app: 'src/page/main.tsx' },
  platform: 'browser',
  transform: { target: 'es2022', jsx: { runtime: 'automatic' } },
  plugins: [notices, page],
  output: { dir: 'dist/ui', format: 'es', entryFileNames: '[name].js', minify: true },
};

/** In this order: the first one empties the folder. */
export default defineConfig([tool, inspectorPage]);
