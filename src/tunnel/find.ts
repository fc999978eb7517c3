import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import { programFile, searchPath } from '../platform.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** The path of a program on PATH; null when it is not installed. The working folder is not searched. */
export function findProgram(file: string, env: Environment): string | null {
  const name = programFile(file);
  const folders = searchPath(env)
    .split(delimiter)
    .filter((folder) => isAbsolute(folder));
  return folders.map((folder) => join(folder, name)).find(isExecutable) ?? null;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
