import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** The installed tool's script, to be run by Node. */
    readonly bin: string;
    /** The tarball that npm would publish. */
    readonly tarball: string;
  }
}

/** Packs the tool as it would be published and installs it into an empty prefix, once for all tests. */
export default function setup(project: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'kycgenie-pack-'));
  const npm = (...args: readonly string[]) =>
    execFileSync('npm', [...args, '--loglevel=error', '--no-fund', '--no-audit'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
  npm('pack', '--pack-destination', folder);
  const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz'));
  if (tarball === undefined) throw new Error('npm pack made no tarball');
  npm('install', '--global', '--offline', '--prefix', join(folder, 'prefix'), join(folder, tarball));
  project.provide('tarball', join(folder, tarball));
  project.provide(
    'bin',
    join(folder, 'prefix', 'lib', 'node_modules', 'kycgenie-cli', 'bin', 'kycgenie.cjs'),
  );
  return () => rmSync(folder, { recursive: true, force: true });
}
