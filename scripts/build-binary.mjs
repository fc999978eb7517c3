// Makes an executable of its own of the built package, for the system and by the Node.js that runs this:
// dist-binary/kycgenie-<system>-<architecture> (`npm run build:binary`).
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { Script } from 'node:vm';
import { rolldown } from 'rolldown';

const require = createRequire(import.meta.url);
const { wrapped } = require('./binary/load.cjs');

const ROOT = join(import.meta.dirname, '..');
const SYSTEMS = { linux: 'linux', darwin: 'macos', win32: 'windows' };
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';
const NOTICES = 'dist/third-party-notices.txt';
/** Runs whose code is compiled in advance, the shortest first: what most of the others need, then nearly everything. */
const WARM_UPS = [
  ['--help'],
  ['config', 'list'],
  ['webhooks', 'list', '--help'],
  ['__complete', 'l'],
  ['demo'],
];

const system = SYSTEMS[process.platform];
const extension = system === 'windows' ? '.exe' : '';
const output = join(ROOT, 'dist-binary', `kycgenie-${system}-${process.arch}${extension}`);
const folder = mkdtempSync(join(tmpdir(), 'kycgenie-binary-'));
const run = (program, ...args) => execFileSync(program, args, { cwd: ROOT, encoding: 'utf8', stdio: 'pipe' });

/** What the executable holds beside the runtime: the loader, and the files of the package with their code caches. */
async function makeBlob() {
  const bundle = await rolldown({ input: join(ROOT, 'scripts/binary/main.cjs'), platform: 'node' });
  const main = join(folder, 'main.cjs');
  await bundle.write({ file: main, format: 'cjs', minify: true });
  const blob = join(folder, 'blob');
  const config = join(folder, 'sea.json');
  const settings = { main, output: blob, disableExperimentalSEAWarning: true, assets: assets() };
  writeFileSync(config, JSON.stringify(settings));
  run(process.execPath, '--experimental-sea-config', config);
  return blob;
}

/** Their paths in the package, and where they are on this machine. */
function assets() {
  const paths = ['package.json', ...below('bin'), ...below('dist')];
  const files = Object.fromEntries(paths.map((path) => [path, join(ROOT, path)]));
  const caches = recordCaches(paths.filter((path) => path.endsWith('.cjs')));
  return { ...files, ...caches, [NOTICES]: allNotices() };
}

function below(path) {
  const entries = readdirSync(join(ROOT, path), { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return files.map((file) => relative(ROOT, file).replaceAll('\\', '/'));
}

function recordCaches(scripts) {
  const caches = join(folder, 'caches');
  const recorder = join(ROOT, 'scripts/binary/record.cjs');
  // Its own folders, and nothing of the settings of whoever builds.
  const { PATH, SystemRoot, TEMP } = process.env;
  const env = { PATH, ...(SystemRoot && { SystemRoot, TEMP }), KYCGENIE_CONFIG_DIR: join(folder, 'config') };
  for (const argv of WARM_UPS) {
    execFileSync(process.execPath, [recorder, ROOT, caches, ...argv], {
      env,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  }
  return Object.fromEntries(
    scripts.map((path) => [`${path}.cache`, cacheOf(path, join(caches, `${path}.cache`))]),
  );
}

/** What no run has loaded is compiled only. */
function cacheOf(path, file) {
  if (!existsSync(file)) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, new Script(wrapped(readFileSync(join(ROOT, path), 'utf8'))).createCachedData());
  }
  return file;
}

/** The licences of what is bundled, and of the runtime, where it came with its own. */
function allNotices() {
  const prefix = dirname(process.execPath);
  const licence = [join(prefix, '..', 'LICENSE'), join(prefix, 'LICENSE')].find((file) => existsSync(file));
  if (!licence)
    process.stderr.write('The licence of Node.js was not found: do not pass this executable on.\n');
  const texts = [readFileSync(join(ROOT, NOTICES), 'utf8')];
  if (licence) texts.push(`Node.js ${process.versions.node}\n\n${readFileSync(licence, 'utf8')}`);
  const file = join(folder, 'notices.txt');
  writeFileSync(file, texts.join('\n\n'));
  return file;
}

/** Without what debuggers need, and the signature that will not be true any more. */
function lighten() {
  if (system === 'linux') run('strip', output);
  if (system === 'macos') run('codesign', '--remove-signature', output);
  if (system === 'windows') removeSignature();
}

/** signtool comes with the Windows SDK; without it the signature stays, and does not fit any more. */
function removeSignature() {
  try {
    run('signtool', 'remove', '/s', output);
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
    process.stderr.write('signtool was not found: the signature of Node.js stays in place, broken.\n');
  }
}

/** By the program and not by its function, which says much on stderr where nothing is wrong. */
function putIn(blob) {
  const segment = system === 'macos' ? ['--macho-segment-name', 'NODE_SEA'] : [];
  const postject = require.resolve('postject/dist/cli.js');
  run(process.execPath, postject, output, 'NODE_SEA_BLOB', blob, '--sentinel-fuse', FUSE, ...segment);
}

function check() {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const said = run(output, '--version').trim();
  if (said !== version) throw new Error(`${output} calls itself ${said}`);
  const size = (statSync(output).size / 1e6).toFixed(1);
  process.stdout.write(`${relative(ROOT, output)}: ${size} MB, on Node.js ${process.versions.node}\n`);
}

try {
  mkdirSync(dirname(output), { recursive: true });
  const blob = await makeBlob();
  rmSync(output, { force: true });
  copyFileSync(process.execPath, output);
  lighten();
  putIn(blob);
  if (system === 'macos') run('codesign', '--sign', '-', output);
  check();
} finally {
  rmSync(folder, { recursive: true });
}
