import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Keeps what it was given: arguments, environment, standard input. */
const RECORDER = `#!/bin/sh
name=\${0##*/}
printf '%s\\n' "$@" > "$RECORDS/$name.argv"
env > "$RECORDS/$name.env"
tr '\\0' '\\n' < /proc/$PPID/cmdline > "$RECORDS/$name.shell" 2>/dev/null
cat > "$RECORDS/$name.stdin"
`;

/** Programs on PATH that stand in for those of secret managers. */
export function standIns(...names: readonly string[]) {
  const folder = mkdtempSync(join(tmpdir(), 'kycgenie-stand-ins-'));
  mkdirSync(join(folder, 'bin'));
  for (const name of names) {
    writeFileSync(join(folder, 'bin', name), RECORDER);
    chmodSync(join(folder, 'bin', name), 0o755);
  }
  return {
    folder,
    env: { PATH: `${join(folder, 'bin')}:${process.env['PATH']}`, RECORDS: folder },
    given: (name: string, what: 'argv' | 'env' | 'shell' | 'stdin'): string =>
      readFileSync(join(folder, `${name}.${what}`), 'utf8'),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
