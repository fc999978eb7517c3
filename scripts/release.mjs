// Parts of a release (.github/workflows/release.yml, docs/releasing.md):
//   release.mjs check <tag>         the tag is the version (no pre-release), its changes are told, no placeholder is left
//   release.mjs checksums <folder>  writes SHA256SUMS of the files in it
//   release.mjs formula <folder>    writes kycgenie.rb for Homebrew, from SHA256SUMS
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
const SUMS = 'SHA256SUMS';
const FORMULA = 'kycgenie.rb';

const read = (path) => readFileSync(join(ROOT, path), 'utf8');
const { version, repository } = JSON.parse(read('package.json'));
/** `owner/name` */
const slug = /^git\+https:\/\/github\.com\/([\w.-]+\/[\w.-]+)\.git$/.exec(repository.url)?.[1];

const PARTS = {
  check(tag) {
    const problems = [
      tag !== `v${version}` && `The tag is ${tag}, the version in package.json ${version}.`,
      // npm would make it what everybody installs.
      version.includes('-') && `${version} is no version to release.`,
      !read('CHANGELOG.md').includes(`\n## ${version}\n`) && `CHANGELOG.md does not tell of ${version}.`,
      (slug === undefined || slug.startsWith('OWNER/')) &&
        'package.json does not say whose repository this is.',
    ].filter(Boolean);
    if (problems.length > 0) throw new Error(problems.join('\n'));
  },

  checksums(folder) {
    const names = readdirSync(folder).filter((name) => name !== SUMS && name !== FORMULA);
    if (names.length === 0) throw new Error(`${folder} holds nothing to release.`);
    const lines = names.sort().map((name) => `${sha256(join(folder, name))}  ${name}\n`);
    writeFileSync(join(folder, SUMS), lines.join(''));
  },

  formula(folder) {
    const lines = readFileSync(join(folder, SUMS), 'utf8').trim().split('\n');
    const sums = new Map(lines.map((line) => line.split('  ').reverse()));
    const values = { version, repository: slug };
    const text = read('packaging/homebrew/kycgenie.rb.template').replace(/\{\{(.+?)\}\}/g, (_all, name) => {
      const [, file] = /^sha256 (.+)$/.exec(name) ?? [];
      const value = file ? sums.get(file) : values[name];
      if (value === undefined) throw new Error(`There is no ${name} for the formula.`);
      return value;
    });
    writeFileSync(join(folder, FORMULA), text);
  },
};

const sha256 = (path) => createHash('sha256').update(readFileSync(path)).digest('hex');

const [, , part, argument] = process.argv;
try {
  if (!Object.hasOwn(PARTS, part ?? '') || argument === undefined)
    throw new Error(`${Object.keys(PARTS).join(', ')}: which?`);
  PARTS[part](argument);
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
