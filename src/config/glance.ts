import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isRecord } from '../record.ts';
import { configPath, folderOfProfile } from './names.ts';

/**
 * A look at what is stored, for shells that ask at every Tab and for `doctor`: nothing is locked, set aside, closed or reported, and
 * what cannot be read does not exist.
 */

/** Files that are opened for one answer. */
const MAX_FILES = 300;
const MAX_GLANCE_BYTES = 1024 * 1024;

export interface GlimpsedWebhook {
  readonly webhookId: string;
  readonly eventType: string | null;
}

/** Names of profiles, as they stand in the file. */
export function glanceAtProfiles(configDir: string): readonly string[] {
  const file = readRecord(configPath(configDir));
  return isRecord(file?.['profiles']) ? Object.keys(file['profiles']).sort() : [];
}

/** Webhooks with a stored secret, whose ids begin with `beginning`. */
export function glanceAtWebhooks(
  configDir: string,
  profile: string,
  beginning: string,
): readonly GlimpsedWebhook[] {
  const folder = join(configDir, 'secrets', folderOfProfile(profile));
  return namesIn(folder)
    .filter((name) => name.endsWith('.json'))
    .filter((name) => name.startsWith(beginning) || name.startsWith('x-'))
    .sort()
    .slice(0, MAX_FILES)
    .flatMap((name) => {
      const { webhook_id: id, event_type: type } = readRecord(join(folder, name)) ?? {};
      return typeof id === 'string'
        ? [{ webhookId: id, eventType: typeof type === 'string' ? type : null }]
        : [];
    });
}

/** How many keys and secrets of a profile have their value where. */
export function glanceAtPlaces(configDir: string, profile: string): { inKeychain: number; inFiles: number } {
  const profiles = readRecord(configPath(configDir))?.['profiles'];
  const key = isRecord(profiles) && Object.hasOwn(profiles, profile) ? profiles[profile] : null;
  const folder = join(configDir, 'secrets', folderOfProfile(profile));
  const secrets = namesIn(folder)
    .filter((name) => name.endsWith('.json'))
    .flatMap((name) => readRecord(join(folder, name))?.['secrets'] ?? []);
  const all = [key, ...secrets].filter(isRecord);
  return {
    inKeychain: all.filter(({ keychain, api_key_keychain: inKeychain }) => keychain ?? inKeychain).length,
    inFiles: all.filter(({ secret, api_key: inFile }) => secret ?? inFile).length,
  };
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function readRecord(path: string): Readonly<Record<string, unknown>> | null {
  try {
    const status = statSync(path);
    if (!status.isFile() || status.size > MAX_GLANCE_BYTES) return null;
    const json: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return isRecord(json) ? json : null;
  } catch {
    return null;
  }
}
